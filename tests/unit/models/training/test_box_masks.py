"""Boxes in place of masks: only where there is no mask, and only where there is a box."""

from __future__ import annotations

from typing import Any

import numpy as np

from segeval.data import load_ground_truth
from segeval.data.segmentations import Format
from segeval.masks import decode
from segeval.models.training.box_masks import boxes_as_masks


def test_boxes_stand_for_masks_only_where_there_are_none() -> None:
    triangle = [[0, 0, 6, 0, 0, 6]]
    annotations: list[dict[str, Any]] = [
        {"bbox": [1, 2, 3, 2]},
        {"bbox": [0, 0, 6, 6], "segmentation": triangle},
        {"bbox": [2.5, 0, 2.5, 8]},
        {},
    ]
    content = {
        "images": [{"id": 1, "width": 8, "height": 8}],
        "categories": [{"id": 1, "name": "cup"}],
        "annotations": [
            {"id": place, "image_id": 1, "category_id": 1, "area": 1, **each}
            for place, each in enumerate(annotations, start=1)
        ],
    }
    gt = load_ground_truth(content)
    found = boxes_as_masks(gt)
    polygon = Format.POLYGON
    assert found.segmentations.format.tolist() == [polygon, polygon, polygon, Format.NONE]
    masks = decode(found.segmentations.take(np.arange(3)).run_lengths(np.full((3, 2), 8, np.int32)))
    expected = np.zeros((8, 8), np.uint8)
    expected[2:4, 1:4] = 1
    np.testing.assert_array_equal(masks[0], expected)
    np.testing.assert_array_equal(masks[1], decode(gt.segmentations.take(np.array([1])).run_lengths(
        np.full((1, 2), 8, np.int32)))[0])  # fmt: skip
    assert masks[2].any(axis=0).nonzero()[0].tolist() in ([2, 3, 4], [3, 4])
    assert (gt.boxes[:3] == found.boxes[:3]).all()


def test_a_file_with_masks_stays_as_it_is() -> None:
    content = {
        "images": [{"id": 1, "width": 8, "height": 8}],
        "categories": [{"id": 1, "name": "cup"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 1,
                "bbox": [0, 0, 6, 6],
                "segmentation": [[0, 0, 6, 0, 0, 6]],
            }
        ],
    }
    gt = load_ground_truth(content)
    assert boxes_as_masks(gt) is gt
