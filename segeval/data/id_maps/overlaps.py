"""Which objects of two id maps of one image share pixels, and how much."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.id_maps.objects import MapObjects
from segeval.data.panoptic.shared_pixels import segment_map, shared_pixels
from segeval.frozen import frozen


@frozen(eq=False)
class MapOverlaps:
    """The Q pairs of a prediction and a ground truth of one image that share a pixel.

    Attributes:
        preds: number of predictions, N.
        gt: number of ground truths, M.
        pred: place of the prediction by ascending id, from 0, int64, shape (Q,).
        true: place of the ground truth, likewise.
        iou: of the pair, in (0, 1], float64, shape (Q,).
    """

    preds: int
    gt: int
    pred: NDArray[np.int64]
    true: NDArray[np.int64]
    iou: NDArray[np.float64]


def overlaps(
    pred_ids: NDArray[np.integer[Any]],
    preds: MapObjects,
    gt_ids: NDArray[np.integer[Any]],
    gt: MapObjects,
) -> MapOverlaps:
    """The pairs of objects of two id maps that share pixels, by ground truth, then by prediction.

    Args:
        pred_ids: the predicted ids, shape (H, W).
        preds: their N objects.
        gt_ids: the true ids, shape (H, W).
        gt: their M objects.

    Raises:
        ShapeError: if the maps differ in size.

    Example:
        >>> from segeval.data.id_maps.objects import objects_of
        >>> pred, gt = np.array([[5, 5, 0]]), np.array([[0, 9, 9]])
        >>> overlaps(pred, objects_of(pred), gt, objects_of(gt)).iou.tolist()
        [0.3333333333333333]
    """
    shared = shared_pixels(
        segment_map(pred_ids.astype(np.int32), preds.id),
        segment_map(gt_ids.astype(np.int32), gt.id),
    )
    both = (shared.pred > 0) & (shared.gt > 0)
    pred, true, pixels = shared.pred[both] - 1, shared.gt[both] - 1, shared.pixels[both]
    union = preds.area[pred] + gt.area[true] - pixels
    return MapOverlaps(len(preds), len(gt), pred, true, pixels / union)
