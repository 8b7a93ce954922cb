"""What each model brings: masks decoded once for all subsets of the models."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.data import load_predictions
from segeval.data.synthetic import furniture
from segeval.ensemble.operators.suppression import nms, nms_of_models
from segeval.ensemble.pools.pool import pooled
from segeval.ensemble.pools.shapes import Iou

SUBSETS = ((0, 1, 2), (1, 2), (0, 2), (0, 1), (2,))


@pytest.mark.parametrize("iou", ["bbox", "segm", "boundary"])
def test_nms_of_subsets_at_once_is_that_of_each_alone(iou: Iou) -> None:
    scene = furniture(images=6)
    rounded = [{**row, "score": round(row["score"], 1)} for row in scene.better]  # with ties
    pool = pooled([load_predictions(each) for each in (scene.better, scene.weaker, rounded)])
    for subset, found in zip(SUBSETS, nms_of_models(pool, SUBSETS, iou=iou), strict=True):
        alone = nms(pool.take(np.flatnonzero(np.isin(pool.model, subset))), iou=iou)
        assert np.array_equal(found.rows, alone.rows)
        assert np.array_equal(found.by, alone.by)
        assert np.array_equal(found.pool.score, alone.pool.score)
        assert np.array_equal(found.pool.row, alone.pool.row)
