"""The numbers of error kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.intervals import Interval, Intervals
from segeval.analysis.errors.confusion import Confusion
from segeval.analysis.errors.costs import MEASURES, SPECIAL
from segeval.analysis.errors.kinds import KINDS
from segeval.brief import Brief
from segeval.data.keys import Key
from segeval.frozen import frozen
from segeval.metrics.sizes import area_range
from segeval.words import percent


class Lost(Protocol):
    """Where the AP of a part of the data is lost, by one model or by two."""

    def brief(self) -> str:
        """AP in a few characters."""

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""


L = TypeVar("L", bound=Lost)


@frozen
class KindCost:
    """What the errors of one kind cost; fractions of AP, None is undefined.

    Attributes:
        share: the part of 1 - AP that is due to this kind; the shares of all kinds add up to it.
        alone: what AP gains if this kind alone is fixed.
        last: what AP gains if this kind is fixed after all others.
        count: number of errors; None for means over several thresholds.
        intervals: of the fractions, by name; None if none were asked for.
    """

    share: float | None
    alone: float | None
    last: float | None
    count: int | None
    intervals: Mapping[str, Interval] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return _with_intervals({**_plain(self, MEASURES), "count": self.count}, self.intervals)


@frozen
class LostAP:
    """Where the AP of some part of the data is lost.

    Attributes:
        ap: AP, a fraction; None if undefined.
        kinds: what each kind costs: "cls" (wrong category), "loc" (poor localisation), "both",
            "dupe" (duplicate), "bkg" (background) and "miss" (missed object).
        special: what AP gains with all false positives ranked last ("false_pos"), and with the
            objects that nothing matches taken out of the count ("false_neg").
        intervals: of AP, by name; None if none were asked for.
    """

    ap: float | None
    kinds: Mapping[str, KindCost]
    special: Mapping[str, float | None]
    intervals: Mapping[str, Interval] | None = None

    def brief(self) -> str:
        """AP in a few characters."""
        return f"AP {percent(self.ap)}"

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {
            **_with_intervals({"ap": self.ap}, self.intervals),
            "kinds": {name: kind.to_dict() for name, kind in self.kinds.items()},
            "special": dict(self.special),
        }


def _plain(values: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Some fields of a dataclass by name."""
    return {name: getattr(values, name) for name in names}


def _with_intervals(
    values: dict[str, Any], intervals: Mapping[str, Interval] | None
) -> dict[str, Any]:
    """The values, and their intervals where there are any."""
    if intervals is None:
        return values
    found = {name: None if each is None else list(each) for name, each in intervals.items()}
    return {**values, "intervals": found}


@frozen(eq=False, repr=False)
class ThresholdCosts(Generic[L]):
    """Where AP is lost at one IoU threshold.

    Attributes:
        iou: the threshold.
        lost: where AP is lost.
    """

    iou: float
    lost: L


@frozen(eq=False, repr=False)
class SizeCosts(Generic[L]):
    """Where AP is lost in one size bucket.

    Attributes:
        name: name of the bucket, such as "small".
        min_area: lower end in pixels squared, inclusive.
        max_area: upper end in pixels squared, inclusive; infinity where there is none.
        gt: number of ground truths that count.
        lost: where AP is lost.
        relative: both ends are parts of the area of an object's image instead, 0.01 for 1 %.
    """

    name: str
    min_area: float
    max_area: float
    gt: int
    lost: L
    relative: bool = False


@frozen(eq=False, repr=False)
class CategoryCosts(Generic[L]):
    """Where the AP of one category is lost.

    Attributes:
        id: the category's id.
        name: its name.
        gt: number of ground truths that count.
        lost: where AP is lost.
    """

    id: Key
    name: str
    gt: int
    lost: L


@frozen(eq=False, repr=False)
class SliceCosts(Generic[L]):
    """Where AP is lost in the images of one slice.

    Attributes:
        name: the label of its images.
        images: number of images.
        gt: number of ground truths that count.
        lost: where AP is lost.
    """

    name: str
    images: int
    gt: int
    lost: L


@frozen(eq=False, repr=False)
class ErrorScores(Brief, Generic[L]):
    """Where the AP of one kind of IoU is lost.

    Attributes:
        iou: "segm", "boundary" or "bbox".
        gt: number of ground truths that count.
        overall: of everything, the mean over the thresholds.
        thresholds: each of them, if there are several.
        sizes: one per size bucket, if asked for.
        slices: one per slice, if asked for.
        categories: one per category by ascending id, if asked for.
        poor_masks: how many localisation errors ("loc") and true positives below IoU 0.75 ("tp")
            have a mask that is poor in which way, as in `mask_kinds`; None where there are no
            masks or several thresholds, and for two models.
        poor_masks_of_two: the same of two models: "a", "b" and "difference" of each; None for one.
        confusion: which categories are taken for which; None if it was not asked for.
    """

    iou: str
    gt: int
    overall: L
    thresholds: tuple[ThresholdCosts[L], ...] = ()
    sizes: tuple[SizeCosts[L], ...] = ()
    slices: tuple[SliceCosts[L], ...] = ()
    categories: tuple[CategoryCosts[L], ...] = ()
    poor_masks: Mapping[str, Mapping[str, int]] | None = None
    poor_masks_of_two: Mapping[str, Mapping[str, Mapping[str, int]]] | None = None
    confusion: Confusion | None = None

    def __repr__(self) -> str:
        """One line: the kind of IoU and where AP is lost."""
        return f"ErrorScores({self.iou} {self.overall.brief()})"

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values, undefined as None; fractions with all their digits."""
        found: dict[str, Any] = {**self.overall.to_dict(), "gt": self.gt}
        poor = self.poor_masks or self.poor_masks_of_two
        if poor is not None:
            found["poor_masks"] = {name: dict(own) for name, own in poor.items()}
        if self.confusion is not None:
            found["confusion"] = self.confusion.to_dict()
        if self.thresholds:
            found["thresholds"] = [{"iou": t.iou, **t.lost.to_dict()} for t in self.thresholds]
        if self.sizes:
            found["sizes"] = {
                size.name: {
                    **size.lost.to_dict(),
                    **area_range(size),
                    "gt": size.gt,
                }
                for size in self.sizes
            }
        if self.slices:
            found["slices"] = [
                {"name": one.name, "images": one.images, "gt": one.gt, **one.lost.to_dict()}
                for one in self.slices
            ]
        if self.categories:
            found["categories"] = [
                {"id": one.id, "name": one.name, "gt": one.gt, **one.lost.to_dict()}
                for one in self.categories
            ]
        return found


def lost_ap(
    numbers: NDArray[np.float64],
    counts: NDArray[np.int64] | None,
    intervals: Intervals | None = None,
) -> LostAP:
    """Where AP is lost, from the numbers of one part.

    Args:
        numbers: float64, shape (21,), in the order of `costs.NUMBERS`; NaN is undefined.
        counts: errors of each kind, int64, shape (6,); None at several thresholds.
        intervals: of these numbers, if asked for.
    """
    plain = [None if np.isnan(each) else float(each) for each in numbers]
    ends = None if intervals is None else intervals.ends
    size = len(KINDS)
    kinds = {}
    for place, name in enumerate(KINDS):
        at = [1 + measure * size + place for measure in range(len(MEASURES))]
        share, alone, last = (plain[each] for each in at)
        kinds[name] = KindCost(
            share=share,
            alone=alone,
            last=last,
            count=None if counts is None else int(counts[place]),
            intervals=None
            if ends is None
            else {measure: ends[each] for measure, each in zip(MEASURES, at, strict=True)},
        )
    return LostAP(
        ap=plain[0],
        kinds=kinds,
        special=dict(zip(SPECIAL, plain[-len(SPECIAL) :], strict=True)),
        intervals=None if ends is None else {"ap": ends[0]},
    )
