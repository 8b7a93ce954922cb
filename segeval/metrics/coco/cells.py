"""Cells: the predictions and ground truths of one category in one image, in the order of the rules.

Stable counting sorts over small integers keep the cost linear.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import by_falling, edges_of
from segeval.frozen import frozen
from segeval.kernels.promise import kernel


@frozen(eq=False)
class Cells:
    """C cells that have both predictions and ground truth, by category, then image.

    Attributes:
        preds: rows of predictions by cell, in a cell by descending score, int64, shape (N,).
        gts: rows of ground truths by cell, in a cell in file order, int64, shape (G,).
        pred_spans: cell c has `preds[pred_spans[c, 0]:pred_spans[c, 1]]`, int64, shape (C, 2).
        gt_spans: cell c has `gts[gt_spans[c, 0]:gt_spans[c, 1]]`, int64, shape (C, 2).
        rank: place of each prediction row in its cell by score, int32, shape (N,).
        by_category: rows of predictions by category, in a category by descending score, ties by
            image and file order, int64, shape (N,).
        category_offsets: category k has `by_category[category_offsets[k]:category_offsets[k + 1]]`,
            int64, shape (K + 1,).
    """

    preds: NDArray[np.int64]
    gts: NDArray[np.int64]
    pred_spans: NDArray[np.int64]
    gt_spans: NDArray[np.int64]
    rank: NDArray[np.int32]
    by_category: NDArray[np.int64]
    category_offsets: NDArray[np.int64]


def make_cells(
    *,
    pred_image: NDArray[np.int32],
    pred_category: NDArray[np.int32],
    score: NDArray[np.float64],
    gt_image: NDArray[np.int32],
    gt_category: NDArray[np.int32],
    images: int,
    categories: int,
) -> Cells:
    """Group predictions and ground truths into cells.

    Args:
        pred_image: index of the image of each prediction in ascending ids, int32, shape (N,).
        pred_category: index of its category, int32, shape (N,).
        score: float64, shape (N,); NaN comes last.
        gt_image: int32, shape (G,).
        gt_category: int32, shape (G,).
        images: number of images, I.
        categories: number of categories, K.

    Source:
        The tie rule is pycocotools': score down, then image id up, then file order.
    """
    ranked = by_descending_score(pred_image, score, images)
    by_category = counting_sort(pred_category, ranked, categories)
    preds = counting_sort(pred_category, counting_sort(pred_image, ranked, images), categories)
    in_file = np.arange(len(gt_image))
    gts = counting_sort(gt_category, counting_sort(gt_image, in_file, images), categories)
    pred_keys = pred_category[preds] * np.int64(images) + pred_image[preds]
    gt_keys = gt_category[gts] * np.int64(images) + gt_image[gts]
    pred_edges, gt_edges = edges_of(pred_keys), edges_of(gt_keys)
    starts = np.repeat(pred_edges[:-1], np.diff(pred_edges))
    rank = np.empty(len(preds), np.int32)
    rank[preds] = np.arange(len(preds)) - starts
    _, pred_cells, gt_cells = np.intersect1d(
        pred_keys[pred_edges[:-1]], gt_keys[gt_edges[:-1]], assume_unique=True, return_indices=True
    )
    counts = np.bincount(pred_category, minlength=categories)
    return Cells(
        preds=preds,
        gts=gts,
        pred_spans=np.stack([pred_edges[pred_cells], pred_edges[pred_cells + 1]], axis=1),
        gt_spans=np.stack([gt_edges[gt_cells], gt_edges[gt_cells + 1]], axis=1),
        rank=rank,
        by_category=by_category,
        category_offsets=np.concatenate([[0], np.cumsum(counts)]),
    )


def by_descending_score(
    image: NDArray[np.int32], score: NDArray[np.float64], images: int
) -> NDArray[np.int64]:
    """Rows by score down, ties by image index and file order, int64, shape (N,)."""
    rows = counting_sort(image, np.arange(len(score)), images)
    return rows[by_falling(score[rows])]


@kernel
def counting_sort(
    keys: NDArray[np.int32], order: NDArray[np.int64], buckets: int
) -> NDArray[np.int64]:
    """Rows in `order` (N,), sorted by keys[row] in [0, buckets), equal keys in the order given.

    Assumes keys below buckets: places from `index_of` that `select` has kept.
    """
    starts = np.zeros(buckets + 1, np.int64)
    for i in range(order.size):
        starts[keys[order[i]] + 1] += 1
    for bucket in range(buckets):
        starts[bucket + 1] += starts[bucket]
    out = np.empty(order.size, np.int64)
    for i in range(order.size):
        row = order[i]
        out[starts[keys[row]]] = row
        starts[keys[row]] += 1
    return out
