"""Pools of a few boxes, or of dense masks, for tests of ensembles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from segeval import load_predictions
from segeval.data import Predictions
from segeval.ensemble.pools.pool import Pool, pooled
from segeval.masks import compress, encode

Corners = Sequence[Sequence[float]]


def of_boxes(boxes: Corners, scores: Sequence[float], *, image: int = 1) -> Predictions:
    """Predictions of one image and class from corners x0, y0, x1, y1."""
    return load_predictions(
        [
            {
                "image_id": image,
                "category_id": 1,
                "score": score,
                "bbox": [x0, y0, x1 - x0, y1 - y0],
            }
            for (x0, y0, x1, y1), score in zip(boxes, scores, strict=True)
        ]
    )


def of_masks(masks: NDArray[Any], scores: Sequence[float]) -> Predictions:
    """Predictions of one image and class from dense masks (N, H, W)."""
    strings = compress(encode(masks))
    return load_predictions(
        [
            {
                "image_id": 1,
                "category_id": 1,
                "score": score,
                "segmentation": {"size": sizes.tolist(), "counts": text},
            }
            for text, sizes, score in zip(strings.strings(), strings.sizes, scores, strict=True)
        ]
    )


def one_model(preds: Predictions) -> Pool:
    """A pool of the predictions of one model."""
    return pooled([preds])


def several(models: Sequence[Predictions], weights: Sequence[float] | None = None) -> Pool:
    """A pool of the predictions of several models, of weight 1 each by default."""
    return pooled(models, weights)
