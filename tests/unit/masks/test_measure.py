"""Area, box and soundness of runs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pycocotools import mask as coco_mask

from segeval.errors import FormatError, ShapeError
from segeval.masks import RunLengths, area, boxes, check_totals, encode
from tests.build import build_runs, coco_rle, nasty_masks

NASTY = {name: mask for name, mask in nasty_masks().items() if mask.size}


def test_area_and_box_of_a_corner() -> None:
    masks = encode([[[0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 1, 0]]])
    assert area(masks).tolist() == [3]
    assert boxes(masks).tolist() == [[1, 1, 2, 2]]


@pytest.mark.parametrize("name", NASTY)
def test_nasty_masks_measure_as_in_pycocotools(name: str) -> None:
    masks, rle = encode([NASTY[name]]), coco_rle(NASTY[name])
    assert area(masks).tolist() == [coco_mask.area(rle)]
    assert_array_equal(boxes(masks)[0], coco_mask.toBbox(rle))


def test_columns_have_the_agreed_types() -> None:
    masks = encode(list(NASTY.values()))
    assert [column.dtype.name for column in (area(masks), boxes(masks))] == ["int64", "float64"]
    assert boxes(masks).shape == (len(NASTY), 4)


def test_no_masks_measure_as_nothing() -> None:
    assert area(encode([])).shape == (0,)
    assert boxes(encode([])).shape == (0, 4)
    check_totals(encode([]))


@pytest.mark.parametrize("size", [(0, 4), (4, 0), (0, 0)])
def test_masks_of_no_pixels_are_empty(size: tuple[int, int]) -> None:
    for runs in ([], [0], [0, 0], [0, 0, 0]):
        check_totals(build_runs([runs], *size))
        assert area(build_runs([runs], *size)).tolist() == [0]
    assert boxes(build_runs([[0]], *size)).tolist() == [[0, 0, 0, 0]]


def test_box_of_foreground_without_pixels_is_that_of_pycocotools() -> None:
    masks = build_runs([[10, 0]], 5, 2)
    rle = coco_mask.frPyObjects([{"counts": [10, 0], "size": [5, 2]}], 5, 2)
    assert_array_equal(boxes(masks), coco_mask.toBbox(rle))
    assert boxes(masks).tolist() == [[2, 5, 2**32 - 1, 2**32 - 4]]


def test_areas_do_not_need_sound_totals() -> None:
    assert area(build_runs([[1, 2, 3], [0, 2**32 - 1, 1, 2**32 - 1]], 1, 1)).tolist() == [
        2,
        2**33 - 2,
    ]
    assert area(build_runs([[1, 2, 3]], 0, 4)).tolist() == [2]


def test_first_wrong_total_is_named_and_the_rest_counted() -> None:
    masks = build_runs([[100], [90, 9], [100], [101]], 10, 10)
    with pytest.raises(FormatError) as caught:
        check_totals(masks)
    assert str(caught.value) == (
        "mask #1: the runs add up to 99 pixels, expected 10 x 10 = 100. 1 more like it."
    )
    assert (caught.value.index, caught.value.field, caught.value.count) == (1, "counts", 2)


def test_totals_beyond_32_bits_do_not_wrap() -> None:
    with pytest.raises(FormatError, match="add up to 4,294,967,297 pixels, expected 1 x 1 = 1"):
        check_totals(build_runs([[2**32 - 1, 2]], 1, 1))


@pytest.mark.parametrize("offsets", [[0, 3], [-1, 2], [2, 0], [0, 2, 1, 2]])
def test_offsets_outside_the_counts_are_refused(offsets: list[int]) -> None:
    sizes = np.ones((len(offsets) - 1, 2), np.int32)
    with pytest.raises(ShapeError, match=r"offsets of the masks go from .* over 2 counts"):
        RunLengths(np.zeros(2, np.uint32), np.array(offsets, np.int64), sizes)


def test_counts_of_another_type_are_refused() -> None:
    counts = np.array([3, -1, 2])
    with pytest.raises(FormatError, match="counts of the masks is int64, expected uint32"):
        RunLengths(counts, np.array([0, 3]), np.array([[2, 2]], np.int32))
