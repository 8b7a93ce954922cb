"""Polygons to masks."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from segeval.data.coco.read_ground_truth import load_ground_truth
from segeval.errors import FormatError
from segeval.masks import Polygons, area, boxes, decode_one, rasterise
from tests.build import build_gt

SQUARE = [0.0, 0, 9, 0, 9, 9, 0, 9]


def polygons(*masks: list[list[float]]) -> Polygons:
    """Masks from COCO's lists of parts."""
    parts = [np.reshape(np.array(part, float), (-1, 2)) for mask in masks for part in mask]
    return Polygons(
        np.concatenate([np.empty((0, 2)), *parts]),
        np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64),
        np.cumsum([0, *(len(mask) for mask in masks)], dtype=np.int64),
    )


def sizes(number: int, height: int = 20, width: int = 20) -> NDArray[np.int32]:
    return np.array([[height, width]] * number, np.int32)


def test_square_covers_the_pixels_of_pycocotools() -> None:
    masks = rasterise(polygons([SQUARE]), sizes(1))
    assert boxes(masks).tolist() == [[0, 0, 9, 9]]
    assert area(masks).tolist() == [81]


def test_parts_are_united_and_each_is_even_odd() -> None:
    # the second mask goes round its square twice, which undoes it
    masks = rasterise(
        polygons([SQUARE, [5, 5, 14, 5, 14, 14, 5, 14]], [SQUARE + SQUARE], [SQUARE, SQUARE]),
        sizes(3),
    )
    assert area(masks).tolist() == [81 + 81 - 16, 0, 81]


@pytest.mark.parametrize("number", [2, 16, 17, 18, 31, 100, 257])
def test_any_number_of_parts_has_the_union_of_pycocotools(number: int) -> None:
    rng = np.random.default_rng(number)
    starts = rng.uniform(-10, 70, (number, 2))
    parts = [(start + rng.uniform(0, 12, (4, 2))).ravel().tolist() for start in starts]
    parts[::9] = [[90.0, 90, 95, 90, 95, 95]] * len(parts[::9])  # outside of the image
    found = rasterise(polygons(parts, parts[:1], parts), sizes(3, 60, 70))
    expected = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(parts, 60, 70)))
    assert_array_equal(decode_one(found, 0), expected)
    assert_array_equal(decode_one(found, 2), expected)


def test_a_mask_of_very_many_parts_takes_n_log_n_steps() -> None:
    rng = np.random.default_rng(2)
    parts = [[x, y, x + 2, y, x + 2, y + 2] for x, y in rng.integers(0, 990, (40_000, 2)).tolist()]
    many, size = polygons(parts), sizes(1, 1000, 1000)
    rasterise(many, size)
    begin = time.process_time()
    rasterise(many, size)
    assert time.process_time() - begin < 0.5  # 2 s and more if united one after the other


@pytest.mark.parametrize("columns", [(0.0, 40.0), (-30.0, 55.5), (17.2, 18.9)])
def test_a_polygon_that_crosses_its_columns_thousands_of_times_has_pycocotools_pixels(
    columns: tuple[float, float],
) -> None:
    rows = np.random.default_rng(1).uniform(-5, 70, 3000).round(1)
    corners = np.stack([np.tile(columns, 1500), rows], axis=1)
    found = rasterise(polygons([corners.ravel().tolist()]), sizes(1, 60, 40))
    expected = coco_mask.frPyObjects([corners.ravel().tolist()], 60, 40)
    assert_array_equal(decode_one(found, 0), coco_mask.decode(expected)[:, :, 0])


def test_a_zigzag_takes_n_log_n_steps() -> None:
    rows = np.random.default_rng(1).uniform(0, 480, 10_000)
    corners = np.stack([np.tile([0.0, 640.0], 5000), rows], axis=1).ravel().tolist()
    rasterise(polygons([SQUARE]), sizes(1))  # compiles
    begin = time.process_time()
    rasterise(polygons([corners]), sizes(1, 480, 640))
    assert time.process_time() - begin < 6  # 0.7 s; each crossing with each would be 17 s


def test_polygon_that_covers_no_pixel_is_an_empty_mask() -> None:
    outside = [100.0, 100, 120, 100, 120, 120]
    point = [5.0, 5, 5, 5, 5, 5]
    masks = rasterise(polygons([outside], [point], []), sizes(3))
    assert masks.counts.tolist() == [400, 400, 400]


def test_polygon_larger_than_the_image_fills_it() -> None:
    far = [-1e6, -1e6, 1e6, -1e6, 1e6, 1e6, -1e6, 1e6]
    masks = rasterise(polygons([far]), sizes(1, 3, 5))
    assert masks.counts.tolist() == [0, 15]


def test_many_parts_in_an_image_higher_than_65535() -> None:
    tops = range(0, 70_000, 100)
    parts = [[0.0, top, 2, top, 2, top + 50, 0, top + 50] for top in tops]
    masks = rasterise(polygons(parts), sizes(1, 70_001, 3))
    assert area(masks).tolist() == [len(tops) * 50 * 2]
    assert decode_one(masks, 0)[69_900:, 0].sum() == 50


def test_masks_do_not_depend_on_the_number_of_threads() -> None:
    rng = np.random.default_rng(0)
    many = polygons(*([rng.uniform(-5, 25, 12).tolist()] for _ in range(2000)))
    one, four = (rasterise(many, sizes(2000), workers=workers) for workers in (1, 4))
    assert_array_equal(one.counts, four.counts)
    assert_array_equal(one.offsets, four.offsets)


@pytest.mark.parametrize(
    ("segmentation", "reason"),
    [
        ("[[0, 0, 9, 9]]", "polygon has 4 numbers, a polygon needs at least 6"),
        ("[[0, 0, 9, 0, 9, 1e400]]", "polygon has the coordinate Infinity, expected finite"),
        ("[[0, 0, 9, 0, 9, -1000001]]", "polygon has the coordinate -1000001"),
        ('{"size": [20, 20], "counts": [401, -1]}', "counts holds a negative run length"),
        ('{"size": [20, 20], "counts": [401]}', "the runs add up to 401 pixels"),
        ('{"size": [20, 20], "counts": "~"}', "counts holds a character that"),
        ('{"size": [20, 20], "counts": "P"}', "counts ends in the middle of a number"),
    ],
)
def test_bad_segmentation_names_record_and_reason(
    segmentation: str, reason: str, tmp_path: Path
) -> None:
    good = {"segmentation": [SQUARE], "area": 81.0, "bbox": [0, 0, 9, 9]}
    text = json.dumps(build_gt([(20, 20)], [good, {**good, "segmentation": "here"}]))
    path = tmp_path / "gt.json"
    path.write_text(text.replace('"here"', segmentation))
    with pytest.raises(FormatError, match=f"annotation 2 .*{reason}") as caught:
        load_ground_truth(path).masks  # noqa: B018
    assert caught.value.index == 1
