"""The stages in which predictions of one image and class meet its ground truth.

1. Masks of single objects: each prediction considers only the ground truth of highest IoU, and
   takes it if it is free and the IoU is at least 0.5. There is no second choice.
2. Masks of groups: a prediction without an object, half of whose area is in the group, is absorbed.
3. and 4. The same with boxes, for ground truth that has no mask.

Source: tensorflow/models object_detection (2019-10), per_image_evaluation.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.masks.overlap import boxes_overlap, overlap_of_pair

# Kinds of ground truth, in the order of the stages.
MASK = 0
MASK_GROUP = 1
BOX = 2
BOX_GROUP = 3

GROUPS = (MASK_GROUP, BOX_GROUP)

# What becomes of a prediction.
FALSE = 0
TRUE = 1
DROPPED = 2

LEAST = 0.5
"""Least IoU, or share of a prediction in a group, for a match."""


@kernel
def fill_overlaps(
    pred_spans: NDArray[np.int64],
    pred_masks: NDArray[np.int64],
    pred_counts: NDArray[np.uint32],
    pred_offsets: NDArray[np.int64],
    pred_areas: NDArray[np.int64],
    pred_boxes: NDArray[np.float64],
    pred_sides: NDArray[np.float64],
    gt_spans: NDArray[np.int64],
    gt_kinds: NDArray[np.int8],
    gt_masks: NDArray[np.int64],
    gt_counts: NDArray[np.uint32],
    gt_offsets: NDArray[np.int64],
    gt_areas: NDArray[np.int64],
    gt_boxes: NDArray[np.float64],
    gt_sides: NDArray[np.float64],
    overlaps: NDArray[np.float64],
) -> None:
    """Fill overlaps with the (D, G) matrices of C cells, end to end.

    pred_spans, gt_spans (C, 2) cut pred_masks (D,) and gt_masks (G,), which are rows of masks: runs
    (counts, offsets), areas, xywh boxes in pixels. sides (D, 4), (G, 4) are xyxy boxes as fractions
    of the image. Masks use float32 and boxes float64, as in the official tool. An overlap of masks
    that cannot reach 0.5 stays 0: no prediction can match by it.

    Assumes masks of one size in each image, proven by `check_sizes`, and rows numbered by `_block`.
    """
    at = 0
    for cell in range(pred_spans.shape[0]):
        for i in range(pred_spans[cell, 0], pred_spans[cell, 1]):
            p = pred_masks[i]
            for j in range(gt_spans[cell, 0], gt_spans[cell, 1]):
                if gt_kinds[j] >= BOX:
                    overlaps[at] = box_overlap(pred_sides[i], gt_sides[j], gt_kinds[j] == BOX)
                else:
                    g = gt_masks[j]
                    single = gt_kinds[j] == MASK
                    most = max(pred_areas[p], gt_areas[g]) if single else pred_areas[p]
                    if can_reach(pred_boxes[p], gt_boxes[g], most):
                        common, _ = overlap_of_pair(
                            pred_counts[pred_offsets[p] : pred_offsets[p + 1]],
                            gt_counts[gt_offsets[g] : gt_offsets[g + 1]],
                        )
                        own, other = int(pred_areas[p]), int(gt_areas[g])
                        overlaps[at] = mask_overlap(int(common), own, other, single)
                at += 1


@kernel
def can_reach(a: NDArray[np.float64], b: NDArray[np.float64], area: int) -> bool:
    """Whether two xywh boxes share half of an area, with room for the rounding of float32."""
    if not boxes_overlap(a, b):
        return False
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return bool(width * height * 2.001 >= area)


@kernel
def mask_overlap(common: int, pred: int, gt: int, single: bool) -> float:  # noqa: FBT001
    """IoU of two masks of known areas, or common area / area of the prediction, in float32."""
    shared = np.float32(common)
    if single:
        union = np.float32(np.float32(np.float32(pred) + np.float32(gt)) - shared)
        return float(np.float32(shared / max(union, np.float32(1e-7))))
    return float(np.float32(shared / np.float32(np.float32(pred) + np.float32(1e-7))))


@kernel
def box_overlap(pred: NDArray[np.float64], gt: NDArray[np.float64], single: bool) -> float:  # noqa: FBT001
    """IoU of two xyxy boxes, or common area / area of the prediction."""
    width = max(0.0, min(pred[2], gt[2]) - max(pred[0], gt[0]))
    height = max(0.0, min(pred[3], gt[3]) - max(pred[1], gt[1]))
    common = height * width
    own = (pred[3] - pred[1]) * (pred[2] - pred[0])
    if not single:
        return float(common / own)
    return float(common / (own + (gt[3] - gt[1]) * (gt[2] - gt[0]) - common))


@kernel
def match_stages(
    pred_spans: NDArray[np.int64],
    scores: NDArray[np.float64],
    gt_spans: NDArray[np.int64],
    gt_kinds: NDArray[np.int8],
    overlaps: NDArray[np.float64],
    boxes_count: bool,  # noqa: FBT001
    free: NDArray[np.bool_],
    outcomes: NDArray[np.int8],
    absorbed: NDArray[np.float64],
) -> None:
    """Match C cells whose predictions are sorted by falling score.

    A cell may be matched in parts, the predictions of highest score first: stages share nothing but
    outcomes.

    pred_spans, gt_spans (C, 2) cut scores (D,) and gt_kinds (G,); overlaps are the (D, G) matrices
    end to end. boxes_count: matches with boxes count like those with masks; otherwise they drop the
    prediction. Sets outcomes (D,), absorbed (G,): the best score that a group has absorbed, and
    free (G,): which objects nobody has taken, all beforehand.

    Assumes spans of `_block`, and one overlap for each pair.
    """
    at = 0
    for cell in range(pred_spans.shape[0]):
        first_gt, last_gt = gt_spans[cell]
        number = last_gt - first_gt
        for kind in range(4):
            place = at
            for i in range(pred_spans[cell, 0], pred_spans[cell, 1]):
                best = -1
                for j in range(number):
                    if gt_kinds[first_gt + j] == kind and (
                        best < 0 or overlaps[place + j] > overlaps[place + best]
                    ):
                        best = j
                if best >= 0 and outcomes[i] == FALSE and overlaps[place + best] >= LEAST:
                    if kind in GROUPS:
                        outcomes[i] = DROPPED
                        absorbed[first_gt + best] = max(absorbed[first_gt + best], scores[i])
                    elif free[first_gt + best]:
                        free[first_gt + best] = False
                        outcomes[i] = TRUE if kind == MASK or boxes_count else DROPPED
                place += number
        at += number * (pred_spans[cell, 1] - pred_spans[cell, 0])
