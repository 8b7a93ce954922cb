"""Where predictions are: their boxes, and their masks where they are needed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import Predictions
from segeval.data.segmentations import Format
from segeval.findings import refusal
from segeval.masks import RunLengths, boxes
from segeval.masks.run_lengths import assemble

BATCH = 8192
"""Masks that are decoded together."""


def corners(preds: Predictions, rows: NDArray[np.integer] | None = None) -> NDArray[np.float64]:
    """Boxes of predictions: the record's own, else the tight box of the mask.

    Args:
        preds: predictions.
        rows: rows of N of them; None for all.

    Returns:
        x0, y0, x1, y1 in pixels, float64, shape (N, 4). x1 is the last column of a mask + 1.

    Raises:
        FormatError: for a record with neither, a polygon without a box, a box that is not finite
            or of a negative side, or a mask that is malformed.
    """
    rows = np.arange(len(preds)) if rows is None else rows
    found = preds.boxes[rows]
    bare = np.flatnonzero(~preds.has_box[rows])
    nowhere = bare[preds.segmentations.format[rows[bare]] == Format.NONE]
    if len(nowhere):
        raise refusal(
            preds, "has neither bbox nor mask.", rows=rows[nowhere], code="no-mask", field="bbox"
        )
    for start in range(0, len(bare), BATCH):
        some = bare[start : start + BATCH]
        found[some] = boxes(masks_of(preds, rows[some]))
    if not np.isfinite(found).all() or (found[:, 2:] < 0).any():
        bad = np.flatnonzero(~np.isfinite(found).all(axis=1) | (found[:, 2:] < 0).any(axis=1))
        raise refusal(
            preds,
            f"bbox is {found[bad[0]].tolist()}, expected finite x, y, and sides of 0 or more.",
            rows=rows[bad],
            code="bbox",
            field="bbox",
        )
    found[:, 2:] += found[:, :2]
    return found


def masks_of(preds: Predictions, rows: NDArray[np.integer]) -> RunLengths:
    """Masks of some predictions, with sound totals.

    Raises:
        FormatError: for a record without a mask, a polygon, whose image has no known size, or a
            mask that is malformed.
    """
    segments = preds.segmentations.take(rows)
    absent = np.flatnonzero(segments.format == Format.NONE)
    if len(absent):
        raise refusal(
            preds,
            "has no mask.",
            rows=rows[absent],
            code="no-mask",
            field="segmentation",
            hint='Compare boxes: `iou="bbox"`.',
        )
    drawn = np.flatnonzero(segments.format == Format.POLYGON)
    if len(drawn):
        has_boxes = preds.has_box[rows[drawn]].all()
        instead = 'compare boxes: `iou="bbox"`' if has_boxes else "add its bbox"
        raise refusal(
            preds,
            "has a polygon, and nothing here says how large its image is.",
            rows=rows[drawn],
            code="no-size",
            field="segmentation",
            hint=f"Write it as run lengths, or {instead}.",
        )
    return segments.run_lengths(segments.strings.sizes, preds, rows=rows)


def masks_of_several(
    files: tuple[Predictions, ...], model: NDArray[np.int32], row: NDArray[np.int64]
) -> RunLengths:
    """Masks of predictions of several models, in order; errors as in `masks_of`."""
    places = [np.flatnonzero(model == each) for each in range(len(files))]
    parts = [masks_of(one, row[own]) for one, own in zip(files, places, strict=True) if len(own)]
    return assemble(parts, [own for own in places if len(own)])
