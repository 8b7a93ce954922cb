"""What each image alone would score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.coco.accumulate import precision_recall
from segeval.metrics.coco.cells import counting_sort
from segeval.metrics.coco.matching import Matches, threshold_index

CELLS_AT_A_TIME = 4096
"""Curves that are held in memory at once, 8 kB each."""


@dataclass(frozen=True)
class ImageScores:
    """What one image alone would score, and its counts at IoU 0.50.

    Attributes:
        id: the image's id.
        file_name: "" where the file gives none.
        gt: number of ground truths counted (bucket "all").
        preds: number of predictions judged.
        ap: AP over this image alone, a fraction; None if undefined.
        ap50: likewise at IoU 0.50; None also if that is not among the thresholds.
        tp50: matched predictions at IoU 0.50; None if that is not among the thresholds.
        fp50: unmatched predictions, likewise.
        fn50: unmatched ground truths, likewise.
    """

    id: int
    file_name: str
    gt: int
    preds: int
    ap: float | None
    ap50: float | None
    tp50: int | None
    fp50: int | None
    fn50: int | None


def image_scores(
    matches: Matches, file_names: tuple[str, ...], workers: int | None = None
) -> tuple[ImageScores, ...]:
    """One entry per image, by ascending id, from the bucket "all".

    Args:
        matches: of the evaluation.
        file_names: I names.
        workers: threads, None for all cores.
    """
    images, categories = len(matches.image_ids), np.int64(len(matches.category_ids))
    rows = counting_sort(matches.image, np.arange(len(matches)), images)
    keys = matches.image[rows] * categories + matches.category[rows]
    counted = matches.gt_counted[0]
    gt_keys = matches.gt_image[counted] * categories + matches.gt_category[counted]
    cells, positives = np.unique(gt_keys, return_counts=True)
    half = threshold_index(matches.thresholds, 0.5)
    ap, ap50 = _image_ap(matches, rows, keys, cells, positives, half, workers)
    gt = np.bincount(matches.gt_image[counted], minlength=images)
    preds = np.bincount(matches.image, minlength=images)
    tp = fp = None
    if half is not None:
        true = matches.matched() & ~matches.ignored()
        false = ~matches.matched() & ~matches.ignored()
        tp = np.bincount(matches.image[true], minlength=images)
        fp = np.bincount(matches.image[false], minlength=images)
    return tuple(
        ImageScores(
            id=int(number),
            file_name=file_names[i],
            gt=int(gt[i]),
            preds=int(preds[i]),
            ap=ap.get(i),
            ap50=ap50.get(i),
            tp50=None if tp is None else int(tp[i]),
            fp50=None if fp is None else int(fp[i]),
            fn50=None if tp is None else int(gt[i] - tp[i]),
        )
        for i, number in enumerate(matches.image_ids)
    )


def _image_ap(
    matches: Matches,
    rows: NDArray[np.int64],
    keys: NDArray[np.int64],
    cells: NDArray[np.int64],
    positives: NDArray[np.int64],
    half: int | None,
    workers: int | None,
) -> tuple[dict[int, float], dict[int, float]]:
    """AP and AP50 of every image with ground truth, by the image's index.

    rows (N,) stand by image, category and score, keys (N,) say of which cell each is. cells (C,)
    are the ascending keys of the cells with ground truth, positives (C,) how much they have.
    """
    ap: dict[int, float] = {}
    ap50: dict[int, float] = {}
    image = cells // len(matches.category_ids)
    edges = np.append(np.flatnonzero(np.diff(image, prepend=-1)), len(cells))
    first = 0
    while first < len(edges) - 1:  # whole images, about CELLS_AT_A_TIME cells
        last = int(np.searchsorted(edges, edges[first] + CELLS_AT_A_TIME, side="right")) - 1
        last = min(max(last, first + 1), len(edges) - 1)
        block = cells[edges[first] : edges[last]]
        begins = np.searchsorted(keys, block)
        counts = np.searchsorted(keys, block, side="right") - begins
        offsets = np.concatenate([[0], np.cumsum(counts)])
        taken = rows[np.repeat(begins - offsets[:-1], counts) + np.arange(offsets[-1])]
        precision, _ = precision_recall(
            matched=matches.matched_bits[0, taken],
            ignored=matches.ignored_bits[0, taken],
            rank=matches.rank[taken],
            offsets=offsets,
            positives=positives[edges[first] : edges[last]],
            caps=np.array([np.iinfo(np.int32).max]),
            thresholds=len(matches.thresholds),
            workers=workers,
        )
        for place in range(first, last):
            own = precision[edges[place] - edges[first] : edges[place + 1] - edges[first]]
            i = int(image[edges[place]])
            ap[i] = float(own.transpose(1, 2, 0).ravel().mean())
            if half is not None:
                ap50[i] = float(own[:, half].T.ravel().mean())
        first = last
    return ap, ap50
