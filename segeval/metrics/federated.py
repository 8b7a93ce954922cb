"""LVIS's rules on which predictions are judged, and where.

An image of LVIS is annotated for some categories only: those with an annotation in it (positive),
those verified to be absent (negative), and among them those of which not every object is
annotated (not exhaustive). A prediction of any other category is not judged there.

Source: lvis 0.5.3, results.py and eval.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data import IdLists
from segeval.data.ids import index_of
from segeval.metrics.selection import Selection


def rank_among(group: NDArray[np.int64], score: NDArray[np.float64]) -> NDArray[np.int32]:
    """Place of every prediction by score among those of its group, int32, shape (N,).

    Args:
        group: id of the image or of the category of each prediction, int64, shape (N,).
        score: float64, shape (N,); ties stand in file order.
    """
    order = np.argsort(-score, kind="stable")
    order = order[np.argsort(group[order], kind="stable")]
    sorted_ids = group[order]
    starts = np.flatnonzero(np.concatenate([[True], sorted_ids[1:] != sorted_ids[:-1]]))
    counts = np.diff(np.append(starts, len(order)))
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order)) - np.repeat(starts, counts)
    return rank


def judged(
    selection: Selection, negative: IdLists, not_exhaustive: IdLists
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which predictions are judged, and which of them may not be counted as false.

    Args:
        selection: the records that take part, those without area left out.
        negative: of `Images`, in its rows.
        not_exhaustive: likewise.

    Returns:
        Two columns, bool, shape (N,): the category is positive or negative in the image; the
        category is not exhaustively annotated in the image.
    """
    categories = len(selection.category_ids)
    positive = selection.gt_image * np.int64(categories) + selection.gt_category
    keys = selection.pred_image * np.int64(categories) + selection.pred_category
    verified = np.concatenate([positive, _keys(selection, negative)])
    return _member(keys, verified, selection), _member(
        keys, _keys(selection, not_exhaustive), selection
    )


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
