"""The predictions for some images alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import GroundTruth, Predictions
from segeval.data.ids import index_of
from segeval.data.keys import written


def predictions_within(preds: Predictions, gt: GroundTruth) -> Predictions:
    """The predictions for the images of a ground truth, in their order.

    Args:
        preds: predictions for these and other images.
        gt: ground truth, whose ids of images are of the same kind.
    """
    return preds.take(rows_within(preds, gt))


def rows_within(preds: Predictions, gt: GroundTruth) -> NDArray[np.int64]:
    """Rows of the predictions for the images of a ground truth, ascending, int64."""
    ids = set(gt.images.written_ids)
    images = np.unique(preds.image_id)
    known = np.array([key in ids for key in written(images, preds.image_keys)], np.bool_)
    return np.flatnonzero(known[index_of(preds.image_id, images)])
