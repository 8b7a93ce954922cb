"""Boxes and scores of ensemble-boxes 1.0.9, which computes in single precision."""

from __future__ import annotations

from typing import Any

import ensemble_boxes
import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.data import Predictions, predictions_from_arrays
from segeval.ensemble.fusing import fuse
from segeval.ensemble.result import Ensemble

CASES = 300
CLOSE = 2e-6

Models = list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]]
"""Corners in [0, 1], scores and labels of each model."""


def random_models(rng: np.random.Generator) -> Models:
    """One to three models that see a few objects in the unit square, without ties."""
    places = rng.random((3, 2)) * 0.6
    found = []
    for _ in range(int(rng.integers(2, 4))):
        number = int(rng.integers(0, 7))
        corner = places[rng.integers(0, 3, number)] + rng.random((number, 2)) * 0.08
        side = 0.12 + rng.random((number, 2)) * 0.2
        boxes = np.concatenate([corner, corner + side], axis=1)
        found.append((boxes, rng.random(number) * 0.9 + 0.05, rng.integers(0, 2, number)))
    return found


def columns(models: Models) -> list[Predictions]:
    """The same as predictions of one image."""
    return [
        predictions_from_arrays(
            image_id=1,
            category_id=labels,
            score=scores,
            boxes=np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1),
        )
        for boxes, scores, labels in models
    ]


def theirs(name: str, models: Models, weights: list[float] | None, **more: Any) -> NDArray[Any]:
    """Rows of label, score and corners, from copies: their functions change what they get."""
    function = {
        "nms": ensemble_boxes.nms,
        "nmw": ensemble_boxes.non_maximum_weighted,
        "wbf": ensemble_boxes.weighted_boxes_fusion,
    }[name]
    lists = [[part.copy() for part in parts] for parts in zip(*models, strict=True)]
    if name == "nms" and not sum(map(len, lists[1])):
        return np.zeros((0, 6))  # it raises an error for no boxes at all
    boxes, scores, labels = function(*lists, weights=weights, **more)
    return in_order(np.asarray(labels), np.asarray(scores), np.asarray(boxes))


def ours(found: Ensemble) -> NDArray[Any]:
    """The same of a result."""
    return in_order(found.predictions.category_id, found.merged.score, found.merged.boxes)


def in_order(labels: Any, scores: Any, boxes: Any) -> NDArray[Any]:
    """Rows by label, then score."""
    rows = np.concatenate([labels[:, np.newaxis], scores[:, np.newaxis], boxes], axis=1)
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "their", "own"),
    [
        ("nms", {"iou_thr": 0.5}, {"iou_threshold": 0.5}),
        ("nmw", {"iou_thr": 0.5}, {"iou_threshold": 0.5}),
        ("wbf", {"iou_thr": 0.55}, {"iou_threshold": 0.55}),
        (
            "wbf",
            {"iou_thr": 0.55, "allows_overflow": True},
            {"iou_threshold": 0.55, "confidence": "overflow"},
        ),
        ("wbf", {"conf_type": "max"}, {"confidence": "max"}),
        ("wbf", {"conf_type": "box_and_model_avg"}, {"confidence": "model_avg"}),
        ("wbf", {"conf_type": "absent_model_aware_avg"}, {"confidence": "absent_aware"}),
    ],
)
def test_random_cases_agree(name: str, their: dict[str, Any], own: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    for _ in range(CASES):
        models = random_models(rng)
        weights = None if rng.random() < 0.3 else rng.integers(1, 4, len(models)).tolist()
        given = {} if weights is None else {"weights": weights}
        found = fuse(
            columns(models), strategy=name, compat="ensemble-boxes", max_dets=0, **given, **own
        )
        expected = theirs(name, models, weights, **their)
        assert ours(found).shape == expected.shape
        assert np.abs(ours(found) - expected).max(initial=0) < CLOSE
