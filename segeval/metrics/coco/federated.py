"""LVIS's rules on which predictions are judged, and where.

An image of LVIS is annotated for some categories only: those with an annotation in it (positive)
and those verified to be absent (negative). Some lack annotations of some of their objects there
(not exhaustive). A prediction of any other category is not judged.

Source: lvis 0.5.3, results.py and eval.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.checks.ground_truth import lvis_gaps
from segeval.checks.records import Records
from segeval.data import GroundTruth, IdLists
from segeval.data.ids import index_of
from segeval.errors import Note
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.selection import Selection, has_area
from segeval.tallies import tallied


def with_area(selection: Selection, gt_area: NDArray[np.float64]) -> Selection:
    """The selection without annotations that have no area.

    Args:
        selection: the records that take part.
        gt_area: area of every annotation in pixels squared, float64, shape (M,).
    """
    counts = has_area(gt_area[selection.gt])
    return replace(
        selection,
        gt=selection.gt[counts],
        gt_image=selection.gt_image[counts],
        gt_category=selection.gt_category[counts],
    )


def judged(
    selection: Selection,
    gt: GroundTruth,
    request: Request,
    pred_area: NDArray[np.float64],
    within_cap: NDArray[np.bool_],
) -> tuple[Selection, NDArray[np.bool_], list[Note]]:
    """The predictions that are judged, and which of them may not be counted as false.

    Args:
        selection: the records that take part, annotations without area left out.
        gt: the ground truth, with the lists of its images.
        request: how the records are judged.
        pred_area: area of every prediction in pixels squared, float64, shape (N,).
        within_cap: the predictions that a note counts, bool, shape (N,).

    Returns:
        The selection with only the predictions that have an area and a category that is positive or
        negative in their image; whether the category of each is not exhaustively annotated there,
        bool, shape (N,); notes on how many are not judged.

    Raises:
        FormatError: if images lack these lists.
    """
    selection = selection.with_preds(has_area(pred_area[selection.preds]))
    tolerated = np.zeros(len(pred_area), np.bool_)
    if gt.images.negative is None or gt.images.not_exhaustive is None:
        if not request.rules.needs_lists:
            return selection, tolerated, []
        raise next(lvis_gaps(Records(gt, gt), request.protocol.name)).refusal()
    categories = np.int64(len(selection.category_ids))
    positive = selection.gt_image * categories + selection.gt_category
    keys = selection.pred_image * categories + selection.pred_category
    verified = np.concatenate([positive, _keys(selection, gt.images.negative)])
    tolerant = _member(keys, _keys(selection, gt.images.not_exhaustive), selection)
    tolerated[selection.preds] = tolerant
    is_verified = _member(keys, verified, selection)
    unverified = ~is_verified & within_cap[selection.preds]
    images = selection.image_ids[selection.pred_image[unverified]]
    notes = not_verified(int(unverified.sum()), images)
    return selection.with_preds(is_verified), tolerated, notes


def not_verified(count: int, images: NDArray[np.int64] | None = None) -> list[Note]:
    """A note on predictions whose category nobody looked for in their image.

    Args:
        count: number of these predictions.
        images: ids of their images; None if not known.
    """
    if not count:
        return []
    text = (
        "{n:prediction is|predictions are} of a category that is neither annotated nor verified to "
        "be absent in the image: not judged"
    )
    return [tallied("not-verified", text, images=images, n=count)]


def _keys(selection: Selection, lists: IdLists) -> NDArray[np.int64]:
    """One key per pair of image and category in the lists of the images that take part."""
    counts = np.diff(lists.offsets)
    image_of_row = np.full(len(counts), -1, np.int64)
    image_of_row[selection.image_rows] = np.arange(len(selection.image_rows))
    image = np.repeat(image_of_row, counts)
    category = index_of(lists.ids, selection.category_ids)
    keep = (image >= 0) & (category >= 0)
    keys: NDArray[np.int64] = image[keep] * len(selection.category_ids) + category[keep]
    return keys


def _member(
    keys: NDArray[np.int64], known: NDArray[np.int64], selection: Selection
) -> NDArray[np.bool_]:
    """Whether each key is among the known ones."""
    pairs = len(selection.image_ids) * len(selection.category_ids)
    if pairs <= 1 << 26:
        table = np.zeros(pairs, np.bool_)
        table[known] = True
        return table[keys]
    return np.isin(keys, known)
