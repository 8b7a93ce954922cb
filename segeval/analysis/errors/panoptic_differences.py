"""Where two models lose panoptic quality, kind by kind, and the difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.analysis.errors.drawn_differences import Drawn, pair_at
from segeval.analysis.errors.pair import Pair, pair_of
from segeval.analysis.errors.panoptic_shares import (
    GROUPS,
    CategoryLoss,
    LostQuality,
    PanopticErrorScores,
)
from segeval.brief import Brief
from segeval.data.keys import Key
from segeval.frozen import frozen


@frozen
class SegmentErrorDifference:
    """Errors of one kind, of two models.

    Attributes:
        share: as in `SegmentErrors`, and so the other; below 0 the second loses less.
        count: number of segments.
    """

    share: Pair
    count: Pair

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {"share": self.share.to_dict(), "count": self.count.to_dict()}


@frozen
class QualityDifference:
    """Where two models lose the PQ of a group of categories, or of one.

    Attributes:
        pq: panoptic quality.
        recognition: what recognition quality lacks.
        kinds: errors by kind.
    """

    pq: Pair
    recognition: Pair
    kinds: Mapping[str, SegmentErrorDifference]

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {
            "pq": self.pq.to_dict(),
            "recognition": self.recognition.to_dict(),
            "kinds": {name: kind.to_dict() for name, kind in self.kinds.items()},
        }


@frozen
class CategoryLossDifference:
    """Where two models lose the PQ of one category.

    Attributes:
        id: of the category.
        name: its name.
        isthing: True for things, False for stuff.
        lost: the numbers.
    """

    id: Key
    name: str
    isthing: bool
    lost: QualityDifference

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {
            "id": self.id, "name": self.name, "isthing": self.isthing, **self.lost.to_dict()
        }  # fmt: skip


@frozen(eq=False, repr=False)
class PanopticErrorDifferenceScores(Brief):
    """Where two models lose PQ, by one kind of IoU.

    Attributes:
        all: over all categories that have a segment.
        things: over the countable ones.
        stuff: over the others.
        categories: every category of the ground truth, in the order of the file.
    """

    all: QualityDifference
    things: QualityDifference
    stuff: QualityDifference
    categories: tuple[CategoryLossDifference, ...]

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {
            **{group: getattr(self, group).to_dict() for group in GROUPS},
            "categories": [each.to_dict() for each in self.categories],
        }


def panoptic_differences(
    a: PanopticErrorScores,
    b: PanopticErrorScores,
    kind: str,
    drawn: Drawn | None = None,
) -> PanopticErrorDifferenceScores:
    """Where two models lose PQ, and the difference.

    Args:
        a: the first model.
        b: the second, on the same ground truth.
        kind: of IoU, under which intervals stand.
        drawn: intervals and tests of the differences; None if none were asked for.
    """
    every, things, stuff = (
        _difference(getattr(a, group), getattr(b, group), drawn, kind, group) for group in GROUPS
    )
    return PanopticErrorDifferenceScores(
        all=every,
        things=things,
        stuff=stuff,
        categories=tuple(
            CategoryLossDifference(
                one.id,
                one.name,
                one.isthing,
                _difference(one, two, drawn, kind, "categories", one.id),
            )
            for one, two in zip(a.categories, b.categories, strict=True)
        ),
    )


def _difference(
    a: LostQuality | CategoryLoss,
    b: LostQuality | CategoryLoss,
    drawn: Drawn | None,
    *before: Key,
) -> QualityDifference:
    """The difference of a group, or of a category."""
    return QualityDifference(
        pq=pair_at(drawn, a.pq, b.pq, *before, "pq"),
        recognition=pair_at(drawn, a.recognition, b.recognition, *before, "recognition"),
        kinds={
            name: SegmentErrorDifference(
                share=pair_at(
                    drawn, own.share, b.kinds[name].share, *before, "kinds", name, "share"
                ),
                count=pair_of(own.count, b.kinds[name].count),
            )
            for name, own in a.kinds.items()
        },
    )
