"""AR under caps below the largest, for other weights of the images.

Recall has no order: an image adds its true positives within the cap, however often it is drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.ap_judged import has_cap_over_the_set
from segeval.analysis.resampling.weighted_sums import LANES, Lanes, Rows
from segeval.metrics.coco.matches import Matches


def caps_with_recall(matches: Matches) -> tuple[int, ...]:
    """The caps at which AR follows from the images, the largest last.

    What a smaller cap over the whole set keeps depends on all images that are drawn.
    """
    caps = matches.request.protocol.max_dets
    return caps[-1:] if has_cap_over_the_set(matches) else caps


def hits_within_caps(matches: Matches) -> Rows | None:
    """True positives of all thresholds together, by category and image, under each smaller cap.

    Args:
        matches: of the evaluation.

    Returns:
        A row for each category and image with one, with a value for each cap but the largest; None
        without such caps.
    """
    lower = len(caps_with_recall(matches)) - 1
    if lower == 0:
        return None
    true = matches.matched_bits[0] & ~matches.ignored_bits[0]
    hits = np.zeros(len(matches), np.int64)
    for place in range(len(matches.thresholds)):
        hits += (true >> np.array(place, true.dtype) & np.array(1, true.dtype)).astype(np.int64)
    rows = np.flatnonzero(hits * matches.copies[lower - 1])
    cell = matches.category[rows].astype(np.int64) * len(matches.image_ids) + matches.image[rows]
    cells, of_row = np.unique(cell, return_inverse=True)
    values = np.zeros((len(cells), lower), np.int64)
    for cap in range(lower):
        np.add.at(values[:, cap], of_row, hits[rows] * matches.copies[cap, rows])
    category, image = np.divmod(cells, max(len(matches.image_ids), 1))
    return Rows.of(category, image, values, len(matches.category_ids))


def recall_within_caps(
    hits: Rows, weights: NDArray[np.integer[Any]], positives: NDArray[np.int64], thresholds: int
) -> NDArray[np.float64]:
    """AR of every category under each smaller cap, NaN where undefined, float64, shape (K, D, r).

    Args:
        hits: of one model, or of two beside each other.
        weights: copies of each source, shape (S, r), of a multiple of `weighted_sums.LANES`
            replicates.
        positives: counted ground truths of each category, int64, shape (K, r).
        thresholds: number of IoU thresholds.
    """
    sums = [
        hits.sums(_block(weights[:, start : start + LANES]))
        for start in range(0, weights.shape[1], LANES)
    ]
    every = (thresholds * positives)[:, np.newaxis].astype(np.float64)
    with np.errstate(invalid="ignore"):
        recall: NDArray[np.float64] = np.concatenate(sums, axis=2) / every
    return recall


def _block(weights: NDArray[np.integer[Any]]) -> Lanes:
    """Copies as `Rows.sums` takes them."""
    if weights.dtype == np.uint8:
        return np.ascontiguousarray(weights, np.uint8)
    return np.ascontiguousarray(weights, np.float64)
