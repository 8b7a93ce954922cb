"""Scores of a view that count more or less by the size of the object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.data.geometry import masks_of
from segeval.data.segmentations import Format
from segeval.ensemble.views.view import View
from segeval.masks import area

BATCH = 8192
"""Masks that are decoded together."""


def by_size(preds: Predictions, view: View) -> Predictions:
    """Predictions in image space, with scores times the factor of their bucket of sizes.

    Args:
        preds: N predictions; the size of one is the area of its mask, else of its box.
        view: with the factors; without any, all stays as it is.

    Raises:
        FormatError: for a polygon without a box, or a mask that is malformed.

    Example:
        >>> from segeval import load_predictions
        >>> small = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 31, 32], "score": 0.8}
        >>> preds = load_predictions([small, {**small, "bbox": [0, 0, 32, 32]}])
        >>> by_size(preds, View(factors=(0.5, 1, 1))).score
        array([0.4, 0.8])
    """
    if not view.factors:
        return preds
    bucket = np.searchsorted(np.square(view.edges), _areas(preds), side="right")
    return preds.with_scores(preds.score * np.array(view.factors)[bucket])


def _areas(preds: Predictions) -> NDArray[np.float64]:
    """Pixels of each mask, or else of its box, float64, shape (N,)."""
    form = preds.segmentations.format
    boxed = preds.has_box & ((form == Format.NONE) | (form == Format.POLYGON))
    areas = np.zeros(len(preds))
    areas[boxed] = preds.boxes[boxed, 2:].prod(axis=1)
    masked = np.flatnonzero(~boxed & (form != Format.NONE))
    for start in range(0, len(masked), BATCH):
        rows = masked[start : start + BATCH]
        areas[rows] = area(masks_of(preds, rows))
    return areas
