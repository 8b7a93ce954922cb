"""An AP result as text: title, tables per size, category and image, and the lines below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from segeval_cli.options import Per
from segeval_cli.tables import (
    Column,
    Row,
    Table,
    amount,
    count,
    flow,
    percent,
    shorten,
    wrapped,
)

if TYPE_CHECKING:
    from segeval.metrics.per_image import ImageScores
    from segeval.metrics.protocol import Protocol
    from segeval.metrics.result import APResult, CategoryScores, Scores, SizeScores

KINDS = {"segm": "mask", "boundary": "boundary", "bbox": "box"}
"""What people call the kinds of IoU."""

FIRST_ROWS = 20
"""Rows of a long table that are shown without --all."""

LONGEST_NAME = 28
NOTE = "note: "
HIDE_AR, HIDE_AP75, HIDE_AREA, HIDE_AP50 = 9, 8, 7, 6
HIDE_PREDS, HIDE_OTHER_KIND = 5, 4
"""Order in which columns give way on a narrow terminal, highest first."""


@dataclass(frozen=True)
class Shown:
    """What of a result is shown.

    Attributes:
        per: the tables, in this order.
        every_row: also those of long tables.
        notes: with what the user should know.
    """

    per: tuple[Per, ...] = (Per.SIZE,)
    every_row: bool = False
    notes: bool = True


def result_text(result: APResult, shown: Shown, width: int) -> str:
    """Everything that `segeval ap` prints, in lines of `width` characters."""
    parts = [flow(title(result), width)]
    parts += [table.text(width) for table in tables(result, shown)]
    below = [flow([line], width) for line in [*recall_lines(result), *pool_lines(result)]]
    below.append(flow(summary(result), width, gap=1))
    if shown.notes:
        below += [
            wrapped(NOTE + note.message, width, later_indent=len(NOTE)) for note in result.notes
        ]
    return "\n\n".join([*parts, "\n".join(below)])


def result_markdown(result: APResult, shown: Shown) -> str:
    """The same for a paper or an issue."""
    parts = [f"**{title(result)[0]}** {', '.join(title(result)[1:])}"]
    parts += [table.markdown() for table in tables(result, shown)]
    lines = [*recall_lines(result), *pool_lines(result), " ".join(summary(result))]
    parts.append("  \n".join(lines))
    if result.notes and shown.notes:
        parts.append("\n".join(f"- {note.message}" for note in result.notes))
    return "\n\n".join(parts) + "\n"


def tables(result: APResult, shown: Shown) -> list[Table]:
    """The tables asked for."""
    makers = {Per.SIZE: _size_table, Per.CATEGORY: _category_table, Per.IMAGE: _image_table}
    return [makers[kind](result, every_row=shown.every_row) for kind in shown.per]


def title(result: APResult) -> list[str]:
    """What was measured, on which files, by which rules."""
    kinds = " and ".join(KINDS.get(kind, kind) for kind in result.scores)
    preds, gt = _file_names(result)
    protocol = result.protocol
    packages = dict.fromkeys(package for package in result.packages.values() if package)
    cap = f"max_dets {protocol.max_dets[-1]}" if protocol.max_dets[-1] else "no max_dets"
    rules = [
        f"{protocol.name} protocol" + (f" as {' and '.join(packages)}" if packages else ""),
        threshold_text(protocol.thresholds),
        f"{cap} per category" if protocol.cap_scope == "category" else cap,
    ]
    if "boundary" in result.scores:
        px, ratio = protocol.boundary_px, protocol.boundary_ratio
        rules.append(f"boundary {ratio:g} of the diagonal" if px is None else f"boundary {px} px")
    if protocol.agnostic:
        rules.append("categories as one")
    return [f"{kinds.capitalize()} AP", f"{preds} vs {gt}", ", ".join(rules)]


def threshold_text(thresholds: Sequence[float]) -> str:
    """IoU thresholds in few characters.

    Example:
        >>> threshold_text((0.5,)), threshold_text((0.5, 0.55, 0.6, 0.65)), threshold_text((0.3, 1))
        ('IoU 0.50', '0.50:0.65', 'IoU 0.30, 1.00')
    """
    if len(thresholds) <= 3:
        return "IoU " + ", ".join(f"{threshold:.2f}" for threshold in thresholds)
    ends = f"{thresholds[0]:.2f}:{thresholds[-1]:.2f}"
    steps = [high - low for low, high in pairwise(thresholds)]
    if all(math.isclose(step, 0.05, rel_tol=1e-6) for step in steps):
        return ends
    if all(math.isclose(step, steps[0], rel_tol=1e-6) for step in steps):
        return f"{ends}:{steps[0]:.2g}"
    return f"{len(thresholds)} IoU thresholds {ends}"


def recall_lines(result: APResult) -> list[str]:
    """AR at every cap, for each kind of IoU, where there are several caps."""
    lines: list[str] = []
    for kind, scores in result.scores.items():
        if len(scores.ar_by_max_dets) > 1:
            name = f"{KINDS.get(kind, kind)} AR" if len(result.scores) > 1 else "AR"
            values = ", ".join(
                f"{percent(ar)} at {cap if cap != '0' else 'no limit'}"
                for cap, ar in scores.ar_by_max_dets.items()
            )
            lines.append(f"{name} by max_dets: {values}")
    return lines


def pool_lines(result: APResult) -> list[str]:
    """AP-pool of each kind of IoU, if it was asked for."""
    lines: list[str] = []
    for kind, scores in result.scores.items():
        if scores.pool is not None:
            name = f"{KINDS.get(kind, kind)} AP-pool" if len(result.scores) > 1 else "AP-pool"
            groups = ", ".join(
                f"{group} {percent(ap)}" for group, ap in scores.pool.items() if group != "all"
            )
            overall = percent(scores.pool["all"])
            lines.append(f"{name}: {overall}" + (f" ({groups})" if groups else ""))
    return lines


def summary(result: APResult) -> list[str]:
    """How much was evaluated, and how long it took."""
    gt = result.inputs["gt"]
    parts = [
        amount(gt["images"], "image"),
        amount(gt["categories"], "category", "categories"),
        _predictions(result),
    ]
    return [", ".join(parts), f"in {result.seconds:.1f} s"]


def _predictions(result: APResult) -> str:
    """How many predictions there are, and were judged if not all of them."""
    total = result.inputs["preds"]["count"]
    first, _ = _kinds(result)
    judged = sum(scores.preds for scores in first.categories)
    if judged == total:
        return amount(total, "prediction")
    return f"{judged:,} of {amount(total, 'prediction')} used"


def area_text(low: float, high: float) -> str:
    """A bucket's ends, as squares of sides where they are.

    Example:
        >>> area_text(0.0, 12769.0), area_text(9216.0, float("inf")), area_text(1000.0, 1e10)
        ('0 - 113^2', '96^2 - inf', '1,000 - 1e5^2')
    """
    return f"{_edge_text(low)} - {_edge_text(high)}"


def _edge_text(area: float) -> str:
    """One end of a bucket."""
    if area in (0, math.inf):
        return f"{area:g}"
    side = math.isqrt(int(area))
    if side**2 != area:
        return f"{area:,.0f}" if area.is_integer() else f"{area:,.2f}"
    # The official packages end their widest bucket at 1e5 ** 2.
    return "1e5^2" if side == 10**5 else f"{side}^2"


def _file_names(result: APResult) -> tuple[str, str]:
    """Names of both files, with their folders if they could not be told apart without."""
    preds, gt = (str(result.inputs[side]["path"]) for side in ("preds", "gt"))
    short_preds, short_gt = (Path(path).name or path for path in (preds, gt))
    return (preds, gt) if short_preds == short_gt else (short_preds, short_gt)


def _size_table(result: APResult, *, every_row: bool) -> Table:
    """AP of all objects, per size, and per frequency where the file has it."""
    del every_row  # never long
    first, others = _kinds(result)
    columns = (
        Column("size", left=True, shrinks=True),
        Column("area px2", drop=HIDE_AREA),
        Column("gt"),
        *_score_columns(result),
    )

    def row(sizes: Sequence[SizeScores]) -> Row:
        own, *other = sizes
        cells = (
            shorten(own.name, LONGEST_NAME),
            area_text(own.min_area, own.max_area),
            count(own.gt),
        )
        return _with_scores(cells, result, own, [scores.ap for scores in other])

    per_kind = [first.sizes, *(scores.sizes for scores in others)]
    blocks = [
        (row([first.overall, *(scores.overall for scores in others)]),),
        tuple(row(sizes) for sizes in zip(*per_kind, strict=True)),
    ]
    if first.frequencies:
        blocks.append(_frequency_rows(result, len(columns)))
    return Table(columns, tuple(blocks))


def _frequency_rows(result: APResult, length: int) -> tuple[Row, ...]:
    """One row per group of LVIS categories; cells without a number stay empty."""
    first, others = _kinds(result)
    rows: list[Row] = []
    for place, group in enumerate(first.frequencies):
        cells = [""] * length
        cells[:2] = [group.name, amount(group.categories, "category", "categories")]
        cells[3] = percent(group.ap)
        cells[length - 1] = percent(group.ar)
        for step, scores in enumerate(others):
            cells[length - 1 - len(others) + step] = percent(scores.frequencies[place].ap)
        rows.append(tuple(cells))
    return tuple(rows)


def _category_table(result: APResult, *, every_row: bool) -> Table:
    """One row per category, worst first."""
    first, others = _kinds(result)
    has_frequency = any(scores.frequency for scores in first.categories)
    columns = (
        Column("category", left=True, shrinks=True),
        *([Column("freq", left=True, drop=HIDE_AREA)] if has_frequency else []),
        Column("gt"),
        Column("preds", drop=HIDE_PREDS),
        *_score_columns(result),
    )
    others_by_id = [{scores.id: scores for scores in kind.categories} for kind in others]

    def row(scores: CategoryScores) -> Row:
        frequency = (scores.frequency or "-",) if has_frequency else ()
        cells = (
            shorten(scores.name, LONGEST_NAME),
            *frequency,
            count(scores.gt),
            count(scores.preds),
        )
        return _with_scores(cells, result, scores, [kind[scores.id].ap for kind in others_by_id])

    overall = _with_scores(
        (
            "all",
            *([""] if has_frequency else []),
            count(first.overall.gt),
            count(sum(scores.preds for scores in first.categories)),
        ),
        result,
        first.overall,
        [scores.overall.ap for scores in others],
    )
    worst_first = sorted(
        first.categories, key=lambda scores: (*_undefined_last(scores.ap), -scores.gt)
    )
    rows, footer = _first_rows(
        [row(scores) for scores in worst_first], Per.CATEGORY, every_row=every_row
    )
    return Table(columns, ((overall,), rows), footer)


def _image_table(result: APResult, *, every_row: bool) -> Table:
    """One row per image, worst first; among equals the one with more mistakes."""
    first, others = _kinds(result)
    has_counts = any(scores.tp50 is not None for scores in first.images)
    counts = ("TP50", "FP50", "FN50") if has_counts else ()
    columns = (
        Column("image"),
        Column("file", left=True, shrinks=True),
        Column("gt", drop=HIDE_AREA),
        Column("preds", drop=HIDE_PREDS),
        Column("AP"),
        *([Column("AP50", drop=HIDE_AP50)] if has_counts else []),
        *(Column(f"{KINDS[kind.iou]} AP", drop=HIDE_OTHER_KIND) for kind in others),
        *(Column(name, drop=place + 1) for place, name in enumerate(counts)),
    )
    others_by_id = [{scores.id: scores for scores in kind.images} for kind in others]

    def row(scores: ImageScores) -> Row:
        ap50 = (percent(scores.ap50),) if has_counts else ()
        also = (percent(kind[scores.id].ap) for kind in others_by_id)
        mistakes = (count(scores.tp50), count(scores.fp50), count(scores.fn50))
        return (
            str(scores.id),
            shorten(scores.file_name.rpartition("/")[2], LONGEST_NAME),
            count(scores.gt),
            count(scores.preds),
            percent(scores.ap),
            *ap50,
            *also,
            *(mistakes if has_counts else ()),
        )

    worst_first = sorted(
        first.images,
        key=lambda scores: (
            *_undefined_last(scores.ap),
            -((scores.fp50 or 0) + (scores.fn50 or 0)),
        ),
    )
    rows, footer = _first_rows(
        [row(scores) for scores in worst_first], Per.IMAGE, every_row=every_row
    )
    return Table(columns, (rows,), footer)


def _kinds(result: APResult) -> tuple[Scores, list[Scores]]:
    """The scores that tables show in full, and those that get one column."""
    first, *others = result.scores.values()
    return first, others


def _score_columns(result: APResult) -> list[Column]:
    """Columns of scores: in full for the first kind of IoU, AP alone for the others."""
    _, others = _kinds(result)
    return [
        Column("AP"),
        *([Column("AP50", drop=HIDE_AP50)] if _has(result.protocol, 0.5) else []),
        *([Column("AP75", drop=HIDE_AP75)] if _has(result.protocol, 0.75) else []),
        *(Column(f"{KINDS[scores.iou]} AP", drop=HIDE_OTHER_KIND) for scores in others),
        Column("AR", drop=HIDE_AR),
    ]


def _with_scores(
    cells: Row,
    result: APResult,
    scores: SizeScores | CategoryScores,
    other_aps: Sequence[float | None],
) -> Row:
    """Cells, followed by those of `_score_columns`."""
    return (
        *cells,
        percent(scores.ap),
        *([percent(scores.ap50)] if _has(result.protocol, 0.5) else []),
        *([percent(scores.ap75)] if _has(result.protocol, 0.75) else []),
        *(percent(ap) for ap in other_aps),
        percent(scores.ar),
    )


def _has(protocol: Protocol, threshold: float) -> bool:
    """Whether AP at one IoU threshold was computed; else its column would be all dashes."""
    return any(math.isclose(threshold, each) for each in protocol.thresholds)


def _undefined_last(ap: float | None) -> tuple[bool, float]:
    """Sorting key: rising AP, what is undefined at the end."""
    return (ap is None, ap or 0.0)


def _first_rows(rows: Sequence[Row], per: Per, *, every_row: bool) -> tuple[tuple[Row, ...], str]:
    """The rows to show, and how to see the others."""
    if every_row or len(rows) <= FIRST_ROWS:
        return tuple(rows), ""
    return tuple(rows[:FIRST_ROWS]), f"{len(rows) - FIRST_ROWS:,} more: --per {per} --all"
