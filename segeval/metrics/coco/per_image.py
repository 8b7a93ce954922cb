"""What each image alone would score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import index_of
from segeval.data.keys import written
from segeval.frozen import frozen
from segeval.metrics.coco.cells import counting_sort
from segeval.metrics.coco.curves import Groups, threshold_index
from segeval.metrics.coco.matches import Matches
from segeval.metrics.parts.arrays import check_indices

CELLS_AT_A_TIME = 4096
"""Curves that are held in memory at once, 8 kB each."""


@frozen
class ImageScores:
    """What one image alone would score, and its counts at IoU 0.50.

    Attributes:
        id: the image's id.
        file_name: "" where the file gives none.
        gt: number of ground truths counted (bucket "all").
        preds: number of predictions judged.
        ap: AP over this image alone, a fraction; None if undefined.
        ap50: AP at IoU 0.50; None also if that is not among the thresholds.
        tp50: matched predictions at IoU 0.50; None if that is not among the thresholds.
        fp50: unmatched predictions, with the same threshold and None.
        fn50: unmatched ground truths, with the same threshold and None.
    """

    id: int | str
    file_name: str
    gt: int
    preds: int
    ap: float | None
    ap50: float | None
    tp50: int | None
    fp50: int | None
    fn50: int | None


def image_scores(matches: Matches) -> tuple[ImageScores, ...]:
    """One entry per image, by ascending id, from the bucket "all".

    Args:
        matches: matches of the evaluation.
    """
    images = len(matches.image_ids)
    matches = matches.take(matches.within_cap)
    ap, ap50 = _image_ap(matches)
    gt = np.bincount(matches.gt_image[matches.gt_counted[0]], minlength=images)
    preds = np.bincount(matches.image, minlength=images)
    tp = fp = None
    if threshold_index(matches.thresholds, 0.5) is not None:
        counted = ~matches.ignored()
        tp = np.bincount(matches.image[counted & matches.matched()], minlength=images)
        fp = np.bincount(matches.image[counted & ~matches.matched()], minlength=images)
    return tuple(
        ImageScores(
            id=number,
            file_name=matches.file_names[i],
            gt=int(gt[i]),
            preds=int(preds[i]),
            ap=ap.get(i),
            ap50=ap50.get(i),
            tp50=None if tp is None else int(tp[i]),
            fp50=None if fp is None else int(fp[i]),
            fn50=None if tp is None else int(gt[i] - tp[i]),
        )
        for i, number in enumerate(written(matches.image_ids, matches.image_keys))
    )


def _image_ap(matches: Matches) -> tuple[dict[int, float], dict[int, float]]:
    """AP and AP50 of every image with ground truth, by the image's index."""
    categories = np.int64(len(matches.category_ids))
    half = threshold_index(matches.thresholds, 0.5)
    check_indices("image", matches.image, len(matches.image_ids))
    rows = counting_sort(matches.image, np.arange(len(matches)), len(matches.image_ids))
    keys = matches.image[rows] * categories + matches.category[rows]
    gt_keys = matches.gt_image * categories + matches.gt_category
    cells = np.unique(gt_keys[matches.gt_counted[0]])
    image = cells // categories
    edges = np.append(np.flatnonzero(np.diff(image, prepend=-1)), len(cells))
    ap: dict[int, float] = {}
    ap50: dict[int, float] = {}
    first = 0
    while first < len(edges) - 1:  # whole images, about CELLS_AT_A_TIME cells
        last = int(np.searchsorted(edges, edges[first] + CELLS_AT_A_TIME, side="right")) - 1
        last = min(max(last, first + 1), len(edges) - 1)
        block = cells[edges[first] : edges[last]]
        groups = _cell_groups(block, rows, keys, gt_keys)
        precision = matches.curves(groups=groups).precision
        for place in range(first, last):
            own = np.arange(edges[place], edges[place + 1]) - edges[first]
            i = int(image[edges[place]])
            ap[i] = float(precision[own].transpose(1, 2, 0).ravel().mean())
            if half is not None:
                ap50[i] = float(precision[own, half].T.ravel().mean())
        first = last
    return ap, ap50


def _cell_groups(
    cells: NDArray[np.int64],
    rows: NDArray[np.int64],
    keys: NDArray[np.int64],
    gt_keys: NDArray[np.int64],
) -> Groups:
    """Each cell as a group.

    Args:
        cells: keys of C cells, ascending, int64, shape (C,).
        rows: rows of the matches by image, category and score, int64, shape (N,).
        keys: key of each row's cell, int64, shape (N,).
        gt_keys: key of each ground truth's cell, int64, shape (G,).
    """
    begins = np.searchsorted(keys, cells)
    counts = np.searchsorted(keys, cells, side="right") - begins
    offsets = np.concatenate([[0], np.cumsum(counts)])
    taken = rows[np.repeat(begins - offsets[:-1], counts) + np.arange(offsets[-1])]
    return Groups(taken, offsets, index_of(gt_keys, cells).astype(np.int64))
