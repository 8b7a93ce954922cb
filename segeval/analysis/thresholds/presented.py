"""How an operating point is shown."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.analysis.thresholds.scores import (
    LRP,
    ByKind,
    CategoryThreshold,
    Number,
    ThresholdScores,
)
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.kinds import kinds_title, prefix
from segeval.metrics.result import Description, Result, amounts, first_of, versus
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted

Row = tuple[Value, ...]


def _headline(result: Result[ByKind]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    settings = result.settings
    rules = [
        f"{settings['protocol']} protocol",
        f"IoU {settings['thresholds'][0]:g}",
        f"max_dets {settings['max_dets'][-1]:,}" if settings["max_dets"][-1] else "no cap",
        boundary_of(settings).text(),
        f"{settings['resamples']:,} replicates, seed {settings['seed']}",
    ]
    title = kinds_title(result.scores, "operating point")
    return (title, versus(result.inputs), ", ".join(filter(None, rules)))


def _summary(result: Result[ByKind]) -> str:
    """How much was evaluated."""
    inputs = result.inputs
    return amounts(inputs["gt"], counted(inputs["preds"]["count"], "prediction"))


def f_name(beta: float) -> str:
    """The name of an F score, such as F1 or F0.5."""
    return f"F{beta:g}"


def _tables(result: Result[ByKind]) -> tuple[Table, ...]:
    """The thresholds overall, by size and by category, then what belongs to calibration."""
    several = len(result.scores) > 1
    found = [overall_table(result), unseen_table(result), size_table(result)]
    for kind in result.scores:
        found += _named(_kind_tables(result, kind), kind if several else "")
    return tuple(found)


def _named(tables: Iterator[Table], kind: str) -> Iterator[Table]:
    """Tables whose names tell several kinds of IoU apart."""
    for table in tables:
        name = f"{kind}_{table.name}" if kind else table.name
        yield Table(name, table.fields, table.rows)


def _kind_tables(result: Result[ByKind], kind: str) -> Iterator[Table]:
    """The tables of one kind of IoU."""
    scores = result.scores[kind]
    f = f_name(scores.beta)
    fields = (
        Field("name", f"{prefix(kind)}category", "text"),
        Field("gt", "gt", "count", drop=1),
        Field("score", "score", "number"),
        Field("interval", "95 %", "number interval", drop=4),
        Field("precision", "P", drop=3),
        Field("recall", "R", drop=3),
        Field("f", f),
        Field("held_out_f", f"unseen {f}", drop=2),
        Field("lrp", "LRP", drop=5),
        Field("lrp_score", "LRP score", "number", drop=6),
    )
    worst = sorted(scores.categories, key=lambda each: (each.point.f is None, each.point.f or 0))
    yield Table("category", fields, tuple(map(_category_row, worst)))
    own = scores.calibration
    if own is None:
        return
    numbers = (
        ("all", own.preds, own.d_ece, own.laece, own.laece0),
        ("LRP-optimal", own.kept, own.d_ece_kept, own.laece_kept, None),
    )
    columns = (
        Field("name", f"{prefix(kind)}predictions", "text"),
        Field("preds", "number", "count"),
        Field("d_ece", "D-ECE"),
        Field("laece", "LaECE"),
        Field("laece0", "LaECE0"),
    )
    yield Table("calibration", columns, numbers)
    fits = (
        Field("method", "method", "text"),
        Field("target", "score becomes", "label"),
        Field("before", "error before"),
        Field("after", "unseen error after"),
    )
    rows = tuple((each.method, each.target, each.before, each.after) for each in own.fits)
    yield Table("fit", fits, rows)
    bins = (
        Field("low", "above", "number"),
        Field("high", "up to", "number"),
        Field("preds", "number", "count"),
        Field("score", "mean score"),
        Field("precision", "precision"),
        Field("iou", "IoU"),
    )
    yield Table(
        "reliability",
        bins,
        tuple(
            (each.low, each.high, each.preds, each.score, each.precision, each.iou)
            for each in own.reliability
        ),
    )


def overall_table(result: Result[ByKind]) -> Table:
    """One threshold for all, thresholds by category, and the LRP-optimal one."""
    f = f_name(first_of(result.scores).beta)
    fields = (
        Field("name", "threshold", "text"),
        Field("score", "score", "number"),
        Field("interval", "95 %", "number interval", drop=2),
        Field("precision", "P", drop=1),
        Field("recall", "R", drop=1),
        Field("f", f),
        Field("lrp", "LRP", drop=3),
    )
    rows: list[Row] = []
    for kind, own in result.scores.items():
        name = prefix(kind)
        for title, point, interval, lrp in (
            (f"best {f}", own.point, own.interval, None),
            ("per category", own.by_category, None, own.olrp),
        ):
            numbers = (point.precision, point.recall, point.f)
            rows.append((name + title, point.score, interval, *numbers, lrp))
        rows.append(_lrp_row(f"{name}best LRP", own.lrp))
    return Table("overall", fields, tuple(rows))


def unseen_table(result: Result[ByKind]) -> Table:
    """The same thresholds, chosen on one half of the images and judged on the other."""
    f = f_name(first_of(result.scores).beta)
    fields = (
        Field("name", "on unseen images", "text"),
        Field("precision", "P"),
        Field("recall", "R"),
        Field("f", f),
        Field("interval", "95 %", "interval", drop=1),
    )
    rows = tuple(
        (prefix(kind) + name, each.precision, each.recall, each.f, each.interval)
        for kind, own in result.scores.items()
        for name, each in (
            (f"best {f}", own.held_out),
            ("per category", own.by_category_held_out),
        )
    )
    return Table("unseen", fields, rows)


def size_table(result: Result[ByKind]) -> Table:
    """What the overall threshold does to objects by size."""
    f = f_name(first_of(result.scores).beta)
    fields = (
        Field("name", "size", "text"),
        Field("gt", "gt", "count"),
        Field("precision", "P"),
        Field("recall", "R"),
        Field("f", f),
    )
    rows = tuple(
        (f"{prefix(kind)}{size.name}", size.gt, size.precision, size.recall, size.f)
        for kind, own in result.scores.items()
        for size in own.sizes
    )
    return Table("size", fields, rows)


def _lrp_row(name: str, lrp: LRP) -> Row:
    precision = None if lrp.fp is None else 1 - lrp.fp
    recall = None if lrp.fn is None else 1 - lrp.fn
    return (name, lrp.score, None, precision, recall, None, lrp.lrp)


def _category_row(own: CategoryThreshold) -> Row:
    point = own.point
    return (
        own.name, own.gt, point.score, own.interval, point.precision, point.recall, point.f,
        own.held_out.f, own.lrp.lrp, own.lrp.score,
    )  # fmt: skip


def gain_by_category(scores: ThresholdScores) -> str:
    """What thresholds by category gain over a single one, in words; "" where that is unknown."""
    one, each = scores.held_out.f, scores.by_category_held_out.f
    seen, own = scores.point.f, scores.by_category.f
    if one is None or each is None or seen is None or own is None or len(scores.categories) < 2:
        return ""
    kind = prefix(scores.iou).strip()
    return (
        f"a threshold per category{f' ({kind})' if kind else ''}: {100 * (each - one):+.1f} "
        f"{f_name(scores.beta)} on unseen images, {100 * (own - seen):+.1f} on those that chose it"
    )


THRESHOLD: Description[ByKind] = Description(
    place=f"{__name__}:THRESHOLD",
    schema="segeval/threshold/1",
    primary=lambda scores: first_of(scores).point.f,
    brief=lambda scores: ", ".join(
        f"{iou} {f_name(each.beta)} from score {_short(each.point.score)}"
        for iou, each in scores.items()
    ),
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=lambda scores: {iou: each.to_dict() for iou, each in scores.items()},
)


def _short(score: Number) -> str:
    return "-" if score is None else f"{score:g}"
