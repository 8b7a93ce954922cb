"""The suspects of one model: what it is sure of, and the ground truth has nothing there."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.outcomes import outcomes_at
from segeval.analysis.pairs import overlapping_pairs
from segeval.analysis.suspects.regions import Regions
from segeval.analysis.suspects.unfound import by_masks
from segeval.analysis.thresholds.curve import counts_of
from segeval.analysis.thresholds.scores import Point
from segeval.analysis.thresholds.summary import best_point
from segeval.frozen import frozen
from segeval.masks import canonical, mask_iou
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.curves import half_or_first
from segeval.metrics.coco.filling import ALMOST_ONE
from segeval.metrics.coco.image_pairs import TINY, image_pairs
from segeval.metrics.coco.overlaps import BACKGROUND
from segeval.metrics.coco.pair_shapes import box_iou

INSIDE = 0.5
"""Share of a prediction in objects of its category from which it is a part of these."""


@frozen(eq=False)
class ModelSuspects:
    """What one model is sure of against the ground truth.

    Attributes:
        evaluation: of the model.
        point: from which score on it is sure, and how often it is right then.
        rows: in `Matches` of what may be missing, one for each object, by falling score, int64,
            shape (n,).
        regions: where these are.
        other: what it is sure of and the objects of another category that this reaches, ascending:
            the row in `Matches`, the place in `Matches.gt` and their IoU.
        reached: whether it is sure of a prediction of the object's own category, bool, shape (G,).
    """

    evaluation: Evaluation
    point: Point
    rows: NDArray[np.intp]
    regions: Regions
    other: tuple[tuple[int, int, float], ...]
    reached: NDArray[np.bool_]

    @cached_property
    def category(self) -> NDArray[np.int32]:
        """Index of the category of each row, int32, shape (n,)."""
        return self.evaluation.matches.category[self.rows]


def best_point_of(evaluation: Evaluation, workers: int | None = None) -> Point:
    """The point of the best F1 at IoU 0.50, or the lowest threshold, of all categories together.

    Args:
        evaluation: of a model.
        workers: threads, None for all cores.
    """
    threshold = half_or_first(evaluation.matches.thresholds)
    pairs = overlapping_pairs(evaluation, least=min(threshold, ALMOST_ONE), workers=workers)
    return best_point(counts_of(outcomes_at(evaluation.matches, pairs, threshold)), 1.0)


def model_suspects(
    evaluation: Evaluation, point: Point, workers: int | None = None
) -> ModelSuspects:
    """What one model is sure of against the ground truth.

    Args:
        evaluation: of the model.
        point: from which score on it is sure; no score is none.
        workers: threads, None for all cores.
    """
    whole = evaluation.matches
    threshold = half_or_first(whole.thresholds)
    sure = whole.within_cap & ~whole.ignored(threshold)
    sure &= whole.score >= (np.inf if point.score is None else point.score)
    known = np.flatnonzero(sure)
    matches = whole.take(sure)
    some = by_masks(replace(evaluation, matches=matches))  # they decide what a prediction lies on
    matches = some.matches
    pairs = overlapping_pairs(some, across=True, least=BACKGROUND, workers=workers)
    found = whole.matched(threshold)[known]
    good = pairs.take((pairs.iou >= min(threshold, ALMOST_ONE)) & ~pairs.is_crowd[pairs.gt])
    is_own = matches.category[good.row] == matches.gt_category[good.gt]
    reached = np.zeros(len(matches.gt), np.bool_)
    reached[good.gt[is_own]] = True
    other = good.take(~is_own & ~found[good.row] & matches.gt_counted[0][good.gt])
    free = ~found
    free[pairs.row[pairs.iou > BACKGROUND]] = False
    free &= _share_inside(some, free, workers) < INSIDE
    rows = np.flatnonzero(free)
    rows = rows[~_touch_others(some, rows)]
    rows = rows[np.argsort(-matches.score[rows], kind="stable")]
    regions = Regions.of(some, rows)
    kept = regions.without_copies()
    return ModelSuspects(
        evaluation=evaluation,
        point=point,
        rows=known[rows[kept]],
        regions=regions.take(kept),
        other=tuple(
            zip(known[other.row].tolist(), other.gt.tolist(), other.iou.tolist(), strict=True)
        ),
        reached=reached,
    )


def _share_inside(
    evaluation: Evaluation, wanted: NDArray[np.bool_], workers: int | None
) -> NDArray[np.float64]:
    """How much of each wanted prediction lies in objects of its category, in all, shape (N,)."""
    matches = evaluation.matches
    some = replace(evaluation, matches=matches.take(wanted))
    every = np.ones(len(matches.gt), np.bool_)
    near = image_pairs(some, least=TINY, gts=every, crowd=True, across=False, workers=workers)
    row = np.repeat(np.arange(len(some.matches)), np.diff(near.offsets))
    share = np.zeros(len(matches))
    share[wanted] = np.bincount(row, near.iou, minlength=len(some.matches))
    return share


def _touch_others(evaluation: Evaluation, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether each row lies on an object that is not evaluated, of categories left out, (n,)."""
    matches, gt = evaluation.matches, evaluation.gt
    images = matches.image_ids[matches.image[rows]]
    left = np.isin(gt.image_id, images)
    left[matches.gt] = False
    touched = np.zeros(len(rows), np.bool_)
    others = np.flatnonzero(left)
    if not len(others):
        return touched
    order = others[np.argsort(gt.image_id[others], kind="stable")]
    regions = Regions.of(evaluation, rows)
    sorted_ids = gt.image_id[order]
    for image in np.unique(images):
        own = np.flatnonzero(images == image)
        theirs = order[slice(*np.searchsorted(sorted_ids, [image, image + 1]))]
        if len(theirs):
            iou = _iou_with(evaluation, regions.take(own), theirs)
            touched[own] = (iou > BACKGROUND).any(axis=1)
    return touched


def _iou_with(
    evaluation: Evaluation, regions: Regions, gts: NDArray[np.intp]
) -> NDArray[np.float64]:
    """IoU of regions of one image with some of its objects, float64, shape (n, m)."""
    gt = evaluation.gt
    if regions.masks is not None:
        masks = gt.segmentations.take(gts).run_lengths(gt.mask_sizes[gts], gt, rows=gts)
        return mask_iou(regions.masks, canonical(masks), is_crowd=gt.is_crowd[gts])
    own = np.repeat(np.arange(len(regions.boxes)), len(gts))
    theirs = np.tile(gts, len(regions.boxes))
    return box_iou(regions.boxes[own], gt.boxes[theirs]).reshape(len(regions.boxes), len(gts))
