"""Boxes of predictions and objects, for records of single errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.masks import boxes
from segeval.metrics.coco.inputs import loaded
from segeval.metrics.coco.matches import Matches
from segeval.metrics.sources import Sources

BLOCK = 4096
"""Masks that are decoded at once."""

Boxes = tuple[NDArray[np.float64], NDArray[np.float64]]
"""xywh in pixels of N predictions and G objects, float64, shapes (N, 4) and (G, 4)."""


def boxes_of(matches: Matches, sources: Sources | None) -> Boxes | None:
    """Boxes as the files have them, and those of the masks where a record has none.

    Args:
        matches: N predictions and G objects.
        sources: where both files are found again.

    Returns:
        Boxes of predictions and objects; None where a file is not found again, as records that
        were given in memory are not kept.

    Raises:
        InputError: for a file that has changed.
    """
    if sources is None:
        return None
    preds, gt = sources.preds.get(), sources.gt.get()
    if preds is None or gt is None:
        return None
    asked = sources.arguments
    preds, gt = loaded(preds, gt, None, score_field=asked.score_field, agnostic=asked.agnostic)
    sizes = gt.images.sizes_of(preds.image_id)
    return _filled(preds, sizes, matches.prediction), _filled(gt, gt.mask_sizes, matches.gt)


def _filled(
    columns: Predictions | GroundTruth, sizes: NDArray[np.int32], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Boxes of some rows, float64, shape (R, 4).

    Args:
        columns: of the file.
        sizes: (H, W) of the image of each record, int32.
        rows: R of them.
    """
    found = columns.boxes[rows]
    missing = np.flatnonzero(np.isnan(found).any(axis=1))
    for start in range(0, len(missing), BLOCK):
        places = missing[start : start + BLOCK]
        own = rows[places]
        masks = columns.segmentations.take(own).run_lengths(
            np.maximum(sizes[own], 0), columns, rows=own
        )
        found[places] = boxes(masks)
    return found
