"""Masks that lie elsewhere than the box of the same record."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.box_geometry import (
    FORMS,
    Boxes,
    corners_text,
    lie_elsewhere,
    near,
    xywh_of,
)
from segeval.checks.records import AnyRecords
from segeval.checks.shapes import Shapes
from segeval.data.rowwise import all_of
from segeval.data.segmentations import Format
from segeval.findings import Finding
from segeval.masks import RunLengths, boxes

WORTH_SAYING = 0.05
"""Least share of the records for which masks elsewhere are reported without a known cause."""

NEARLY_ALL = 0.8
"""Share of the differing records that a cause must explain."""

READ_AGAIN = 1024
"""Most masks that are read in another way to find the cause."""

BY_ROWS = "They fit with runs along the rows: RLE runs down the columns."
"""The hint where `boxes_by_rows` explains the difference."""


def masks_beside_boxes(records: AnyRecords, shapes: Shapes) -> Iterator[Finding]:
    """Masks that differ from their `bbox`, by a mistake that explains them, or far and often.

    The boxes of detectors are looser than their masks, and some masks are damaged: both are left
    alone.
    """
    own = mask_boxes(shapes)
    box = records.columns.boxes[shapes.rows]
    both = _is_box(own) & _is_box(box)
    differs = np.flatnonzero(both & ~near(own, box))
    if not len(differs):
        return
    own, box, rows = own[differs], box[differs], shapes.rows[differs]
    hint = _cause(records, rows, own, box)
    if not hint:
        apart = lie_elsewhere(own, box)
        if apart.sum() < max(WORTH_SAYING * both.sum(), 1):
            return
        own, box, rows = own[apart], box[apart], rows[apart]
    lie = "mask of" if len(rows) == 1 else "masks of"
    many = records.many(rows, "lies", "lie")
    yield records.finding(
        "warn",
        "masks and boxes",
        f"the {lie} {many} elsewhere than {'its' if len(rows) == 1 else 'their'} bbox (first: mask "
        f"{corners_text(own[0])}, box {corners_text(box[0])})",
        code="mask-and-box",
        rows=rows,
        hint=hint,
        field="bbox",
    )


def mask_boxes(shapes: Shapes) -> Boxes:
    """Boxes of masks; of a polygon that of its corners, whether they are in the image or not."""
    drawn = np.flatnonzero(shapes.parts)
    boxes = shapes.box.copy() if len(drawn) else shapes.box
    boxes[drawn] = xywh_of(shapes.outline[drawn])
    return boxes


def _is_box(given: Boxes) -> NDArray[np.bool_]:
    """Whether boxes have an area, bool, shape (N,)."""
    return all_of(np.isfinite(given)) & all_of(given[:, 2:] > 0)


def _cause(records: AnyRecords, rows: NDArray[np.int64], own: Boxes, box: Boxes) -> str:
    """The mistake that explains nearly all records that differ, and what to do; else ""."""
    form = records.segmentations.format[rows]
    if (form == Format.POLYGON).all():
        transposed, hint = own[:, [1, 0, 3, 2]], "They fit as y, x: polygons are x, y."
    elif (form != Format.POLYGON).all():
        transposed, hint = boxes_by_rows(masks_of(records, rows[:READ_AGAIN])), BY_ROWS
    else:
        transposed, hint = own, ""
    if hint and _explained(transposed, box[: len(transposed)]):
        return hint
    for name, read in FORMS.items():
        if _explained(own, read(box)):
            return f"They fit if bbox is {name}: it should be x, y, width, height."
    with np.errstate(over="ignore"):
        factors = np.sort(own[:, 2:] / box[:, 2:], axis=None)
    factor = float(factors[len(factors) // 2])  # np.median would load numpy's masked arrays
    if _explained(own, box * factor):
        return f"They fit if bbox is multiplied by {factor:.3g}: was the image resized?"
    return ""


def _explained(own: Boxes, box: Boxes) -> bool:
    """Whether nearly all boxes are equal."""
    return bool(near(own, box).sum() >= NEARLY_ALL * len(own))


def masks_of(records: AnyRecords, rows: NDArray[np.int64]) -> RunLengths:
    """The masks of some records, which are sound."""
    return records.segmentations.take(rows).run_lengths(records.sizes_of(rows))


def boxes_by_rows(masks: RunLengths) -> Boxes:
    """Boxes of masks whose runs are read along the rows."""
    turned = RunLengths(masks.counts, masks.offsets, np.ascontiguousarray(masks.sizes[:, ::-1]))
    return boxes(turned)[:, [1, 0, 3, 2]]
