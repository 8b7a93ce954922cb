"""The result of Cityscapes' instance AP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.frozen import frozen
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.cityscapes.statistics import CityscapesStatistics
from segeval.metrics.coco.result import APResult
from segeval.metrics.kinds import kinds_title, prefix
from segeval.metrics.result import Description, Result, first_of, flat_by_kind, in_brief, versus
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted


@frozen
class CategoryScores:
    """AP of one category; None is undefined (no ground truth).

    Attributes:
        id: label id.
        name: name, such as "car".
        gt: number of objects that count: not groups, and of at least 100 pixels.
        preds: number of predictions with at least one pixel.
        ap: mean over the thresholds, a fraction.
        ap50: AP at 0.50.
    """

    id: int
    name: str
    gt: int
    preds: int
    ap: float | None
    ap50: float | None


@frozen(repr=False)
class CocoScores(Brief):
    """AP of the same files by the coco protocol.

    Attributes:
        ap: mean over categories and thresholds, a fraction; None is undefined.
        ap50: mean over categories at IoU 0.50; None is undefined.
        categories: one per category; here every object counts, and groups are crowd regions.
    """

    ap: float | None
    ap50: float | None
    categories: tuple[CategoryScores, ...]


@frozen(eq=False, repr=False)
class CityscapesScores(Brief):
    """Every number of one kind of IoU.

    Attributes:
        iou: "segm" or "boundary".
        ap: mean over categories and thresholds, a fraction; None is undefined.
        ap50: mean over categories at 0.50.
        categories: the eight classes with instances, by id.
        by_threshold: AP of each category at each threshold, float64, shape (K, T); NaN for one
            without ground truth.
        coco: the same files by the coco protocol, None if not asked for.
    """

    iou: str
    ap: float | None
    ap50: float | None
    categories: tuple[CategoryScores, ...]
    by_threshold: NDArray[np.float64]
    coco: CocoScores | None = None

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values, undefined as None; `coco` only if asked for."""
        numbers: dict[str, Any] = {
            "ap": self.ap,
            "ap50": self.ap50,
            "categories": [asdict(each) for each in self.categories],
        }
        if self.coco is not None:
            numbers["coco"] = asdict(self.coco)
        return numbers


ByKind = Mapping[str, CityscapesScores]


def _headline(result: Result[ByKind]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    rules = ["cityscapes protocol" + (" as cityscapesScripts" if result.settings["compat"] else "")]
    rules += filter(None, [boundary_of(result.settings).text()])
    return kinds_title(result.scores, "AP"), versus(result.inputs), ", ".join(rules)


def _summary(result: Result[ByKind]) -> str:
    """How much was evaluated."""
    categories = result.first.categories
    return ", ".join(
        [
            counted(result.inputs["gt"]["images"], "image"),
            counted(sum(each.gt for each in categories), "object"),
            counted(sum(each.preds for each in categories), "prediction"),
        ]
    )


def _tables(result: Result[ByKind]) -> tuple[Table, ...]:
    """AP and AP50 by category, the average first; those of the coco protocol below."""
    found = [_table("category", "", result.scores)]
    coco = {kind: each.coco for kind, each in result.scores.items() if each.coco is not None}
    if coco:
        found.append(_table("coco category", "COCO ", coco))
    return tuple(found)


def _table(name: str, before: str, scores: Mapping[str, CityscapesScores | CocoScores]) -> Table:
    """A row per category, and columns for every kind of IoU."""
    first = next(iter(scores.values()))
    fields = [
        Field("category", "class", "text"),
        Field("gt", "objects", "count", drop=4),
        Field("preds", "predictions", "count", drop=5),
    ]
    average: list[Value] = [
        "average",
        sum(each.gt for each in first.categories),
        sum(each.preds for each in first.categories),
    ]
    rows: list[list[Value]] = [[each.name, each.gt, each.preds] for each in first.categories]
    for kind, numbers in scores.items():
        title = f"{before}{prefix(kind)}AP"
        key = title.lower().replace(" ", "_")
        is_first = kind == next(iter(scores))
        fields += [
            Field(key, title, drop=0 if is_first else 3),
            Field(f"{key}50", f"{title}50", drop=6 if is_first else 7),
        ]
        average += [numbers.ap, numbers.ap50]
        for row, each in zip(rows, numbers.categories, strict=True):
            row += [each.ap, each.ap50]
    return Table(name, tuple(fields), (tuple(average), *map(tuple, rows)), totals=1)


CITYSCAPES_AP: Description[ByKind] = Description(
    place=f"{__name__}:CITYSCAPES_AP",
    schema="segeval/ap-cityscapes/2",
    primary=lambda scores: first_of(scores).ap,
    brief=lambda scores: in_brief("AP", {iou: each.ap for iou, each in scores.items()}),
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=lambda scores: {iou: each.to_dict() for iou, each in scores.items()},
    flat=lambda scores: flat_by_kind(scores, lambda each: {"AP": each.ap, "AP50": each.ap50}),
)


@frozen(eq=False, repr=False, kw_only=True)
class CityscapesResult(Result[ByKind]):
    """Instance AP of Cityscapes for each kind of IoU, "segm" or "boundary".

    Attributes:
        statistics: statistics of every image by kind of IoU, from which `cityscapes_scores`
            computes all numbers, also for weighted images.
        coco: the result of the coco protocol on the same files, None if not asked for.
    """

    statistics: Mapping[str, CityscapesStatistics]
    coco: APResult | None = None
    about: Description[ByKind] = CITYSCAPES_AP

    @property
    def ap(self) -> float | None:
        """AP of the first kind of IoU, a fraction; None if undefined."""
        return self.first.ap

    @property
    def ap50(self) -> float | None:
        """AP at 0.50 of the first kind of IoU, a fraction; None if undefined."""
        return self.first.ap50
