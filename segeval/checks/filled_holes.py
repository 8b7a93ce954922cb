"""Holes given as polygon parts, which COCO fills."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.nested_parts import nested_areas
from segeval.checks.records import AnyRecords
from segeval.checks.shapes import Shapes
from segeval.data.columns import GroundTruth
from segeval.data.segmentations import BATCH
from segeval.findings import Finding

WORTH_SAYING = 0.01
"""Least share of the records for which nested parts are reported even if areas include them."""


def filled_holes(records: AnyRecords, shapes: Shapes) -> Iterator[Finding]:
    """Polygons with a part inside another one, if areas leave it out or there are many.

    A few such parts without effect are in most data sets.
    """
    areas = _nested_areas(records, shapes)
    nested = areas > 0
    if not nested.any():
        return
    left_out = np.zeros(len(nested), np.bool_)
    if isinstance(records.columns, GroundTruth):
        left_out = nested & (records.columns.area[shapes.rows] < shapes.area - areas / 2)
    if nested.sum() < max(WORTH_SAYING * len(nested), 1):
        nested = left_out
    rows = shapes.rows[nested]
    if len(rows):
        yield records.finding(
            "warn",
            "polygons and images",
            f"{records.many(rows, 'has', 'have')} a polygon part inside another one: parts are "
            f"added, holes need RLE ({records.first(int(rows[0]))})",
            code="filled-hole",
            rows=rows,
            hint=_hint(int(left_out.sum())),
            field="segmentation",
        )


def _nested_areas(records: AnyRecords, shapes: Shapes) -> NDArray[np.float64]:
    """Area of the parts of polygons that lie inside another one, float64, shape (n,)."""
    areas = np.zeros(len(shapes.rows))
    several = np.flatnonzero(shapes.parts > 1)
    for start in range(0, len(several), BATCH):
        batch = several[start : start + BATCH]
        polygons, _ = records.segmentations.take(shapes.rows[batch]).polygons()
        areas[batch] = nested_areas(polygons)
    return areas


def _hint(left_out: int) -> str:
    """What areas say about holes."""
    if not left_out:
        return ""
    return "Its area leaves the hole out." if left_out == 1 else "Areas leave the holes out."
