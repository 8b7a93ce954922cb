"""The result of an AP evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from segeval.metrics.coco import tables
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.coco.scores import ByKind, Scores
from segeval.metrics.result import Description, Result, first_of, flat_by_kind, in_brief

AP: Description[ByKind] = Description(
    schema="segeval/ap/1",
    primary=lambda scores: first_of(scores).overall.ap,
    brief=lambda scores: in_brief("AP", {iou: each.overall.ap for iou, each in scores.items()}),
    headline=tables.headline,
    summary=tables.summary,
    tables=tables.all_tables,
    values=lambda scores: {iou: each.to_dict() for iou, each in scores.items()},
    flat=lambda scores: flat_by_kind(scores, Scores.means),
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class APResult(Result[ByKind]):
    """AP and AR by one of the protocols that read COCO's files, for each kind of IoU.

    Attributes:
        protocol: the rules that were used.
        area_from: "mask" or "bbox" by kind of IoU: the area of a prediction for its size bucket.
    """

    protocol: Protocol
    area_from: Mapping[str, str]
    about: Description[ByKind] = AP

    @property
    def ap(self) -> float | None:
        """AP of the first kind of IoU, a fraction; None if undefined."""
        return self.first.overall.ap

    @property
    def ap50(self) -> float | None:
        """AP at IoU 0.50 of the first kind of IoU."""
        return self.first.overall.ap50

    @property
    def ap75(self) -> float | None:
        """AP at IoU 0.75 of the first kind of IoU."""
        return self.first.overall.ap75

    @property
    def ar(self) -> float | None:
        """AR at the largest cap of the first kind of IoU."""
        return self.first.overall.ar

    @property
    def matches(self) -> Matches:
        """The matches of the first kind of IoU."""
        return self.first.matches

    def to_dict(self, *, per_image: bool = False) -> dict[str, Any]:
        """The object that `segeval ap --json` prints, without the hashes of the files.

        Args:
            per_image: add what each image alone would score.
        """
        document = super().to_dict()
        for iou, scores in self.scores.items() if per_image else ():
            document["results"][iou]["images"] = [asdict(image) for image in scores.images]
        return document
