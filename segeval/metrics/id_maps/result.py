"""The result of AP of id maps."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from segeval.flat import flat_numbers
from segeval.frozen import frozen
from segeval.metrics.coco import tables
from segeval.metrics.coco.result import APResult
from segeval.metrics.coco.scores import ByKind, Scores
from segeval.metrics.id_maps.counts import ThresholdCounts
from segeval.metrics.result import Description, Result, first_of, flat_by_kind, in_brief
from segeval.metrics.tables import Field, Table, Value


def threshold_table(result: Result[Any]) -> Table:
    """Objects found, false and missed at each threshold, their means first."""
    found = cast("IdMapsResult", result)
    fields = (
        Field("threshold", "IoU", "text"),
        Field("tp", "TP", "count"),
        Field("fp", "FP", "count"),
        Field("fn", "FN", "count"),
        Field("precision", "precision", drop=4),
        Field("recall", "recall", drop=5),
        Field("f1", "F1", drop=3),
        Field("accuracy", "TP/(TP+FP+FN)"),
        Field("image_accuracy", "by image", drop=2),
    )
    rows: list[tuple[Value, ...]] = [
        (
            f"{each.threshold:.2f}", each.tp, each.fp, each.fn, each.precision, each.recall,
            each.f1, each.accuracy, each.image_accuracy,
        )
        for each in found.thresholds
    ]  # fmt: skip
    blank = ("mean", "", "", "", "", "", "")
    return Table("threshold", fields, ((*blank, found.accuracy, found.image_accuracy), *rows), 1)


def _tables(result: Result[ByKind]) -> tuple[Table, ...]:
    """AP by size, the counts by threshold, and the others of AP."""
    first, *others = tables.all_tables(result)
    return (first, threshold_table(result), *others)


ID_MAPS_AP: Description[ByKind] = Description(
    place=f"{__name__}:ID_MAPS_AP",
    schema="segeval/ap-id-maps/1",
    primary=lambda scores: first_of(scores).overall.ap,
    brief=lambda scores: in_brief("AP", {iou: each.overall.ap for iou, each in scores.items()}),
    headline=tables.headline,
    summary=tables.summary,
    tables=_tables,
    values=lambda scores: {iou: each.to_dict() for iou, each in scores.items()},
    flat=lambda scores: flat_by_kind(scores, Scores.means),
    others={"image": tables.image_table},
)


@frozen(eq=False, repr=False, kw_only=True)
class IdMapsResult(APResult):
    """AP of id maps by the coco protocol, and what is found at each IoU threshold.

    Attributes:
        thresholds: objects found, false and missed at each threshold, ascending.
    """

    thresholds: tuple[ThresholdCounts, ...]
    about: Description[ByKind] = ID_MAPS_AP

    @property
    def accuracy(self) -> float | None:
        """Mean over the thresholds of TP / (TP + FP + FN), a fraction; None if undefined."""
        return _mean([each.accuracy for each in self.thresholds])

    @property
    def image_accuracy(self) -> float | None:
        """Mean over images and thresholds of TP / (TP + FP + FN); None if undefined."""
        return _mean([each.image_accuracy for each in self.thresholds])

    def flat(self, prefix: str = "") -> dict[str, float]:
        """The numbers as finite floats by name, for a logger, as of every result.

        Args:
            prefix: what every name begins with, such as "val/".
        """
        own = {"accuracy": self.accuracy, "image_accuracy": self.image_accuracy}
        return {**super().flat(prefix), **flat_numbers(own, prefix)}

    def to_dict(self, *, per_image: bool = False) -> dict[str, Any]:
        """The object that `segeval ap --json` prints, without the hashes of the files.

        Args:
            per_image: add what each image alone would score.
        """
        document = super().to_dict(per_image=per_image)
        document["results"]["segm"] |= {
            "accuracy": self.accuracy,
            "image_accuracy": self.image_accuracy,
            "thresholds": [asdict(each) for each in self.thresholds],
        }
        return document


def _mean(values: list[float | None]) -> float | None:
    """The mean; None if one is undefined."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
