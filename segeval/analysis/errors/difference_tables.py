"""Error kinds of two models as tables, titles and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from segeval.analysis.errors.differences import LostDifference
from segeval.analysis.errors.kinds import KINDS
from segeval.analysis.errors.pair import (
    Pair,
    sides_text,
    verdict_cells,
    verdict_field,
    won_and_lost,
)
from segeval.analysis.errors.scores import ErrorScores
from segeval.analysis.errors.tables import (
    HIDE_GT,
    HIDE_INTERVAL,
    MASKS,
    SPECIAL,
    TITLES,
    error_rules,
    prefix_among,
)
from segeval.metrics.kinds import kinds_title
from segeval.metrics.result import Result, amounts
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted

ByIou = Mapping[str, ErrorScores[LostDifference]]

ON = {
    "cls": "wrong categories",
    "loc": "localisation",
    "both": "category and place at once",
    "dupe": "duplicates",
    "bkg": "background",
    "miss": "missed objects",
}
"""What errors of each kind are called in sentences."""


def headline(result: Result[ByIou]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    title = kinds_title(result.scores, "AP lost, by kind of error")
    numbers = [
        f"{prefix_among(iou, result.scores)}{one.overall.brief()}"
        for iou, one in result.scores.items()
    ]
    rules = error_rules(result.settings)
    return title, sides_text(result.inputs), rules, ", ".join(numbers)


def summary(result: Result[ByIou]) -> str:
    """How much was evaluated."""
    gt, a, b = (result.inputs[side] for side in ("gt", "a", "b"))
    return amounts(gt, f"{a['count']:,} and {counted(b['count'], 'prediction')}")


def all_tables(result: Result[ByIou]) -> tuple[Table, ...]:
    """Kinds, thresholds, sizes, slices and categories, for each kind of IoU."""
    return tuple(
        table
        for iou, one in result.scores.items()
        for table in _of_kind(prefix_among(iou, result.scores), one)
    )


def _of_kind(before: str, scores: ErrorScores[LostDifference]) -> Iterable[Table]:
    """The tables of one kind of IoU."""
    yield _kind_table(scores.overall, before)
    if scores.poor_masks_of_two is not None:
        yield _mask_table(scores.poor_masks_of_two, before)
    overall = ("all", scores.gt, scores.overall)
    parts = {
        "threshold": [(f"{one.iou:g}", scores.gt, one.lost) for one in scores.thresholds],
        "size": [(one.name, one.gt, one.lost) for one in scores.sizes],
        "slice": [(one.name, one.gt, one.lost) for one in scores.slices],
        "category": [
            (one.name, one.gt, one.lost)
            for one in sorted(scores.categories, key=lambda one: one.lost.ap.difference or 0.0)
        ],
    }
    for name, found in parts.items():
        if found:
            yield _part_table(name, [overall, *found], before)


def _kind_table(lost: LostDifference, before: str) -> Table:
    """One row per kind, the largest difference first."""
    has_intervals, first = lost.ap.interval != (), lost.kinds[KINDS[0]]
    fields = (
        Field("kind", f"{before}AP lost to", "text"),
        Field("a", "A"),
        Field("b", "B"),
        Field("difference", "B - A", "signed"),
        *(
            [Field("interval", "interval", "signed interval", drop=HIDE_INTERVAL)]
            if has_intervals
            else []
        ),
        *verdict_field(first.share),
        Field("count", "errors", "change", drop=HIDE_INTERVAL),
    )

    def row(title: str, pair: Pair, errors: Value) -> tuple[Value, ...]:
        interval = [pair.interval or None] if has_intervals else []
        verdict = verdict_cells(pair) or ("",) * len(verdict_field(first.share))
        return (title, pair.a, pair.b, pair.difference, *interval, *verdict, errors)

    order = sorted(KINDS, key=lambda kind: -abs(lost.kinds[kind].cost.difference or 0.0))
    rows = [row(TITLES[kind], lost.kinds[kind].cost, lost.kinds[kind].count.both) for kind in order]
    rows += [row(SPECIAL[name], pair, "") for name, pair in lost.special.items()]
    return Table(f"{before}kind", fields, tuple(rows), extras=len(SPECIAL))


def _mask_table(counts: Mapping[str, Mapping[str, Mapping[str, int]]], before: str) -> Table:
    """One row per way in which masks are poor: numbers of both models, and the difference.

    Of localisation errors, and of true positives with an IoU below 0.75.
    """
    fields = (
        Field("mask", "poor masks", "text"),
        Field("loc_a", "loc A", "count"),
        Field("loc_b", "loc B", "count"),
        Field("loc_difference", "B - A", "gain"),
        Field("tp_a", "true A", "count"),
        Field("tp_b", "true B", "count"),
        Field("tp_difference", "B - A", "gain"),
    )
    rows: list[tuple[Value, ...]] = [
        (
            MASKS[name],
            *(own[side][key] for side in ("loc", "tp") for key in ("a", "b", "difference")),
        )
        for name, own in counts.items()
    ]
    return Table(f"{before}mask", fields, (rows[-1], *rows[:-1]), totals=1)


def _part_table(name: str, parts: Iterable[tuple[str, int, LostDifference]], before: str) -> Table:
    """One row per part: AP of both, and the difference of every share."""
    fields = (
        Field(name, f"{before}{name}", "text"),
        Field("gt", "gt", "count", drop=HIDE_GT),
        Field("ap_a", "AP A"),
        Field("ap_b", "AP B"),
        *(Field(kind, kind, "signed") for kind in KINDS),
    )
    rows = tuple(
        (
            label,
            gt,
            lost.ap.a,
            lost.ap.b,
            *(lost.kinds[kind].cost.difference for kind in KINDS),
        )
        for label, gt, lost in parts
    )
    return Table(f"{before}{name}", fields, rows, totals=1)


def sentence(lost: LostDifference) -> str:
    """What the second model wins and loses, in words; "" for nothing."""
    return won_and_lost({ON[kind]: lost.kinds[kind].cost for kind in KINDS})
