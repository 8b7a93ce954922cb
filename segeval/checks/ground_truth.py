"""Mistakes in readable ground truth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.masks import Found, Side
from segeval.data.columns import GroundTruth
from segeval.data.ids import rows_of
from segeval.words import counted, id_range, ids_hint

NO_ROWS = np.empty(0, np.int64)


def no_categories(side: Side[GroundTruth]) -> Iterator[Found]:
    """An empty list of categories."""
    gt = side.columns
    if not len(gt.categories):
        yield Found(
            "error",
            "categories",
            NO_ROWS,
            "the list of categories is empty: there is nothing to average over",
            'Add {"id": ..., "name": ...} for every category.',
        )


def nothing_annotated(side: Side[GroundTruth]) -> Iterator[Found]:
    """A file without annotations."""
    if not side.total:
        yield Found("warn", "annotations", NO_ROWS, "no annotations: AP is undefined")


def repeated_ids(side: Side[GroundTruth]) -> Iterator[Found]:
    """Ids that occur more than once."""
    gt = side.columns
    for noun, ids, places in (
        ("annotation", gt.id, side.places),
        ("image", gt.images.id, np.arange(len(gt.images))),
        ("category", gt.categories.id, np.arange(len(gt.categories))),
    ):
        repeated, first = _repeats(ids)
        if len(repeated):
            value = ids[first]
            records = places[np.flatnonzero(ids == value)]
            yield Found(
                "error",
                f"{noun} ids",
                repeated if noun == "annotation" else NO_ROWS,
                f"{noun} id {value} occurs {_times(len(records))} (records #{records[0]} and "
                f"#{records[1]}); ids must be unique.{_others(ids, value)}",
                count=len(repeated),
            )


def id_zero(side: Side[GroundTruth]) -> Iterator[Found]:
    """An annotation of id 0, which pycocotools takes for "unmatched"."""
    gt = side.columns
    rows = np.flatnonzero(gt.id == 0)
    if len(rows):
        yield Found(
            "warn",
            "id 0",
            rows,
            f"{side.name(int(rows[0]))} has id 0: pycocotools counts its match as unmatched, "
            "segeval counts it",
            "Start ids at 1 to get the same number everywhere.",
        )


def unknown_images(side: Side[GroundTruth]) -> Iterator[Found]:
    """Annotations of images that are not listed."""
    gt = side.columns
    rows = np.flatnonzero(rows_of(gt.image_id, gt.images.id) < 0)
    if len(rows):
        ids = gt.image_id[rows]
        yield Found(
            "error",
            "image ids",
            rows,
            f"{side.many(rows, 'is', 'are')} for {counted(len(np.unique(ids)), 'image')} that the "
            f"file does not list, first image_id {ids[0]} (annotation #{side.places[rows[0]]})",
            ids_hint(gt.image_id, gt.images.id) or "Or drop them: --skip-unknown",
        )


def unknown_categories(side: Side[GroundTruth]) -> Iterator[Found]:
    """Annotations of categories that are not listed."""
    gt = side.columns
    if not len(gt.categories):
        return
    rows = np.flatnonzero(rows_of(gt.category_id, gt.categories.id) < 0)
    if len(rows):
        listed = counted(len(gt.categories), "category", "categories")
        yield Found(
            "error",
            "category ids",
            rows,
            f"{side.many(rows, 'has', 'have')} category_id {id_range(gt.category_id[rows])}, "
            f"which the file does not list ({listed}, {id_range(gt.categories.id)})",
            ids_hint(gt.category_id, gt.categories.id) or "Or drop them: --skip-unknown",
        )


def missing_crowd(side: Side[GroundTruth]) -> Iterator[Found]:
    """Annotations without `iscrowd`; LVIS has none."""
    gt = side.columns
    rows = np.flatnonzero(gt.crowd_missing)
    if len(rows) and not gt.is_lvis:
        yield Found(
            "warn",
            "iscrowd",
            rows,
            f"{side.many(rows, 'has', 'have')} no iscrowd: taken as 0; pycocotools stops there",
            'Write "iscrowd": 0.',
        )


def missing_area(side: Side[GroundTruth]) -> Iterator[Found]:
    """Annotations without `area`."""
    gt = side.columns
    rows = np.flatnonzero(np.isnan(gt.area))
    if len(rows):
        yield Found(
            "warn",
            "area field",
            rows,
            f"{side.many(rows, 'has', 'have')} no area: that of the mask is taken; "
            "pycocotools stops there",
            "Write the area in pixels.",
        )


def odd_areas(side: Side[GroundTruth]) -> Iterator[Found]:
    """Areas of 0 or less although the mask has pixels: the size buckets go by this field."""
    gt = side.columns
    rows = np.flatnonzero((gt.area <= 0) & (side.masks[0] > 0))
    if len(rows):
        effect = "LVIS drops such annotations" if gt.is_lvis else "size buckets go by it"
        yield Found(
            "warn",
            "area field",
            rows,
            f"{side.many(rows, 'has', 'have')} an area of 0 or less beside a mask that is not "
            f"empty: {effect}",
        )


def ignore_field(side: Side[GroundTruth]) -> Iterator[Found]:
    """COCO files whose `ignore` field nobody reads."""
    gt = side.columns
    rows = np.flatnonzero(gt.ignore & ~gt.is_crowd)
    if len(rows) and not gt.is_lvis:
        yield Found(
            "warn",
            "ignore",
            rows,
            f"{side.many(rows, 'is', 'are')} marked ignore: not used, as in pycocotools, which "
            "overwrites it with iscrowd",
            "--honour-ignore uses it.",
        )


def _repeats(ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Rows whose id an earlier row has, and the first row that is repeated."""
    _, first, place = np.unique(ids, return_index=True, return_inverse=True)
    repeated = np.flatnonzero(first[place] != np.arange(len(ids)))
    return repeated, int(first[place[repeated[0]]]) if len(repeated) else -1


def _times(n: int) -> str:
    return "twice" if n == 2 else f"{n:,} times"


def _others(ids: NDArray[np.int64], told: int) -> str:
    """How many other ids are repeated."""
    values, times = np.unique(ids, return_counts=True)
    others = int(np.count_nonzero((times > 1) & (values != told)))
    return f" {others:,} more like it." if others else ""
