"""The result of wrong pixels of label maps, with its tables."""

from __future__ import annotations

from segeval.analysis.errors.label_scores import LABEL_KINDS, LabelErrorScores
from segeval.analysis.errors.label_statistics import LabelErrorStatistics
from segeval.frozen import frozen
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.result import Description, Result, versus
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted, percent


def _headline(result: Result[LabelErrorScores]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    return (
        "IoU lost, by kind of error",
        versus(result.inputs),
        f"{result.settings['classes']} classes",
        boundary_of(result.settings).text(),
        f"mIoU {percent(result.scores.miou)}",
    )


def _summary(result: Result[LabelErrorScores]) -> str:
    """How much was evaluated."""
    images = counted(result.scores.images, "image")
    classes = counted(len(result.scores.categories), "class", "classes")
    return f"{images}, {classes}, {counted(result.scores.pixels, 'pixel')}"


def _tables(result: Result[LabelErrorScores]) -> tuple[Table, ...]:
    """Kinds, and classes."""
    return _kind_table(result.scores), _category_table(result.scores)


def _kind_table(scores: LabelErrorScores) -> Table:
    """One row per kind, the costliest first."""
    fields = (
        Field("kind", "IoU lost to", "text"),
        Field("share", "share"),
        Field("count", "pixels", "count"),
        Field("false", "false", "count", drop=1),
        Field("missed", "missed", "count", drop=1),
    )
    order = sorted(LABEL_KINDS, key=lambda kind: -(scores.kinds[kind].share or 0.0))
    rows: list[tuple[Value, ...]] = []
    for kind in order:
        own = scores.kinds[kind]
        rows.append((kind, own.share, own.count, own.false, own.missed))
    every = scores.kinds.values()
    lost = None if scores.miou is None else 1 - scores.miou
    total = (
        "all",
        lost,
        sum(own.count for own in every),
        sum(own.false for own in every),
        sum(own.missed for own in every),
    )
    return Table("kind", fields, (total, *rows), totals=1)


def _category_table(scores: LabelErrorScores) -> Table:
    """The means in the first row, then the classes, the worst first."""
    fields = (
        Field("category", "class", "text"),
        Field("gt", "gt px", "count", drop=1),
        Field("iou", "IoU"),
        *(Field(kind, kind) for kind in LABEL_KINDS),
    )
    worst = sorted(scores.categories, key=lambda one: (one.iou is None, one.iou or 0.0, -one.gt))
    rows = [
        ("mean", scores.pixels, scores.miou, *(scores.kinds[kind].share for kind in LABEL_KINDS)),
        *(
            (one.name, one.gt, one.iou, *(one.kinds[kind].share for kind in LABEL_KINDS))
            for one in worst
        ),
    ]
    return Table("category", fields, tuple(rows), totals=1)


LABEL_ERRORS: Description[LabelErrorScores] = Description(
    place=f"{__name__}:LABEL_ERRORS",
    schema="segeval/errors/1",
    primary=lambda scores: scores.miou,
    brief=lambda scores: f"mIoU {percent(scores.miou)}",
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=LabelErrorScores.to_dict,
)


@frozen(eq=False, repr=False, kw_only=True)
class LabelErrors(Result[LabelErrorScores]):
    """Where the IoU of label maps is lost, by kind of error.

    Attributes:
        statistics: of every image, from which `label_error_scores` computes all numbers, also for
            weighted images.
    """

    statistics: LabelErrorStatistics
    about: Description[LabelErrorScores] = LABEL_ERRORS

    @property
    def miou(self) -> float | None:
        """Mean IoU of the categories, a fraction; None if undefined."""
        return self.scores.miou
