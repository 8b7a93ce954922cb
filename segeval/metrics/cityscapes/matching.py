"""Cityscapes' matching of instances: driven by ground truth, image by image.

It differs from COCO's greedy matching. Of the predictions whose IoU with a ground truth exceeds the
threshold, the most confident is its true positive, the others are false. As objects share no pixel,
a prediction has an IoU above one half with at most one object.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.cityscapes.instances import InstanceFrame
from segeval.data.cityscapes.labels import INSTANCES
from segeval.frozen import frozen
from segeval.masks import RunLengths, area, intersection_areas
from segeval.masks.boundaries import boundary
from segeval.metrics.boundary_settings import NO_BOUNDARIES, BoundarySettings

THRESHOLDS = (
    0.5,
    0.55,
    0.6000000000000001,
    0.6500000000000001,
    0.7000000000000002,
    0.7500000000000002,
    0.8000000000000003,
    0.8500000000000003,
    0.9000000000000004,
    0.9500000000000004,
)
"""numpy.arange(0.5, 1.0, 0.05), to the last bit, as cityscapesScripts has them."""

LEAST_PIXELS = 100
"""Smaller objects are ignored."""


@frozen(eq=False)
class FrameMatches:
    """Outcomes of the predictions of one image, or of several.

    Attributes:
        category: index of the class in `INSTANCES`, int64, shape (N,).
        score: float64, shape (N,).
        matched_bits: bit t is set if it is a true positive at threshold t, uint16, shape (N,).
        ignored_bits: bit t is set if it counts neither as true nor as false, uint16, shape (N,).
        gt: number of objects that count, per class, int64, shape (K,).
        empty: number of predictions left out because they have no pixel.
    """

    category: NDArray[np.int64]
    score: NDArray[np.float64]
    matched_bits: NDArray[np.uint16]
    ignored_bits: NDArray[np.uint16]
    gt: NDArray[np.int64]
    empty: int = 0


@frozen(eq=False)
class Overlaps:
    """Overlaps of the predictions and ground truths of one class in one image.

    Attributes:
        iou: in [0, 1], float64, shape (N, G).
        common: common pixels of the masks, int64, shape (N, G); 0 for boundaries that are apart.
    """

    iou: NDArray[np.float64]
    common: NDArray[np.int64]


def match_frame(
    frame: InstanceFrame, ious: tuple[str, ...], width: BoundarySettings = NO_BOUNDARIES
) -> tuple[FrameMatches, ...]:
    """Match one image, for every kind of IoU.

    Args:
        frame: an image with its N predictions and G ground truths.
        ious: "segm" or "boundary", or both.
        width: width of boundaries.

    Returns:
        One entry per kind.

    Source:
        cityscapesScripts 2.3.0, evalInstanceLevelSemanticLabeling.py; for boundaries
        boundary-iou-api 37d2558, cityscapes_instance_api.
    """
    pixels = area(frame.preds)
    kept = np.flatnonzero(pixels)
    label, score = frame.label[kept], frame.score[kept]
    is_counted = ~frame.is_group & (area(frame.gt) >= LEAST_PIXELS)
    bits = np.zeros((len(ious), 2, len(kept)), np.uint16)
    for each in np.unique(label):  # pairs of one class at a time, to save memory
        rows = np.flatnonzero(label == each)
        bits[:, :, rows] = _of_class(frame, kept[rows], int(each), ious, width)
    labels = np.array([each.id for each in INSTANCES])
    return tuple(
        FrameMatches(
            category=np.searchsorted(labels, label),
            score=score,
            matched_bits=matched_bits,
            ignored_bits=ignored_bits,
            gt=np.bincount(
                np.searchsorted(labels, frame.gt_label[is_counted]), minlength=len(labels)
            ),
            empty=len(frame.preds) - len(kept),
        )
        for matched_bits, ignored_bits in bits
    )


def _of_class(
    frame: InstanceFrame,
    rows: NDArray[np.intp],
    label: int,
    ious: tuple[str, ...],
    width: BoundarySettings,
) -> NDArray[np.uint16]:
    """Bits of matched and ignored of the predictions (N,) of one class, by kind (K, 2, N)."""
    columns = np.flatnonzero(frame.gt_label == label)
    preds, gt = frame.preds.take(rows), frame.gt.take(columns)
    pixels, is_small = area(preds), area(gt) < LEAST_PIXELS
    is_group = frame.is_group[columns]
    is_counted = ~is_group & ~is_small
    masks = mask_overlaps(preds, gt)
    void = intersection_areas(preds, frame.void)[:, 0]
    # a small group is ignored once as a group and once as small
    weight = is_group.astype(np.int64) + is_small
    bits = []
    for kind in ious:
        overlaps = masks
        if kind == "boundary":
            px = width.pixels(frame.size)
            overlaps = boundary_overlaps(preds, gt, masks, is_counted, px)
        ignored_share = (void + (overlaps.common * weight).sum(axis=1)) / pixels
        found = match(overlaps.iou, frame.score[rows], is_counted, ignored_share)
        bits.append([_bits(flags) for flags in found])
    return np.array(bits, np.uint16)


def mask_overlaps(preds: RunLengths, gt: RunLengths) -> Overlaps:
    """IoU and common pixels of masks.

    Args:
        preds: N masks, none of them empty.
        gt: G masks of the same class, none of them empty.
    """
    common = intersection_areas(preds, gt)
    return Overlaps(_iou(common, area(preds), area(gt)), common)


def boundary_overlaps(
    preds: RunLengths,
    gt: RunLengths,
    masks: Overlaps,
    is_counted: NDArray[np.bool_],
    px: int,
) -> Overlaps:
    """IoU as the smaller of mask IoU and boundary IoU.

    Boundaries are compared only for pairs that can matter: those whose mask IoU exceeds the lowest
    threshold, and those whose common pixels may be ignored.

    Args:
        preds: N masks.
        gt: G masks.
        masks: their IoU and common pixels.
        is_counted: whether each ground truth counts, bool, shape (G,).
        px: width of the boundary in pixels.

    Returns:
        Both 0 where the boundaries are apart.
    """
    matters = (masks.common > 0) & ((masks.iou > THRESHOLDS[0]) | ~is_counted)
    rows, columns = np.flatnonzero(matters.any(axis=1)), np.flatnonzero(matters.any(axis=0))
    pred_bands = boundary(preds.take(rows), px=px, workers=1)
    gt_bands = boundary(gt.take(columns), px=px, workers=1)
    shared = intersection_areas(pred_bands, gt_bands)
    bands = np.zeros(masks.iou.shape)
    bands[np.ix_(rows, columns)] = _iou(shared, area(pred_bands), area(gt_bands))
    return Overlaps(np.minimum(masks.iou, bands), np.where(matters & (bands > 0), masks.common, 0))


def match(
    iou: NDArray[np.float64],
    score: NDArray[np.float64],
    is_counted: NDArray[np.bool_],
    ignored_share: NDArray[np.float64],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which predictions are true positives, and which count neither way, at every threshold.

    Args:
        iou: IoU of pairs of the same class, float64, shape (N, G).
        score: float64, shape (N,).
        is_counted: whether a ground truth is an object that is large enough, bool, shape (G,).
        ignored_share: share of a prediction's pixels on void, groups and small objects, float64,
            shape (N,); a small group can make it exceed 1.

    Returns:
        Two arrays, bool, shape (T, N).
    """
    thresholds = np.array(THRESHOLDS)
    above = iou[None] > thresholds[:, None, None]  # (T, N, G), strictly
    to_object = (above & is_counted).any(axis=2)
    best_first = np.argsort(-score, kind="stable")
    matched = np.zeros(to_object.shape, np.bool_)
    # the most confident one above the threshold, for every ground truth that counts
    candidates = above[:, best_first][:, :, is_counted]
    if candidates.size:
        winner = best_first[candidates.argmax(axis=1)]  # (T, counted)
        at, column = np.nonzero(candidates.any(axis=1))
        matched[at, winner[at, column]] = True
    on_ignored = ~above.any(axis=2) & (ignored_share[None] > thresholds[:, None])
    ignored = (above.any(axis=2) & ~to_object) | on_ignored
    return matched, ignored


def _iou(
    common: NDArray[np.int64], pixels: NDArray[np.int64], gt_pixels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Intersection over union of N and G masks, 0 without intersection."""
    whole = pixels[:, None] + gt_pixels[None, :] - common
    iou = np.zeros(common.shape)
    np.divide(common, whole, out=iou, where=common > 0)
    return iou


def _bits(flags: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Flags (T, N) as one integer per prediction."""
    places = np.left_shift(np.uint16(1), np.arange(len(flags), dtype=np.uint16))
    bits: NDArray[np.uint16] = (flags * places[:, None]).sum(axis=0, dtype=np.uint16)
    return bits
