"""The result of errors of panoptic files, with its tables."""

from __future__ import annotations

from collections.abc import Mapping

from segeval.analysis.errors.panoptic_outcomes import SegmentOutcomes
from segeval.analysis.errors.panoptic_shares import GROUPS, PANOPTIC_KINDS, PanopticErrorScores
from segeval.analysis.errors.panoptic_statistics import PanopticErrorStatistics
from segeval.frozen import frozen
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.kinds import prefix
from segeval.metrics.panoptic.result import PanopticResult
from segeval.metrics.result import Description, Result, first_of, in_brief, versus
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted

ByKind = Mapping[str, PanopticErrorScores]

MOST_PAIRS = 20
"""Pairs of confused categories in the table; the numbers have all."""


def _headline(result: Result[ByKind]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    package = "as panopticapi" if result.settings["compat"] else ""
    rules = ", ".join(filter(None, [package, boundary_of(result.settings).text()]))
    parts = ("PQ lost, by kind of error", versus(result.inputs), rules, _brief(result.scores))
    return tuple(filter(None, parts))


def _brief(scores: ByKind) -> str:
    """PQ of every kind of IoU."""
    return in_brief("PQ", {kind: own.all.pq for kind, own in scores.items()})


def _summary(result: Result[ByKind]) -> str:
    """How much was evaluated."""
    gt = result.inputs["gt"]
    images, segments = counted(gt["images"], "image"), counted(gt["count"], "segment")
    return f"{images}, {counted(result.first.all.n, 'category', 'categories')}, {segments}"


def _tables(result: Result[ByKind]) -> tuple[Table, ...]:
    """Kinds by group, for every kind of IoU; categories, and which are taken for which."""
    kinds = [_kind_table(kind, own) for kind, own in result.scores.items()]
    first = result.first
    return (*kinds, _category_table(first), *([_pair_table(first)] if first.confused else []))


def _kind_table(iou: str, scores: PanopticErrorScores) -> Table:
    """One row per kind, the costliest first."""
    fields = (
        Field("kind", f"{prefix(iou)}PQ lost to", "text"),
        *(Field(group, group) for group in GROUPS),
        Field("count", "segments", "count"),
    )
    groups = [getattr(scores, group) for group in GROUPS]
    order = sorted(PANOPTIC_KINDS, key=lambda kind: -(scores.all.kinds[kind].share or 0.0))
    rows: list[tuple[Value, ...]] = [
        ("all", *(None if own.pq is None else 1 - own.pq for own in groups), None)
    ]
    for kind in order:
        shares = [own.kinds[kind].share for own in groups]
        rows.append((kind, *shares, scores.all.kinds[kind].count))
    name = "kind" if iou == "segm" else f"kind {iou}"
    return Table(name, fields, tuple(rows), totals=1)


def _category_table(scores: PanopticErrorScores) -> Table:
    """The mean in the first row, then the categories that have a segment, the worst first."""
    fields = (
        Field("id", "id", "id", drop=5),
        Field("category", "category", "text"),
        Field("pq", "PQ"),
        *(Field(kind, kind) for kind in PANOPTIC_KINDS),
        Field("tp", "TP", "count", drop=4),
        Field("fp", "FP", "count", drop=4),
        Field("fn", "FN", "count", drop=4),
    )
    judged = [one for one in scores.categories if one.pq is not None]
    worst = sorted(judged, key=lambda one: (one.pq or 0.0, -one.fp - one.fn))
    sums = [sum(getattr(one, name) for one in judged) for name in ("tp", "fp", "fn")]
    shares = [scores.all.kinds[kind].share for kind in PANOPTIC_KINDS]
    rows: list[tuple[Value, ...]] = [(None, "mean", scores.all.pq, *shares, *sums)]
    for one in worst:
        own = [one.kinds[kind].share for kind in PANOPTIC_KINDS]
        rows.append((one.id, one.name, one.pq, *own, one.tp, one.fp, one.fn))
    return Table("category", fields, tuple(rows), totals=1)


def _pair_table(scores: PanopticErrorScores) -> Table:
    """Which categories are taken for which, the most frequent first."""
    fields = (
        Field("category", "category", "text"),
        Field("taken_for", "taken for", "text"),
        Field("count", "segments", "count"),
    )
    rows = [(one.category, one.taken_for, one.count) for one in scores.confused[:MOST_PAIRS]]
    return Table("confusion", fields, tuple(rows))


PANOPTIC_ERRORS: Description[ByKind] = Description(
    place=f"{__name__}:PANOPTIC_ERRORS",
    schema="segeval/errors/1",
    primary=lambda scores: first_of(scores).all.pq,
    brief=_brief,
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=lambda scores: {kind: own.to_dict() for kind, own in scores.items()},
)


@frozen(eq=False, repr=False, kw_only=True)
class PanopticErrors(Result[ByKind]):
    """Where panoptic quality is lost, by kind of error, for each kind of IoU.

    Attributes:
        quality: panoptic quality of the same files.
        statistics: of every image, from which `panoptic_error_scores` computes all numbers, also
            for weighted images.
        outcomes: every segment with what became of it.
    """

    quality: PanopticResult
    statistics: Mapping[str, PanopticErrorStatistics]
    outcomes: Mapping[str, SegmentOutcomes]
    about: Description[ByKind] = PANOPTIC_ERRORS

    @property
    def pq(self) -> float | None:
        """PQ of all categories by the first kind of IoU, a fraction; None if undefined."""
        return self.first.all.pq
