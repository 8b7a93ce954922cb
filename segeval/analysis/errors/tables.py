"""Error kinds as tables and titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from segeval.analysis.errors.confusion import Confusion
from segeval.analysis.errors.kinds import KINDS
from segeval.analysis.errors.scores import ErrorScores, LostAP
from segeval.metrics.coco.tables import rules_text
from segeval.metrics.kinds import kinds_title, prefix
from segeval.metrics.result import Result, amounts, versus
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted, percent

TITLES = {
    "cls": "wrong category",
    "loc": "localisation",
    "both": "category and place",
    "dupe": "duplicate",
    "bkg": "background",
    "miss": "missed object",
}
"""Names of kinds for people."""

SPECIAL = {"false_pos": "false positives last", "false_neg": "unmatched not counted"}
"""Names of the special fixes for people."""

MASKS = {
    "box_fine": "box fine, mask poor",
    "boundary_poor": "mask fine, boundary poor",
    "merged": "merged objects",
    "fragment": "fragment",
    "swollen": "swollen",
    "shrunk": "shrunk",
    "none": "none of these",
    "all": "all",
}
"""Ways in which masks are poor, for people."""

BOX = ("bbox_x", "bbox_y", "bbox_w", "bbox_h")
"""Keys of the sides of a box."""

HIDE_LAST, HIDE_ALONE, HIDE_INTERVAL, HIDE_GT = 4, 3, 2, 1

ByIou = Mapping[str, ErrorScores[LostAP]]


def headline(result: Result[ByIou]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    title = kinds_title(result.scores, "AP lost, by kind of error")
    numbers = [
        f"{prefix_among(iou, result.scores)}AP {percent(one.overall.ap)}"
        for iou, one in result.scores.items()
    ]
    return title, versus(result.inputs), error_rules(result.settings), ", ".join(numbers)


def error_rules(settings: Mapping[str, Any]) -> str:
    """The rules that the settings of a result name, with the package that is reproduced."""
    package = settings["compat"]
    return rules_text(settings, [package] if package else [])


def summary(result: Result[ByIou]) -> str:
    """How much was evaluated."""
    inputs = result.inputs
    return amounts(inputs["gt"], counted(inputs["preds"]["count"], "prediction"))


def all_tables(result: Result[ByIou]) -> tuple[Table, ...]:
    """Kinds, thresholds, sizes, slices and categories, for each kind of IoU."""
    return tuple(
        table
        for iou, scores in result.scores.items()
        for table in _tables(prefix_among(iou, result.scores), scores)
    )


def prefix_among(iou: str, several: Mapping[str, Any]) -> str:
    """What names of numbers and tables begin with: a kind of IoU, where there are several."""
    return prefix(iou) if len(several) > 1 else ""


def _tables(before: str, scores: ErrorScores[LostAP]) -> Iterable[Table]:
    """The tables of one kind of IoU."""
    yield kind_table(scores.overall, before)
    if scores.poor_masks is not None:
        yield mask_table(scores.poor_masks, before)
    overall = ("all", scores.gt, scores.overall)
    if scores.thresholds:
        by_threshold = [(f"{one.iou:g}", scores.gt, one.lost) for one in scores.thresholds]
        yield part_table("threshold", [overall, *by_threshold], before)
    if scores.sizes:
        by_size = [(one.name, one.gt, one.lost) for one in scores.sizes]
        yield part_table("size", [overall, *by_size], before)
    if scores.slices:
        by_slice = [(one.name, one.gt, one.lost) for one in scores.slices]
        yield part_table("slice", [overall, *by_slice], before)
    if scores.categories:
        worst = sorted(
            scores.categories,
            key=lambda one: (one.lost.ap is None, one.lost.ap or 0.0, -one.gt),
        )
        yield part_table(
            "category", [overall, *((one.name, one.gt, one.lost) for one in worst)], before
        )
    if scores.confusion is not None:
        yield confusion_table(scores.confusion, before)


def kind_table(lost: LostAP, before: str = "") -> Table:
    """One row per kind, the costliest first, and the special fixes.

    Args:
        lost: where AP is lost.
        before: begins the title of the first column, such as "boundary ".
    """
    has_intervals = lost.intervals is not None
    has_shares = any(kind.share is not None for kind in lost.kinds.values())
    shares: list[Field] = []
    if has_shares or lost.ap is None:
        shares = [Field("share", "share")]
        if has_intervals:
            shares.append(Field("interval", "interval", "interval", drop=HIDE_INTERVAL))
    fields = (
        Field("kind", f"{before}AP lost to", "text"),
        *shares,
        Field("alone", "alone", drop=HIDE_ALONE),
        *([Field("last", "last", drop=HIDE_LAST)] if shares else []),
        Field("count", "errors", "count"),
    )
    order = sorted(
        KINDS,
        key=lambda kind: -(lost.kinds[kind].share or (lost.kinds[kind].alone or 0.0)),
    )
    blank = len(shares)
    rows = []
    if blank:
        total: list[Value] = [None if lost.ap is None else 1 - lost.ap]
        known = [cost.count for cost in lost.kinds.values() if cost.count is not None]
        number = sum(known) if known else None
        rows.append(("all", *total, *[""] * (blank - 1), None, None, number))
    for kind in order:
        cost = lost.kinds[kind]
        own: list[Value] = [cost.share] if shares else []
        if shares and has_intervals:
            own.append((cost.intervals or {}).get("share"))
        last: list[Value] = [cost.last] if shares else []
        rows.append((TITLES[kind], *own, cost.alone, *last, cost.count))
    for name, title in SPECIAL.items():
        empty: list[Value] = [None] * blank
        if blank and has_intervals:
            empty[-1] = ""
        end: list[Value] = [None] if shares else []
        rows.append((title, *empty, lost.special[name], *end, None))
    return Table(f"{before}kind", fields, tuple(rows), totals=int(blank > 0), extras=len(SPECIAL))


def mask_table(counts: Mapping[str, Mapping[str, int]], before: str = "") -> Table:
    """One row per way in which masks are poor.

    Args:
        counts: of localisation errors and true positives, by way.
        before: begins the name of the table.
    """
    fields = (
        Field("mask", "poor masks", "text"),
        Field("loc", "localisation", "count"),
        Field("tp", "true, IoU < 0.75", "count"),
    )
    rows = tuple((MASKS[name], own["loc"], own["tp"]) for name, own in counts.items())
    return Table(f"{before}mask", fields, (rows[-1], *rows[:-1]), totals=1)


def part_table(name: str, parts: Iterable[tuple[str, int, LostAP]], before: str = "") -> Table:
    """One row per part of the data: AP, and the share of every kind.

    Args:
        name: what one row is, such as "size".
        parts: name, number of ground truths that count, and where AP is lost; everything first.
        before: begins the title of the first column, such as "boundary ".
    """
    fields = (
        Field(name, f"{before}{name}", "text"),
        Field("gt", "gt", "count", drop=HIDE_GT),
        Field("ap", "AP"),
        *(Field(kind, kind) for kind in KINDS),
    )
    rows = tuple(
        (label, gt, lost.ap, *(shown_cost(lost, kind) for kind in KINDS))
        for label, gt, lost in parts
    )
    return Table(f"{before}{name}", fields, rows, totals=1)


def shown_cost(lost: LostAP, kind: str) -> float | None:
    """The share of a kind; what fixing it alone gains where there are no shares."""
    cost = lost.kinds[kind]
    return cost.alone if cost.share is None else cost.share


def confusion_table(found: Confusion, before: str = "") -> Table:
    """The pairs of categories that are confused most.

    Args:
        found: of one model.
        before: begins the name of the table, such as "boundary ".
    """
    fields = (
        Field("object", "objects of", "text"),
        Field("prediction", "predicted as", "text"),
        Field("count", "number", "count"),
        Field("share", "% of objects"),
    )
    rows = tuple(
        (pair.gt_name, pair.pred_name, pair.count, None if pair.gt is None else pair.share)
        for pair in found.worst()
    )
    return Table(f"{before}confusion", fields, rows)


def error_table(records: Iterable[Mapping[str, Any]]) -> Table:
    """One row per prediction and missed object, with the keys of the records.

    Args:
        records: of one model, or of two, which have the key "model".
    """
    found = list(records)
    fields = (
        Field("iou_type", "IoU", "text"),
        *([Field("model", "model", "text")] if any("model" in each for each in found) else []),
        Field("threshold", "threshold", "number"),
        Field("kind", "kind", "text"),
        Field("prediction", "prediction", "id"),
        Field("image_id", "image", "id"),
        Field("file_name", "file", "text"),
        Field("category_id", "category id", "id"),
        Field("category", "category", "text"),
        Field("score", "score", "number"),
        *(Field(key, key[-1], "number") for key in BOX),
        Field("annotation_id", "annotation", "id"),
        Field("iou", "IoU", "percent"),
        Field("mask", "poor mask", "words"),
    )
    rows = []
    for each in found:
        sides = dict(zip(BOX, each["bbox"] or [None] * len(BOX), strict=True))
        ways = None if each["mask"] is None else " ".join(each["mask"])
        cells = {**each, **sides, "mask": ways}
        rows.append(tuple(cells[field.key] for field in fields))
    return Table("error", fields, tuple(rows))
