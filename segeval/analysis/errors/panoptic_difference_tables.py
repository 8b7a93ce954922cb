"""Errors of two models' panoptic files as tables, titles and sentences."""

from __future__ import annotations

from collections.abc import Mapping

from segeval.analysis.errors.pair import (
    cells_of,
    change_of,
    interval_field,
    sides_text,
    verdict_cells,
    verdict_field,
    won_and_lost,
)
from segeval.analysis.errors.panoptic_differences import (
    CategoryLossDifference,
    PanopticErrorDifferenceScores,
)
from segeval.analysis.errors.panoptic_shares import GROUPS, PANOPTIC_KINDS
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.kinds import prefix
from segeval.metrics.result import Result, first_of
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted, percent

ON = {
    "segmentation": "the masks of true segments",
    "confusion": "wrong categories",
    "false": "false segments",
    "missed": "missed segments",
}
"""What errors of each kind are called in sentences."""

ByKind = Mapping[str, PanopticErrorDifferenceScores]


def brief(scores: ByKind) -> str:
    """PQ of both, by every kind of IoU."""
    return ", ".join(
        f"{kind} PQ {percent(own.all.pq.a)} and {percent(own.all.pq.b)}"
        for kind, own in scores.items()
    )


def headline(result: Result[ByKind]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    package = "as panopticapi" if result.settings["compat"] else ""
    rules = ", ".join(filter(None, [package, boundary_of(result.settings).text()]))
    parts = "PQ lost, by kind of error", sides_text(result.inputs), rules, brief(result.scores)
    return tuple(filter(None, parts))


def summary(result: Result[ByKind]) -> str:
    """How much was evaluated."""
    gt = result.inputs["gt"]
    categories = counted(gt["categories"], "category", "categories")
    return f"{counted(gt['images'], 'image')}, {categories}, {counted(gt['count'], 'segment')}"


def all_tables(result: Result[ByKind]) -> tuple[Table, ...]:
    """Kinds for every kind of IoU, and categories."""
    kinds = [_kind_table(kind, own) for kind, own in result.scores.items()]
    return (*kinds, _category_table(first_of(result.scores)))


def _kind_table(iou: str, scores: PanopticErrorDifferenceScores) -> Table:
    """One row per kind, the largest difference first, and what things and stuff lose."""
    own = scores.all
    fields = (
        Field("kind", f"{prefix(iou)}PQ lost to", "text"),
        Field("a", "A"),
        Field("b", "B"),
        Field("difference", "B - A", "signed"),
        *interval_field(own.pq),
        *verdict_field(own.kinds[PANOPTIC_KINDS[0]].share),
        *(Field(group, group, "signed", drop=1) for group in GROUPS[1:]),
        Field("count", "segments", "change", drop=1),
    )
    rows: list[tuple[Value, ...]] = []
    for kind in sorted(PANOPTIC_KINDS, key=lambda each: -abs(change_of(own.kinds[each].share))):
        parts = [getattr(scores, group).kinds[kind].share.difference for group in GROUPS[1:]]
        found = own.kinds[kind]
        share = found.share
        rows.append((kind, *cells_of(share), *verdict_cells(share), *parts, found.count.both))
    return Table("kind" if iou == "segm" else f"kind {iou}", fields, tuple(rows))


def _category_table(scores: PanopticErrorDifferenceScores) -> Table:
    """The mean in the first row, then the categories, what the second loses most of first."""
    fields = (
        Field("category", "category", "text"),
        Field("pq_a", "PQ A"),
        Field("pq_b", "PQ B"),
        Field("difference", "B - A", "signed"),
        *interval_field(scores.all.pq),
        *(Field(kind, kind, "signed", drop=1) for kind in PANOPTIC_KINDS),
    )

    def rank(each: CategoryLossDifference) -> tuple[bool, float]:
        return each.lost.pq.difference is None, change_of(each.lost.pq)

    parts = [
        ("mean", scores.all),
        *((each.name, each.lost) for each in sorted(scores.categories, key=rank)),
    ]
    rows = tuple(
        (
            name,
            *cells_of(lost.pq),
            *(lost.kinds[kind].share.difference for kind in PANOPTIC_KINDS),
        )
        for name, lost in parts
        if lost.pq.a is not None or lost.pq.b is not None
    )
    return Table("category", fields, rows, totals=1)


def sentence(scores: PanopticErrorDifferenceScores) -> str:
    """What the second model wins and loses, in words; "" for nothing."""
    return won_and_lost({ON[kind]: scores.all.kinds[kind].share for kind in PANOPTIC_KINDS})
