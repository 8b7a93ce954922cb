"""Matching of the segments of one image.

With IoU above one half no segment can have two partners, so there is nothing to choose (Kirillov et
al. 2019, section 4.1).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.data.panoptic.shared_pixels import SharedPixels, shared_pixels
from segeval.frozen import frozen
from segeval.metrics.panoptic.boundary import Boundaries

THRESHOLD = 0.5
"""A pair matches if its IoU is larger; a prediction is ignored if a larger share of it is void."""


@frozen(eq=False)
class ImageSegments:
    """The S segments of one image that a file lists.

    Attributes:
        category: place among the K categories, int64, shape (S,).
        area: in pixels, as the file gives it for ground truth, float64, shape (S,).
        is_crowd: bool, shape (S,).
        order: indices of the segments in file order, int64, shape (S,).
    """

    category: NDArray[np.int64]
    area: NDArray[np.float64]
    is_crowd: NDArray[np.bool_]
    order: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.category)


@frozen(eq=False)
class ImageMatches:
    """What one image adds to the numbers; categories are places among the K.

    Attributes:
        category: category of every true positive, int64, shape (T,).
        iou: IoU of every true positive, float64, shape (T,).
        fp: category of every false positive, int64.
        fn: category of every false negative, int64.
    """

    category: NDArray[np.int64]
    iou: NDArray[np.float64]
    fp: NDArray[np.int64]
    fn: NDArray[np.int64]


@frozen(eq=False)
class Pairs:
    """Pairs of segments that share pixels, without crowd regions.

    Attributes:
        pred: index of the segment, int64, shape (Q,).
        gt: index of the segment, int64, shape (Q,).
        pixels: pixels that the masks share, int64, shape (Q,).
        union: pixels of the union of the masks, float64, shape (Q,).
        iou: IoU, float64, shape (Q,).
    """

    pred: NDArray[np.int64]
    gt: NDArray[np.int64]
    pixels: NDArray[np.int64]
    union: NDArray[np.float64]
    iou: NDArray[np.float64]


def mask_pairs(
    preds: ImageSegments, gt: ImageSegments, shared: SharedPixels, *, same_category: bool = True
) -> Pairs:
    """Pairs that could match, with their IoU: void below a prediction is not part of the union.

    Args:
        preds: N segments with their areas in the picture.
        gt: M segments.
        shared: pixels by place in the two maps.
        same_category: whether the segments of a pair are of one category, or of two.
    """
    listed = _listed(shared, len(preds), len(gt))
    pred, true, pixels = (column[listed] for column in (shared.pred, shared.gt, shared.pixels))
    pred, true = pred - 1, true - 1
    is_same = preds.category[pred] == gt.category[true]
    rival = (is_same == same_category) & ~gt.is_crowd[true]
    pred, true, pixels = pred[rival], true[rival], pixels[rival]
    void = shared.of_void(len(preds) + 3)[1:]
    union = preds.area[pred] + gt.area[true] - pixels - void[pred]
    return Pairs(pred, true, pixels, union, _divided(pixels, union))


def fitting_categories(
    preds: ImageSegments, gt: ImageSegments, shared: SharedPixels
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Categories of predictions and of the segments that they fit, whatever their category.

    Args:
        preds: N segments with their areas in the picture.
        gt: M segments; crowd regions are left out.
        shared: pixels by place in the two maps.

    Returns:
        Places among the K categories of both, int64, shape (P,) each.
    """
    listed = _listed(shared, len(preds), len(gt))
    pred, true = shared.pred[listed] - 1, shared.gt[listed] - 1
    pixels = shared.pixels[listed]
    whole = preds.area[pred] + gt.area[true] - pixels
    fits = (pixels > THRESHOLD * whole) & ~gt.is_crowd[true]
    return preds.category[pred[fits]], gt.category[true[fits]]


def boundary_pairs(pairs: Pairs, preds: Boundaries, gt: Boundaries) -> Pairs:
    """The same pairs with the smaller of mask IoU and boundary IoU."""
    shared = shared_pixels(preds.map, gt.map)
    width = len(preds.map.ids) + 3
    keys = shared.gt * width + shared.pred  # rising
    wanted = (pairs.gt + 1) * width + pairs.pred + 1
    place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    pixels = np.where(keys[place] == wanted, shared.pixels[place], 0)
    void = shared.of_void(width)[pairs.pred + 1]
    gt_pixels = _boundary_pixels(gt, shared.gt, shared)[pairs.gt + 1]
    pred_pixels = _boundary_pixels(preds, shared.pred, shared)[pairs.pred + 1]
    union = pred_pixels + gt_pixels - pixels - void
    return replace(pairs, iou=np.minimum(pairs.iou, _divided(pixels, union)))


def ignored(
    preds: ImageSegments, gt: ImageSegments, shared: SharedPixels, *, last_crowd_only: bool
) -> NDArray[np.bool_]:
    """Predictions that do not count as false if unmatched, bool, shape (N,).

    More than half of their pixels lie in void or crowd regions of their category.

    Args:
        preds: N segments.
        gt: M segments.
        shared: pixels by place in the two maps.
        last_crowd_only: use only the file's last crowd region of a category.
    """
    excused = shared.of_void(len(preds) + 3)[1 : len(preds) + 1]
    counts = gt.is_crowd.copy()
    if last_crowd_only:
        crowds = gt.order[gt.is_crowd[gt.order]]
        last = {int(gt.category[crowd]): int(crowd) for crowd in crowds}
        counts[:] = False
        counts[list(last.values())] = True
    listed = _listed(shared, len(preds), len(gt))
    pred, true = shared.pred[listed] - 1, shared.gt[listed] - 1
    inside = counts[true] & (gt.category[true] == preds.category[pred])
    np.add.at(excused, pred[inside], shared.pixels[listed][inside])
    return np.asarray(_divided(excused, preds.area) > THRESHOLD)


def matched(
    preds: ImageSegments, gt: ImageSegments, pairs: Pairs, is_ignored: NDArray[np.bool_]
) -> ImageMatches:
    """True and false positives and false negatives of one image."""
    above = pairs.iou > THRESHOLD
    found = np.zeros(len(gt), np.bool_)
    found[pairs.gt[above]] = True
    true = np.zeros(len(preds), np.bool_)
    true[pairs.pred[above]] = True
    return ImageMatches(
        category=gt.category[pairs.gt[above]],
        iou=pairs.iou[above],
        fp=preds.category[~true & ~is_ignored],
        fn=gt.category[~found & ~gt.is_crowd],
    )


def _boundary_pixels(
    boundaries: Boundaries, places: NDArray[np.int64], shared: SharedPixels
) -> NDArray[np.int64]:
    """Pixels of the boundary by place in one of the maps, int64."""
    pixels = shared.totals(places, boundaries.map.inside + 1)
    if boundaries.collided:
        pixels[boundaries.collided] = boundaries.collided_pixels
    return pixels


def _listed(shared: SharedPixels, preds: int, gts: int) -> NDArray[np.bool_]:
    """Which pairs of places are two listed segments."""
    return (shared.gt > 0) & (shared.gt <= gts) & (shared.pred > 0) & (shared.pred <= preds)


def _divided(
    pixels: NDArray[np.int64], whole: NDArray[np.int64] | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Shares; infinite where the whole is 0, as with collided boundaries."""
    shares = np.full(len(pixels), np.inf)
    np.divide(pixels, whole, out=shares, where=np.asarray(whole) != 0)
    return shares
