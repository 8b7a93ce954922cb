"""AP results as tables and titles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.coco.per_image import ImageScores
from segeval.metrics.coco.scores import ByKind, CategoryScores, Scores, SizeScores
from segeval.metrics.kinds import KINDS, kinds_title
from segeval.metrics.result import Result, amounts, versus
from segeval.metrics.sizes import Ends
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted

# Order in which columns give way where room is short, highest first.
HIDE_OTHER_AR, HIDE_OTHER_AP50 = 11, 10
HIDE_AR, HIDE_AP75, HIDE_AREA, HIDE_AP50, HIDE_PREDS, HIDE_OTHER_KIND = 9, 8, 7, 6, 5, 4

Row = tuple[Value, ...]


def headline(result: Result[ByKind]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    packages = dict.fromkeys(filter(None, result.settings["packages"].values()))
    rules = rules_text(result.settings, packages)
    return kinds_title(result.scores, "AP"), versus(result.inputs), rules


def rules_text(settings: Mapping[str, Any], packages: Iterable[str] = ()) -> str:
    """The rules of an evaluation in a few words.

    Args:
        settings: those of the result.
        packages: official packages whose numbers are reproduced.
    """
    names, cap = " and ".join(packages), settings["max_dets"][-1]
    limit = f"max_dets {cap}" if cap else "no max_dets"
    rules = [
        f"{settings['protocol']} protocol" + (f" as {names}" if names else ""),
        threshold_text(settings["thresholds"]),
        f"{limit} per category" if settings["cap_scope"] == "category" else limit,
        boundary_of(settings).text(),
        "categories as one" if settings["agnostic"] else "",
    ]
    return ", ".join(filter(None, rules))


def summary(result: Result[ByKind]) -> str:
    """How much was evaluated."""
    total = result.inputs["preds"]["count"]
    judged = sum(scores.preds for scores in result.first.categories)
    used = "" if judged == total else f"{judged:,} of "
    predictions = used + counted(total, "prediction") + (" used" if used else "")
    return amounts(result.inputs["gt"], predictions)


def all_tables(result: Result[ByKind]) -> tuple[Table, ...]:
    """Sizes, categories, AR by cap and, if asked for, AP-pool."""
    found = (size_table(result), category_table(result), recall_table(result), pool_table(result))
    return tuple(table for table in found if table is not None)


def size_table(result: Result[ByKind]) -> Table:
    """AP of all objects, per size, and per frequency where the data has it."""
    first, *others = result.scores.values()
    fields = (
        Field("size", "size", "text"),
        area_field(first.sizes),
        Field("gt", "gt", "count"),
        *_score_fields(result),
    )

    def row(sizes: Sequence[SizeScores]) -> Row:
        own, *other = sizes
        cells = (own.name, area_text(own, first.sizes), own.gt)
        return _with_scores(cells, result, own, other)

    per_kind = [(scores.overall, *scores.sizes) for scores in (first, *others)]
    groups = _frequency_rows(result, fields)
    rows = (*(row(sizes) for sizes in zip(*per_kind, strict=True)), *groups)
    return Table("size", fields, rows, totals=1, extras=len(groups))


def category_table(result: Result[ByKind]) -> Table:
    """One row per category, worst first."""
    first, *others = result.scores.values()
    has_frequency = any(scores.frequency for scores in first.categories)
    fields = (
        Field("category", "category", "text"),
        *([Field("frequency", "freq", "text", drop=HIDE_AREA)] if has_frequency else []),
        Field("gt", "gt", "count"),
        Field("preds", "preds", "count", drop=HIDE_PREDS),
        *_score_fields(result),
    )
    others_by_id = [{scores.id: scores for scores in kind.categories} for kind in others]

    def row(scores: CategoryScores) -> Row:
        frequency = (scores.frequency,) if has_frequency else ()
        cells = (scores.name, *frequency, scores.gt, scores.preds)
        return _with_scores(cells, result, scores, [kind[scores.id] for kind in others_by_id])

    counts = (first.overall.gt, sum(scores.preds for scores in first.categories))
    overall = _with_scores(
        ("all", *([""] if has_frequency else []), *counts),
        result,
        first.overall,
        [scores.overall for scores in others],
    )
    worst_first = sorted(
        first.categories, key=lambda scores: (*_undefined_last(scores.ap), -scores.gt)
    )
    return Table("category", fields, (overall, *map(row, worst_first)), totals=1)


def image_table(result: Result[ByKind]) -> Table:
    """One row per image, worst first; among equals the one with more mistakes."""
    first, *others = result.scores.values()
    has_counts = any(scores.tp50 is not None for scores in first.images)
    counts = ("tp50", "fp50", "fn50") if has_counts else ()
    fields = (
        Field("image", "image", "id"),
        Field("file_name", "file", "text"),
        Field("gt", "gt", "count", drop=HIDE_AREA),
        Field("preds", "preds", "count", drop=HIDE_PREDS),
        Field("ap", "AP"),
        *([Field("ap50", "AP50", drop=HIDE_AP50)] if has_counts else []),
        *(_other_field(kind) for kind in others),
        *(Field(key, key.upper(), "count", drop=place + 1) for place, key in enumerate(counts)),
    )
    others_by_id = [{scores.id: scores for scores in kind.images} for kind in others]

    def row(scores: ImageScores) -> Row:
        return (
            scores.id,
            scores.file_name,
            scores.gt,
            scores.preds,
            scores.ap,
            *([scores.ap50] if has_counts else []),
            *(kind[scores.id].ap for kind in others_by_id),
            *((scores.tp50, scores.fp50, scores.fn50) if has_counts else ()),
        )

    worst_first = sorted(
        first.images,
        key=lambda scores: (
            *_undefined_last(scores.ap),
            -((scores.fp50 or 0) + (scores.fn50 or 0)),
        ),
    )
    return Table("image", fields, tuple(map(row, worst_first)))


def recall_table(result: Result[ByKind]) -> Table:
    """AR at every cap, one row per kind of IoU."""
    caps = result.first.ar_by_max_dets
    fields = (
        Field("iou", "IoU", "text"),
        *(Field(f"ar_{cap}", f"AR at {cap if cap != '0' else 'no limit'}") for cap in caps),
    )
    rows = ((KINDS[kind], *s.ar_by_max_dets.values()) for kind, s in result.scores.items())
    return Table("max_dets", fields, tuple(rows))


def pool_table(result: Result[ByKind]) -> Table | None:
    """AP-pool of every group, one row per kind of IoU; None if not asked for."""
    if result.first.pool is None:
        return None
    fields = (Field("iou", "IoU", "text"), *(Field(name, name) for name in result.first.pool))
    rows = ((KINDS[kind], *(s.pool or {}).values()) for kind, s in result.scores.items())
    return Table("pool", fields, tuple(rows))


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


PX2, PERCENT = "px2", "% of image"
"""Units of the ends of size buckets."""


def area_field(sizes: Sequence[Ends]) -> Field:
    """The column with the ends of size buckets, whose key tells percent from pixels.

    Args:
        sizes: the buckets beside "all".
    """
    key = "area_percent" if _unit(sizes) == PERCENT else "area"
    return Field(key, area_title(sizes), "label", drop=HIDE_AREA)


def area_title(sizes: Sequence[Ends]) -> str:
    """The title of the column with the ends of size buckets.

    Args:
        sizes: the buckets beside "all".
    """
    return {PX2: "area px2", PERCENT: PERCENT}.get(_unit(sizes), "area")


def area_text(size: Ends, sizes: Sequence[Ends] = ()) -> str:
    """A bucket's ends: squares of whole sides where possible, or percent of the image.

    Args:
        size: the bucket.
        sizes: all buckets beside "all"; where their units differ, each has its own.

    Example:
        >>> from segeval.metrics.sizes import SizeBucket, buckets
        >>> [area_text(size) for size in buckets("3dfuture")]
        ['0 - 113^2', '113^2 - 256^2', '256^2 - inf']
        >>> [area_text(size) for size in buckets("relative:0.01,0.1")]
        ['0 - 1', '1 - 10', '10 - 100']
        >>> area_text(SizeBucket("wide", 1000.0, 1e10))
        '1,000 - 1e5^2'
    """
    common = _unit(sizes or (size,))
    if size.relative or (common == PERCENT and size.max_area == math.inf):
        high = 1.0 if size.max_area == math.inf else size.max_area
        ends = f"{100 * size.min_area:.6g} - {100 * high:.6g}"
    else:
        ends = f"{_edge_text(size.min_area)} - {_edge_text(size.max_area)}"
    return ends if common else f"{ends} {PERCENT if size.relative else PX2}"


def _unit(sizes: Sequence[Ends]) -> str:
    """The unit of the ends of all buckets, "" where they differ."""
    relative = {size.relative for size in sizes}
    return "" if len(relative) > 1 else PERCENT if True in relative else PX2


def _edge_text(area: float) -> str:
    """One end of a bucket."""
    if area in (0, math.inf):
        return f"{area:g}"
    side = math.isqrt(int(area))
    if side**2 != area:
        return f"{area:,.0f}" if area.is_integer() else f"{area:,.2f}"
    # The official packages end their widest bucket at 1e5 ** 2.
    return "1e5^2" if side == 10**5 else f"{side}^2"


def _frequency_rows(result: Result[ByKind], fields: Sequence[Field]) -> list[Row]:
    """One row per group of LVIS categories; cells without a number stay empty."""
    first, *others = result.scores.values()
    rows: list[Row] = []
    for place, group in enumerate(first.frequencies):
        categories = counted(group.categories, "category", "categories")
        partly = "" if group.with_gt == group.categories else f"{group.with_gt:,} of "
        cells: dict[str, Value] = {"size": group.name, fields[1].key: f"{partly}{categories}"}
        cells |= {"ap": group.ap, "ar": group.ar}
        for scores in others:
            of_kind = scores.frequencies[place]
            cells |= {f"{scores.iou}_ap": of_kind.ap, f"{scores.iou}_ar": of_kind.ar}
        rows.append(tuple(cells.get(field.key, "") for field in fields))
    return rows


def _score_fields(result: Result[ByKind]) -> list[Field]:
    """Fields of scores: AP, AP50 and AR of every kind of IoU, AP75 of the first."""
    _, *others = result.scores.values()
    has_ap50 = _has(result.settings, 0.5)
    fields = [
        Field("ap", "AP"),
        *([Field("ap50", "AP50", drop=HIDE_AP50)] if has_ap50 else []),
        *([Field("ap75", "AP75", drop=HIDE_AP75)] if _has(result.settings, 0.75) else []),
    ]
    for scores in others:
        fields.append(_other_field(scores))
        if has_ap50:
            fields.append(_other_field(scores, "ap50", HIDE_OTHER_AP50))
    fields.append(Field("ar", "AR", drop=HIDE_AR))
    return fields + [_other_field(scores, "ar", HIDE_OTHER_AR) for scores in others]


def _other_field(scores: Scores, key: str = "ap", drop: int = HIDE_OTHER_KIND) -> Field:
    """A number of a kind of IoU that is not the first."""
    return Field(f"{scores.iou}_{key}", f"{KINDS[scores.iou]} {key.upper()}", drop=drop)


def _with_scores(
    cells: Row,
    result: Result[ByKind],
    scores: SizeScores | CategoryScores,
    others: Sequence[SizeScores | CategoryScores],
) -> Row:
    """Cells, followed by those of `_score_fields`."""
    has_ap50 = _has(result.settings, 0.5)
    of_others = [[one.ap, one.ap50] if has_ap50 else [one.ap] for one in others]
    return (
        *cells,
        scores.ap,
        *([scores.ap50] if has_ap50 else []),
        *([scores.ap75] if _has(result.settings, 0.75) else []),
        *(number for numbers in of_others for number in numbers),
        scores.ar,
        *(one.ar for one in others),
    )


def _has(settings: Mapping[str, Any], threshold: float) -> bool:
    """Whether AP at one IoU threshold was computed; else its column would be all dashes."""
    return any(math.isclose(threshold, each) for each in settings["thresholds"])


def _undefined_last(ap: float | None) -> tuple[bool, float]:
    """Sort key: rising AP, undefined last."""
    return (ap is None, ap or 0.0)
