"""The `area` field against the masks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import Records
from segeval.checks.shapes import Shapes
from segeval.data.columns import GroundTruth
from segeval.findings import Finding
from segeval.words import counted

FACTOR = 2
"""Areas that differ by this factor are wrong."""

ROUNDING = 16
"""Pixels squared by which the area of a tiny polygon may differ from its pixels."""

APART = 0.1
"""Share by which areas of boxes exceed those of masks, and share of the masks where they do."""

BOX_ROUNDING = 0.005
"""Share by which the area of a box may be rounded."""

NEARLY_ALL = 0.9
"""Share of the areas that are those of the boxes if they are meant so."""

LEAST = 3
"""Masks that must tell the two apart."""

WORTH_SAYING = 0.01
"""Least share of the annotations for which wrong areas are reported."""


def areas_beside_masks(records: Records[GroundTruth], shapes: Shapes) -> Iterator[Finding]:
    """Areas that are half of the mask's or less, or twice or more, or not above 0."""
    gt = records.columns
    field, mask = gt.area[shapes.rows], shapes.area
    with np.errstate(invalid="ignore"):
        wrong = (field >= FACTOR * mask) | (field <= mask / FACTOR)
        wrong &= (np.abs(field - mask) > ROUNDING) | (field <= 0)
        wrong &= mask > 0
        not_above_0 = wrong & (field <= 0)
    if wrong.sum() < max(WORTH_SAYING * len(mask), 1):
        wrong = not_above_0
    if not wrong.any():
        wrong = _of_boxes(field, mask, gt.boxes[shapes.rows, 2:].prod(axis=1))
    places = np.flatnonzero(wrong)
    if not len(places):
        return
    rows, field, mask = shapes.rows[places], field[places], mask[places]
    dropped = gt.is_lvis and not_above_0.any()
    effect = "LVIS drops those of 0 or less" if dropped else "size buckets go by it"
    yield records.finding(
        "warn",
        "area field",
        f"the area field of {counted(len(rows), records.noun)} is not that of "
        f"{'its mask' if len(rows) == 1 else 'their masks'} ({field[0]:,.12g} for {mask[0]:,}); "
        f"{effect}",
        code="mask-area",
        rows=rows,
        hint=_cause(records, rows, field, mask),
        field="area",
    )


def _of_boxes(
    field: NDArray[np.float64], mask: NDArray[np.int64], boxes: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Areas that are those of the boxes and not of the masks, if nearly all are; else none."""
    with np.errstate(invalid="ignore", over="ignore"):
        equal = np.abs(field - boxes) <= np.maximum(BOX_ROUNDING * boxes, 1)
        apart = equal & (field > (1 + APART) * mask) & (field - mask > ROUNDING)
    if equal.sum() < NEARLY_ALL * len(field) or apart.sum() < max(APART * len(field), LEAST):
        return np.zeros(len(field), np.bool_)
    return np.asarray(apart)


def _cause(
    records: Records[GroundTruth],
    rows: NDArray[np.int64],
    field: NDArray[np.float64],
    mask: NDArray[np.int64],
) -> str:
    """What the areas are instead, if it holds for all of them; else ""."""
    sizes = records.sizes_of(rows).astype(np.float64)
    boxes = records.columns.boxes[rows, 2:].prod(axis=1)
    if len(rows) > 1 and (field == field[0]).all() and field[0] in (0, 1, -1):
        return f"They are all {field[0]:g}."
    for others, whose in (
        (sizes.prod(axis=1), ("that of the image", "those of the images")),
        (boxes, ("that of the box", "those of the boxes")),
        (-mask, ("negative", "negative")),
    ):
        with np.errstate(invalid="ignore"):
            if (np.abs(field - others) <= np.maximum(0.1 * np.abs(others), ROUNDING)).all():
                return f"They are {whose[1]}." if len(rows) > 1 else f"It is {whose[0]}."
    return ""
