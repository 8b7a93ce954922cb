"""Both pictures of one image, checked against their files and each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.checks.panoptic_pictures import other_ids
from segeval.data.ids import rows_of
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.pictures import read_pictures, unlisted_ids
from segeval.data.panoptic.shared_pixels import SegmentMap, SharedPixels
from segeval.findings import raise_first
from segeval.frozen import frozen
from segeval.metrics.panoptic.matching import ImageSegments


@frozen(eq=False)
class ImagePair:
    """Prediction and ground truth of one image; segments are in the order of their ids.

    Attributes:
        preds, gt: the segments.
        preds_map, gt_map: the pictures.
        shared: pixels of every pair of their segments.
        gt_pixels: pixels of every ground-truth segment in its picture, int64, shape (M,).
        gt_rows: of these segments in the ground truth, int64, shape (M,).
        pred_rows: of the predicted segments in their file, int64, shape (N,).
        wrong_areas: ground-truth segments whose area is not their number of pixels.
        gt_in_one_only: ground-truth ids that only the picture or only the file has.
    """

    preds: ImageSegments
    gt: ImageSegments
    preds_map: SegmentMap
    gt_map: SegmentMap
    shared: SharedPixels
    gt_pixels: NDArray[np.int64]
    gt_rows: NDArray[np.int64]
    pred_rows: NDArray[np.int64]
    wrong_areas: int
    gt_in_one_only: int


def read_pair(
    preds: PanopticSegments, pred: int, gt: PanopticSegments, image: int, *, lenient: bool
) -> ImagePair:
    """Read both pictures of an image.

    Args:
        preds: the predictions.
        pred: place of the image among them.
        gt: the ground truth.
        image: place of the image in it.
        lenient: accept ids that only the picture or only the file of the ground truth has.

    Raises:
        MismatchError: if the sizes differ, or a picture and its file have different ids.
    """
    pair = read_pictures(preds, pred, gt, image)
    of_gt = pair.gt
    raise_first(other_ids(preds, pred, pair.preds))
    if not lenient:
        raise_first(other_ids(gt, image, of_gt))
    given = gt.area[of_gt.rows]
    missing = of_gt.pixels == 0
    area = np.where(np.isnan(given), of_gt.pixels, given)
    return ImagePair(
        preds=_segments(preds, pair.preds.rows, gt, pair.preds.pixels.astype(np.float64)),
        gt=_segments(gt, of_gt.rows, gt, area),
        preds_map=pair.preds.map,
        gt_map=of_gt.map,
        shared=pair.shared,
        gt_pixels=of_gt.pixels,
        gt_rows=of_gt.rows,
        pred_rows=pair.preds.rows,
        wrong_areas=int(((area != of_gt.pixels) & ~missing).sum()),
        gt_in_one_only=len(unlisted_ids(gt, image, of_gt)) + int(missing.sum()),
    )


def _segments(
    segments: PanopticSegments,
    rows: NDArray[np.int64],
    gt: PanopticSegments,
    area: NDArray[np.float64],
) -> ImageSegments:
    """The segments of one image, categories as places in the ground truth's list."""
    return ImageSegments(
        category=rows_of(segments.category_id[rows], gt.categories.id),
        area=area,
        is_crowd=segments.is_crowd[rows],
        order=np.argsort(rows),
    )
