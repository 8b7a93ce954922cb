"""Intersection and IoU of every pair of masks of one image."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import ShapeError
from segeval.kernels.promise import kernel
from segeval.masks.boolean import canonical
from segeval.masks.long_runs import is_piece
from segeval.masks.measure import area, boxes, check_one_size, check_totals
from segeval.masks.run_lengths import RunLengths, concatenate


def intersection_areas(masks: RunLengths, others: RunLengths) -> NDArray[np.int64]:
    """Common pixels of every pair of masks.

    Args:
        masks: N masks of one image, all (H, W).
        others: M masks of the same image.

    Returns:
        Pixels squared, int64, shape (N, M).

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.
        ShapeError: if sizes differ.

    Example:
        >>> from segeval.masks import encode
        >>> intersection_areas(encode([np.ones((3, 3))]), encode([np.eye(3), np.zeros((3, 3))]))
        array([[3, 0]])
    """
    _check_image(masks, others)
    return _overlaps(canonical(masks), canonical(others))[0]


def mask_iou(
    preds: RunLengths, gts: RunLengths, *, is_crowd: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Pairwise mask IoU of two sets of masks of one image.

    Args:
        preds: N masks of one image, all (H, W).
        gts: M masks of the same image.
        is_crowd: True for crowd regions, shape (M,), whose IoU is intersection / area of the
            prediction; None without any.

    Returns:
        IoU in [0, 1], float64, shape (N, M). A row or column of an empty mask is 0.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.
        ShapeError: if sizes differ, or is_crowd does not have M values.

    Source:
        Equal to pycocotools.mask.iou, bit for bit (maskApi.c, rleIou), including a fault: pixels
        after a run of length 0 at the same place in both masks are not counted. Pass the masks
        through `canonical` to avoid it. For different sizes pycocotools returns -1.

    Example:
        >>> from segeval.masks import encode
        >>> left, all_four = np.array([[1, 0], [1, 0]]), np.ones((2, 2))
        >>> mask_iou(encode([left]), encode([left, all_four, all_four]), is_crowd=[0, 0, 1])
        array([[1. , 0.5, 1. ]])
    """
    _check_image(preds, gts)
    crowd = np.zeros(len(gts), bool) if is_crowd is None else np.asarray(is_crowd, bool)
    if crowd.shape != (len(gts),):
        raise ShapeError(
            f"is_crowd has shape {crowd.shape}, expected ({len(gts)},): a value per ground truth.",
            code="crowd-shape",
        )
    common, whole = _overlaps(preds, gts)
    whole = np.where(crowd, area(preds)[:, None], whole)
    return np.divide(common, whole, out=np.zeros(common.shape), where=common > 0)


def _check_image(masks: RunLengths, others: RunLengths) -> None:
    """Refuse masks that are unsound or differ in size."""
    check_one_size(concatenate([masks, others]))
    check_totals(masks)
    check_totals(others)


def _overlaps(masks: RunLengths, others: RunLengths) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Intersections and unions, both int64 (N, M), 0 where boxes do not overlap."""
    common = np.zeros((len(masks), len(others)), np.int64)
    whole = np.zeros((len(masks), len(others)), np.int64)
    overlap(
        masks.counts,
        masks.offsets,
        boxes(masks),
        others.counts,
        others.offsets,
        boxes(others),
        common,
        whole,
    )
    return common, whole


@kernel
def overlap(
    a_counts: NDArray[np.uint32],
    a_offsets: NDArray[np.int64],
    a_boxes: NDArray[np.float64],
    b_counts: NDArray[np.uint32],
    b_offsets: NDArray[np.int64],
    b_boxes: NDArray[np.float64],
    common: NDArray[np.int64],
    whole: NDArray[np.int64],
) -> None:
    """Fill intersections and unions (N, M) of N and M masks whose xywh boxes overlap.

    Assumes `RunLengths` of one size and sound totals, proven by `_check_image`.
    """
    for i in range(a_boxes.shape[0]):
        a_counts_i = a_counts[a_offsets[i] : a_offsets[i + 1]]
        for j in range(b_boxes.shape[0]):
            if boxes_overlap(a_boxes[i], b_boxes[j]):
                common[i, j], whole[i, j] = overlap_of_pair(
                    a_counts_i, b_counts[b_offsets[j] : b_offsets[j + 1]]
                )


@kernel
def boxes_overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Whether two xywh boxes share an area."""
    return bool(
        min(a[0] + a[2], b[0] + b[2]) > max(a[0], b[0])
        and min(a[1] + a[3], b[1] + b[3]) > max(a[1], b[1])
    )


@kernel
def overlap_of_pair(
    a_counts: NDArray[np.uint32], b_counts: NDArray[np.uint32]
) -> tuple[np.int64, np.int64]:
    """Intersection and union of two masks.

    Assumes equal totals and a run in each: other totals would never end.
    """
    common = whole = np.int64(0)
    a_left, b_left = np.int64(a_counts[0]), np.int64(b_counts[0])
    a_colour = b_colour = 0
    a = b = 1  # the runs that come next
    while True:
        step = min(a_left, b_left)
        common += step * (a_colour & b_colour)
        whole += step * (a_colour | b_colour)
        a_left -= step
        b_left -= step
        if a_left == 0 and is_piece(a_counts, a, a_counts.size):
            a_left = np.int64(a_counts[a + 1])
            a += 2
        elif a_left == 0 and a < a_counts.size:
            a_left = np.int64(a_counts[a])
            a_colour = 1 - a_colour
            a += 1
        if b_left == 0 and is_piece(b_counts, b, b_counts.size):
            b_left = np.int64(b_counts[b + 1])
            b += 2
        elif b_left == 0 and b < b_counts.size:
            b_left = np.int64(b_counts[b])
            b_colour = 1 - b_colour
            b += 1
        # the end of both, or a run of length 0 in both, at which pycocotools stops too
        if a_left == 0 and b_left == 0:
            return common, whole
