"""Boxes in every row of predictions or in none, as readers of COCO files expect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import Predictions
from segeval.data.segmentations import Format
from segeval.errors import FormatError
from segeval.masks import CompressedMasks


def with_boxes_of_masks(preds: Predictions) -> Predictions:
    """The same predictions; where any has a box, those with a mask alone get the box of the mask.

    pycocotools looks at the first record of a file, and takes all to be like it.

    Args:
        preds: N predictions.

    Returns:
        The N predictions. Rows keep having no box if their mask is a polygon, whose box depends on
        the size of the image, or is malformed.

    Source:
        Boxes are equal to pycocotools.mask.toBbox (2.0.11).

    Example:
        >>> import segeval
        >>> ids = {"image_id": 1, "category_id": 2, "score": 0.5}
        >>> mask = {"size": [3, 3], "counts": "013000"}
        >>> preds = [ids | {"bbox": [0, 0, 5, 5]}, ids | {"segmentation": mask}]
        >>> with_boxes_of_masks(segeval.load_predictions(preds)).boxes.tolist()
        [[0.0, 0.0, 5.0, 5.0], [0.0, 0.0, 3.0, 3.0]]
    """
    without = ~preds.has_box
    if without.all() or not without.any():
        return preds
    boxes = preds.boxes.copy()
    form = preds.segmentations.format
    for each in (Format.STRING, Format.COUNTS):
        rows = np.flatnonzero(without & (form == each))
        masks = _masks(preds, rows)
        if masks is not None:
            _, defects, found = masks.measure_with_boxes()
            boxes[rows[defects == 0]] = found[defects == 0]
    return replace(preds, boxes=boxes)


def _masks(preds: Predictions, rows: NDArray[np.intp]) -> CompressedMasks | None:
    """Masks of some rows as strings; None if a list of counts is malformed."""
    some = preds.segmentations.take(rows)
    try:
        return some.compressed(some.strings.sizes)
    except FormatError:
        return None
