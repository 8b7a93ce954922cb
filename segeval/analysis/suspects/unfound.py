"""Objects that no prediction overlaps, whatever its category and score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.masks import canonical, mask_iou
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.image_pairs import image_pairs
from segeval.metrics.coco.overlaps import BACKGROUND
from segeval.metrics.coco.pair_shapes import box_iou

ABOVE_BACKGROUND = float(np.nextafter(BACKGROUND, 1))
"""The lowest IoU at which a prediction is not on the background of an object."""


def by_masks(evaluation: Evaluation) -> Evaluation:
    """The same, with masks compared in place of their boundaries."""
    matches = evaluation.matches
    if matches.request.iou != "boundary":
        return evaluation
    return replace(
        evaluation, matches=replace(matches, request=replace(matches.request, iou="segm"))
    )


def unfound_objects(models: Sequence[Evaluation], workers: int | None) -> NDArray[np.intp]:
    """Places in `Matches.gt` of the objects that count and that no prediction overlaps, ascending.

    All predictions of the files are looked at: those of any category and score, beyond a cap, and
    those that are left out.

    Args:
        models: on the same ground truth.
        workers: threads, None for all cores.
    """
    left = models[0].matches.gt_counted[0].copy()
    for each in models:
        if len(each.matches) and left.any():
            pairs = image_pairs(
                by_masks(each), least=ABOVE_BACKGROUND, gts=left, across=True, workers=workers
            )
            left[pairs.gt] = False
    for each in models:
        for image_rows, objects in _not_judged(each, np.flatnonzero(left)):
            iou = _iou(each, image_rows, objects)
            left[objects] &= ~(iou > BACKGROUND).any(axis=0)
    return np.flatnonzero(left)


def _not_judged(
    evaluation: Evaluation, objects: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows of predictions that are in no match, and objects, of every image that has both."""
    matches, preds = evaluation.matches, evaluation.preds
    image_ids = evaluation.gt.image_id[matches.gt[objects]]
    rest = np.isin(preds.image_id, image_ids)
    rest[matches.prediction] = False
    rows = np.flatnonzero(rest)
    rows = rows[np.argsort(preds.image_id[rows], kind="stable")]
    ids, starts = np.unique(preds.image_id[rows], return_index=True)
    for image_id, some in zip(ids, np.split(rows, starts[1:]), strict=False):
        yield some, objects[image_ids == image_id]


def _iou(
    evaluation: Evaluation, rows: NDArray[np.intp], objects: NDArray[np.intp]
) -> NDArray[np.float64]:
    """IoU of predictions, by their row in the file, and objects of one image, shape (n, m)."""
    preds, gt = evaluation.preds, evaluation.gt
    truth, masks = evaluation.matches.gt[objects], evaluation.compared.masks
    where = evaluation.compared.where
    if masks is None or where.masks is None:
        own = np.repeat(np.arange(len(rows)), len(truth))
        theirs = np.tile(truth, len(rows))
        boxes = np.nan_to_num((preds.boxes if where.boxes is None else where.boxes)[rows])
        return box_iou(boxes[own], gt.boxes[theirs]).reshape(len(rows), len(truth))
    sizes = np.maximum(gt.images.sizes_of(preds.image_id[rows]), 0)
    drawn = preds.segmentations.take(rows).run_lengths(sizes, preds, rows=rows)
    known = canonical(masks.take(truth))
    fits = (drawn.sizes == known.sizes[0]).all(axis=1)
    iou = np.zeros((len(rows), len(truth)))
    iou[fits] = mask_iou(canonical(drawn.take(np.flatnonzero(fits))), known)
    return iou
