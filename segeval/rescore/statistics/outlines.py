"""Boxes and masks of objects and predictions, as the kernels compare them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.data.geometry import masks_of
from segeval.data.segmentations import Format
from segeval.errors import MismatchError
from segeval.findings import Described, refusal
from segeval.masks import RunLengths, boxes, canonical, check_totals
from segeval.masks.measure import areas_and_boxes
from segeval.rescore.statistics.around import Outlines
from segeval.words import size_text

Iou = Literal["bbox", "segm"]
"""Whether boxes or masks are compared."""

NO_COUNTS = np.zeros(0, np.uint32)
NO_OFFSETS = np.zeros(1, np.int64)


def outlines_of_boxes(corners: NDArray[np.float64]) -> Outlines:
    """Boxes x0, y0, x1, y1 (N, 4) alone."""
    areas = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    return np.ascontiguousarray(corners), areas, False, NO_COUNTS, NO_OFFSETS


def outlines_of_objects(gt: GroundTruth, rows: NDArray[np.int64], iou: Iou) -> Outlines:
    """Annotations of a ground truth.

    Args:
        gt: ground truth.
        rows: rows of the annotations.
        iou: what is compared.

    Raises:
        FormatError: for an annotation without box and mask, or a mask that is malformed.
        MismatchError: for masks of different sizes in one image.
    """
    if iou == "segm":
        _require_masks(gt, rows, "has no mask.", 'Compare boxes: `iou="bbox"`.')
        masks = gt.masks.take(rows)
        check_totals(masks)
        return outlines_of_masks(masks, gt.image_id[rows], gt, rows)
    corners = gt.boxes[rows]
    bare = np.flatnonzero(np.isnan(corners).any(axis=1))
    if len(bare):
        _require_masks(gt, rows[bare], "has neither bbox nor mask.")
        corners[bare] = boxes(gt.masks.take(rows[bare]))
    corners[:, 2:] += corners[:, :2]
    return outlines_of_boxes(corners)


def outlines_of_predictions(preds: Predictions, rows: NDArray[np.int64]) -> Outlines:
    """The masks of predictions; for boxes see `outlines_of_boxes` and `corners`.

    Raises:
        FormatError: for a prediction without a mask, or one that is malformed.
        MismatchError: for masks of different sizes in one image.
    """
    return outlines_of_masks(masks_of(preds, rows), preds.image_id[rows], preds, rows)


def outlines_of_masks(
    masks: RunLengths, image: NDArray[np.int64], source: Described, rows: NDArray[np.int64]
) -> Outlines:
    """Masks, sound, in canonical runs and of one size in each image.

    Args:
        masks: N sound masks.
        image: id of the image of each, shape (N,).
        source: the columns that they are of, which name them in messages.
        rows: their rows in these, shape (N,).

    Raises:
        MismatchError: for masks of different sizes in one image.
    """
    order = np.argsort(image, kind="stable")
    other = np.flatnonzero(
        (np.diff(image[order]) == 0) & (np.diff(masks.sizes[order], axis=0) != 0).any(axis=1)
    )
    if len(other):
        before, row = order[other[0]], order[other[0] + 1]
        raise refusal(
            source,
            f"the mask is {size_text(masks.sizes[row])}, expected {size_text(masks.sizes[before])} "
            f"as in {source.describe(int(rows[before]))}.",
            rows=rows[order[other + 1]],
            code="mask-size",
            field="segmentation",
            error=MismatchError,
        )
    runs = canonical(masks)
    areas, corners = areas_and_boxes(runs)
    corners[:, 2:] += corners[:, :2]
    return corners, areas.astype(np.float64), True, runs.counts, runs.offsets


def comparable_iou(preds: Predictions, gt: GroundTruth) -> Iou:
    """Masks where every prediction has one and ground truth has any, else boxes."""
    bare = (preds.segmentations.format == Format.NONE).any()
    drawn = (gt.segmentations.format != Format.NONE).any()
    return "segm" if drawn and not bare else "bbox"


def _require_masks(gt: GroundTruth, rows: NDArray[np.int64], text: str, hint: str = "") -> None:
    """Refuse annotations without a mask."""
    absent = rows[gt.segmentations.format[rows] == Format.NONE]
    if len(absent):
        raise refusal(gt, text, rows=absent, code="no-mask", field="segmentation", hint=hint)
