"""The result of an evaluation on Open Images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from segeval.brief import Brief
from segeval.frozen import frozen
from segeval.metrics.kinds import kinds_title
from segeval.metrics.open_images.statistics import OpenImagesStatistics
from segeval.metrics.result import Description, Result, first_of, flat_by_kind, in_brief, versus
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted

IOUS = ("segm", "bbox")
"""Kinds of IoU."""


@frozen
class OpenImagesCategoryScores:
    """Scores of one category; None is undefined (nothing to find).

    Attributes:
        id: LabelName of the category.
        name: the same, as there is no file of names.
        ap50: AP at IoU 0.5.
        gt: number of single objects that recall counts.
        group_of: number of groups that recall counts, each with the weight of a group.
        preds: number of judged predictions.
    """

    id: str
    name: str
    ap50: float | None
    gt: int
    group_of: int
    preds: int


@frozen(repr=False)
class OpenImagesScores(Brief):
    """AP of one kind of IoU.

    Attributes:
        ap50: mean over the categories whose AP is defined; None if there are none.
        gt: number of single objects that recall counts.
        group_of: number of groups that recall counts.
        preds: number of judged predictions.
        categories: one per category, by name.
    """

    ap50: float | None
    gt: int
    group_of: int
    preds: int
    categories: tuple[OpenImagesCategoryScores, ...]


ByKind = Mapping[str, OpenImagesScores]


def _headline(result: Result[ByKind]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    settings = result.settings
    expanded = "ground truth expanded" if settings["hierarchy"] else "nothing expanded"
    if settings["expand_predictions"]:
        expanded = "ground truth and predictions expanded"
    return (
        kinds_title(result.scores, "AP at IoU 0.5"),
        versus(result.inputs),
        "Open Images challenge",
        expanded,
        f"a group counts {settings['group_of_weight']:g}",
        *([f"compat {settings['compat']}"] if settings["compat"] else []),
    )


def _summary(result: Result[ByKind]) -> str:
    """How much was evaluated."""
    scores = result.first
    defined = sum(each.ap50 is not None for each in scores.categories)
    return (
        f"{counted(result.inputs['gt']['images'], 'image')}, "
        f"{defined:,} of {counted(len(scores.categories), 'class', 'classes')} with ground truth, "
        f"{counted(scores.preds, 'prediction')} judged"
    )


def _tables(result: Result[ByKind]) -> tuple[Table, ...]:
    """The categories, for each kind of IoU."""
    several = len(result.scores) > 1
    return tuple(
        _table(scores, kind if several else None) for kind, scores in result.scores.items()
    )


def _table(scores: OpenImagesScores, kind: str | None) -> Table:
    """The mean in the first row, then the categories; with the kind of IoU if there are several."""
    of: tuple[Value, ...] = () if kind is None else (kind,)
    fields = (
        *([] if kind is None else [Field("iou", "IoU of", "text", drop=3)]),
        Field("category", "class", "text"),
        Field("ap50", "AP50"),
        Field("gt", "gt", "count"),
        Field("group_of", "groups", "count", drop=1),
        Field("preds", "preds", "count", drop=2),
    )
    mean: tuple[Value, ...] = (
        *of, "mean", scores.ap50, scores.gt, scores.group_of, scores.preds,
    )  # fmt: skip
    rows = tuple(
        (*of, each.name, each.ap50, each.gt, each.group_of, each.preds)
        for each in scores.categories
    )
    return Table("category", fields, (mean, *rows), totals=1)


OPEN_IMAGES_AP: Description[ByKind] = Description(
    place=f"{__name__}:OPEN_IMAGES_AP",
    schema="segeval/ap-openimages/2",
    primary=lambda scores: first_of(scores).ap50,
    brief=lambda scores: in_brief("AP50", {iou: each.ap50 for iou, each in scores.items()}),
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=lambda scores: {iou: asdict(each) for iou, each in scores.items()},
    flat=lambda scores: flat_by_kind(scores, lambda each: {"AP50": each.ap50}),
)


@frozen(eq=False, repr=False, kw_only=True)
class OpenImagesResult(Result[ByKind]):
    """AP of the Open Images challenge for each kind of IoU, "segm" or "bbox".

    Attributes:
        statistics: statistics of every image by kind of IoU, from which `open_images_scores`
            computes all numbers, also for weighted images.
    """

    statistics: Mapping[str, OpenImagesStatistics]
    about: Description[ByKind] = OPEN_IMAGES_AP

    @property
    def ap50(self) -> float | None:
        """Mean AP at IoU 0.5 of the first kind of IoU, a fraction; None if undefined."""
        return self.first.ap50
