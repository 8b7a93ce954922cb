"""Wrong pixels of two models' label maps as tables, titles and sentences."""

from __future__ import annotations

from segeval.analysis.errors.label_differences import (
    CategoryPixelDifference,
    LabelErrorDifferenceScores,
)
from segeval.analysis.errors.label_scores import LABEL_KINDS
from segeval.analysis.errors.pair import (
    cells_of,
    change_of,
    interval_field,
    sides_text,
    verdict_cells,
    verdict_field,
    won_and_lost,
)
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.result import Result
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted

ON = {"boundary": "boundaries", "extent": "the extent of segments", "segment": "whole segments"}
"""What errors of each kind are called in sentences."""


def headline(result: Result[LabelErrorDifferenceScores]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    return (
        "IoU lost, by kind of error",
        sides_text(result.inputs),
        f"{result.settings['classes']} classes",
        boundary_of(result.settings).text(),
        result.scores.brief(),
    )


def summary(result: Result[LabelErrorDifferenceScores]) -> str:
    """How much was evaluated."""
    scores = result.scores
    images = counted(scores.images, "image")
    classes = counted(len(scores.categories), "class", "classes")
    return f"{images}, {classes}, {counted(scores.pixels, 'pixel')}"


def all_tables(result: Result[LabelErrorDifferenceScores]) -> tuple[Table, ...]:
    """Kinds, and classes."""
    return _kind_table(result.scores), _category_table(result.scores)


def _kind_table(scores: LabelErrorDifferenceScores) -> Table:
    """One row per kind, the largest difference first."""
    fields = (
        Field("kind", "IoU lost to", "text"),
        Field("a", "A"),
        Field("b", "B"),
        Field("difference", "B - A", "signed"),
        *interval_field(scores.miou),
        *verdict_field(scores.kinds[LABEL_KINDS[0]].share),
        Field("count", "pixels", "change", drop=1),
    )
    rows: list[tuple[Value, ...]] = []
    for kind in sorted(LABEL_KINDS, key=lambda each: -abs(change_of(scores.kinds[each].share))):
        own = scores.kinds[kind]
        rows.append((kind, *cells_of(own.share), *verdict_cells(own.share), own.count.both))
    return Table("kind", fields, tuple(rows))


def _category_table(scores: LabelErrorDifferenceScores) -> Table:
    """The means in the first row, then the classes, what the second loses most of first."""
    fields = (
        Field("category", "class", "text"),
        Field("iou_a", "IoU A"),
        Field("iou_b", "IoU B"),
        Field("difference", "B - A", "signed"),
        *interval_field(scores.miou),
        *(Field(kind, kind, "signed", drop=1) for kind in LABEL_KINDS),
    )

    def rank(each: CategoryPixelDifference) -> tuple[bool, float]:
        return each.iou.difference is None, change_of(each.iou)

    worst = sorted(scores.categories, key=rank)
    parts = [
        ("mean", scores.miou, scores.kinds),
        *((each.name, each.iou, each.kinds) for each in worst),
    ]
    rows = tuple(
        (
            name,
            *cells_of(iou),
            *(kinds[kind].share.difference for kind in LABEL_KINDS),
        )
        for name, iou, kinds in parts
    )
    return Table("category", fields, rows, totals=1)


def sentence(scores: LabelErrorDifferenceScores) -> str:
    """What the second model wins and loses, in words; "" for nothing."""
    return won_and_lost({ON[kind]: scores.kinds[kind].share for kind in LABEL_KINDS})
