"""Columns of records that do not fit together are refused before a kernel sees them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from segeval import load_ground_truth, load_predictions
from segeval.errors import ShapeError

BOX = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
PREDS = load_predictions([{**BOX, "score": 0.9}, {**BOX, "score": 0.8}])
GT = load_ground_truth(
    {
        "images": [{"id": 1, "height": 9, "width": 9}],
        "categories": [{"id": 1}],
        "annotations": [{**BOX, "id": 1, "area": 81, "iscrowd": 0}],
    }
)


@pytest.mark.parametrize(
    ("columns", "change", "words"),
    [
        (PREDS, {"boxes": np.ones((1, 4))}, r"boxes has shape \(1, 4\), expected \(2, 4\)"),
        (PREDS, {"boxes": np.ones((2, 3))}, r"boxes has shape \(2, 3\), expected \(2, 4\)"),
        (PREDS, {"boxes": np.ones((2, 4), object)}, "boxes is object, expected an array of floats"),
        (PREDS, {"image_id": np.ones(1, np.int64)}, r"image_id has shape \(1,\)"),
        (PREDS, {"category_id": np.ones(2)}, "category_id is float64, expected an array of signed"),
        (PREDS, {"score": [0.9, 0.8]}, "score is list, expected an array of floats"),
        (PREDS, {"segmentations": GT.segmentations}, "segmentations has 1 entries, expected 2"),
        (GT, {"is_crowd": np.zeros(1)}, "is_crowd is float64, expected an array of bools"),
        (GT, {"boxes": np.ones((0, 4))}, r"boxes has shape \(0, 4\), expected \(1, 4\)"),
        (GT.images, {"sizes": np.ones((1, 3), np.int32)}, r"sizes has shape \(1, 3\)"),
        (GT.images, {"file_names": ()}, "file_names has 0 entries, expected 1"),
        (GT.segmentations, {"format": np.zeros(2, np.uint8)}, "strings has 1 entries, expected 2"),
    ],
)
def test_columns_fit_together(columns: Any, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        replace(columns, **change)
