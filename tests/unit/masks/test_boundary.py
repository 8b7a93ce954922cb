"""The boundary of run-length masks, beside erosion of dense ones."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from segeval.errors import FormatError, InputError, ShapeError
from segeval.masks import (
    RunLengths,
    boundary,
    boundary_iou,
    boundary_width,
    canonical,
    concatenate,
    decode,
    encode,
)

Dense = NDArray[np.bool_]


def far_from_background(mask: Dense, width: int) -> Dense:
    """Pixels around which every pixel of a block of 2 width + 1 is in the mask, one by one."""
    height, columns = mask.shape
    inside = np.zeros_like(mask)
    for y in range(width, height - width):
        for x in range(width, columns - width):
            inside[y, x] = mask[y - width : y + width + 1, x - width : x + width + 1].all()
    return inside


def band(mask: Any, width: int) -> Dense:
    """Our boundary of one dense mask."""
    return np.asarray(decode(boundary(encode(np.asarray(mask)[None]), px=width))[0], bool)


@given(
    st.tuples(st.integers(1, 20), st.integers(1, 20)).flatmap(lambda size: arrays(bool, size)),
    st.integers(1, 6),
)
def test_boundary_is_what_a_block_of_pixels_does_not_fit_around(mask: Dense, width: int) -> None:
    np.testing.assert_array_equal(band(mask, width), mask & ~far_from_background(mask, width))


@pytest.mark.parametrize("height", [63, 64, 65, 128, 150])
@pytest.mark.parametrize("width", [1, 2, 31, 32, 33])
def test_boundary_does_not_care_where_words_end(height: int, width: int) -> None:
    rng = np.random.default_rng(height * width)
    mask = np.ones((height, 100), bool)
    mask[rng.integers(0, height, 3), rng.integers(0, 100, 3)] = False
    np.testing.assert_array_equal(band(mask, width), mask & ~far_from_background(mask, width))


def test_border_of_the_image_is_boundary() -> None:
    expected = np.ones((5, 6), bool)
    expected[1:-1, 1:-1] = False
    np.testing.assert_array_equal(band(np.ones((5, 6)), 1), expected)


@pytest.mark.parametrize("shape", [(4, 9), (9, 4)])
def test_a_mask_no_wider_than_twice_the_width_is_all_boundary(shape: tuple[int, int]) -> None:
    assert band(np.ones(shape), 2).all()


def test_an_empty_mask_has_an_empty_boundary() -> None:
    assert boundary(encode(np.zeros((1, 3, 4)))).counts.tolist() == [12]


def test_runs_of_length_0_do_not_part_what_they_stand_in() -> None:
    split = RunLengths(
        np.array([0, 7, 0, 13, 0, 5], np.uint32), np.array([0, 6]), np.array([[5, 5]], np.int32)
    )
    whole = canonical(split)
    assert boundary(split, px=1).counts.tolist() == boundary(whole, px=1).counts.tolist()
    assert decode(boundary(split, px=1)).sum() == 16


def test_masks_of_different_sizes_have_different_widths() -> None:
    masks = concatenate([encode(np.ones((1, 50, 50))), encode(np.ones((1, 200, 150)))])
    small, large = (boundary(masks).take(np.array([place])) for place in (0, 1))
    assert boundary_width(masks.sizes).tolist() == [1, 5]
    assert decode(small).sum() == 50**2 - 48**2
    assert decode(large).sum() == 200 * 150 - 190 * 140


def test_boundary_is_the_same_for_any_number_of_workers() -> None:
    masks = encode(np.random.default_rng(0).random((600, 9, 11)) < 0.9)
    one, many = (boundary(masks, px=1, workers=workers) for workers in (1, 4))
    np.testing.assert_array_equal(one.counts, many.counts)
    np.testing.assert_array_equal(one.offsets, many.offsets)


def test_boundary_iou_counts_the_pixels_of_bands() -> None:
    wide, narrow = np.zeros((2, 12, 12), bool)
    wide[1:11, 1:11] = True  # a band of 36 pixels
    narrow[1:11, 1:10] = True  # one of 34; 10 + 8 + 8 of them in the other as well
    assert boundary_iou(encode(wide[None]), encode(narrow[None]), px=1) == 26 / (36 + 34 - 26)


def test_boundary_iou_of_an_empty_mask_is_0() -> None:
    assert boundary_iou(encode(np.zeros((1, 3, 3))), encode(np.ones((1, 3, 3)))).tolist() == [[0]]


def test_boundary_iou_needs_masks_of_one_image() -> None:
    with pytest.raises(ShapeError):
        boundary_iou(encode(np.ones((1, 3, 3))), encode(np.ones((1, 4, 3))))


@pytest.mark.parametrize(
    ("ratio", "expected"), [(0.02, [16, 2, 2, 4, 1]), (0.005, [4, 1, 1, 1, 1])]
)
def test_width_is_a_part_of_the_diagonal(ratio: float, expected: list[int]) -> None:
    sizes = [[480, 640], [75, 100], [45, 60], [105, 140], [1, 1]]
    assert boundary_width(sizes, ratio=ratio).tolist() == expected


def test_a_width_in_pixels_holds_for_all_images() -> None:
    assert boundary_width([[480, 640], [10, 10]], px=3).tolist() == [3, 3]


@pytest.mark.parametrize("px", [2**31, 2**64, 10**400])
def test_a_width_beyond_every_mask_makes_all_of_it_boundary(px: int) -> None:
    masks = encode(np.ones((1, 30, 40)))
    assert np.array_equal(boundary(masks, px=px).counts, masks.counts)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"px": 0}, "`px` is 0, expected a whole number of 1 or more"),
        ({"px": 1.5}, "`px` is 1.5, expected a whole number of 1 or more"),
        ({"px": True}, "`px` is True, expected a whole number of 1 or more"),
        ({"ratio": 0.0}, "`ratio` is 0.0, expected a part of the image's diagonal, such as 0.02"),
        ({"ratio": -1}, "`ratio` is -1, expected a part of the image's diagonal, such as 0.02"),
        ({"ratio": 2}, "`ratio` is 2, expected a part of the image's diagonal, such as 0.02"),
        (
            {"ratio": np.nan},
            "`ratio` is nan, expected a part of the image's diagonal, such as 0.02",
        ),
    ],
)
def test_widths_that_make_no_sense_are_refused(settings: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        boundary(encode(np.ones((1, 3, 3))), **settings)


def test_runs_that_are_not_all_pixels_are_refused() -> None:
    broken = RunLengths(np.array([0, 7], np.uint32), np.array([0, 2]), np.array([[3, 3]], np.int32))
    with pytest.raises(FormatError):
        boundary(broken)
