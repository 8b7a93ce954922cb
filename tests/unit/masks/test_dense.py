"""Dense masks to runs and back."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import ArrayLike

from segeval.errors import FormatError, ShapeError
from segeval.masks import decode, decode_one, encode
from tests.build import build_masks, build_runs, nasty_masks

NASTY = nasty_masks()


def test_runs_go_down_the_columns() -> None:
    masks = encode([[[0, 1, 1], [1, 1, 0]]])  # columns 0 1 | 1 1 | 1 0
    assert masks.counts.tolist() == [1, 4, 1]
    assert masks.sizes.tolist() == [[2, 3]]


def test_first_run_is_background_even_if_empty() -> None:
    assert encode(np.ones((1, 2, 3))).counts.tolist() == [0, 6]


def test_columns_have_the_agreed_types() -> None:
    masks = encode(build_masks(3, 4, 5))
    types = [column.dtype.name for column in (masks.counts, masks.offsets, masks.sizes)]
    assert types == ["uint32", "int64", "int32"]


@pytest.mark.parametrize("name", NASTY)
def test_nasty_masks_come_back(name: str) -> None:
    masks = encode([NASTY[name], NASTY[name]])
    assert_array_equal(decode(masks), np.stack([NASTY[name]] * 2))
    assert_array_equal(decode_one(masks, 1), NASTY[name])


def test_masks_of_different_sizes_come_back_one_by_one() -> None:
    masks = encode(list(NASTY.values()))
    for index, pixels in enumerate(NASTY.values()):
        assert_array_equal(decode_one(masks, index), pixels)


def test_every_value_but_0_is_foreground() -> None:
    assert encode(np.array([[[0, 1, 2, 255]]], np.uint8)).counts.tolist() == [1, 3]
    assert encode(np.array([[[0.0, 0.5, -1.0]]])).counts.tolist() == [1, 2]


def test_order_in_memory_does_not_matter() -> None:
    pixels = build_masks(4, 6, 9)
    turned = np.asfortranarray(pixels)[:, ::-1]
    assert_array_equal(decode(encode(turned)), pixels[:, ::-1])


@pytest.mark.parametrize("nothing", [[], np.zeros((0, 5, 7))], ids=["list", "array"])
def test_no_masks_are_an_empty_column(nothing: ArrayLike) -> None:
    masks = encode(nothing)
    assert len(masks) == 0
    assert decode(masks).shape == (0, 0, 0)


def test_more_than_256_runs_keep_their_colours() -> None:
    pixels = np.arange(1000).reshape(1, 1, 1000) % 2
    assert_array_equal(decode(encode(pixels)), pixels)


def test_runs_of_length_0_change_nothing() -> None:
    masks = build_runs([[0, 0, 1, 0, 0, 2, 0, 0, 1, 0]], 2, 2)
    assert decode(masks).tolist() == [[[0, 1], [1, 0]]]


def test_one_array_of_two_dimensions_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"mask #0 has shape \(7,\), expected \(height, width\)"):
        encode(np.zeros((5, 7)))


def test_masks_of_different_sizes_are_not_one_array() -> None:
    masks = encode([np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((3, 2))])
    with pytest.raises(ShapeError, match=r"mask #2 is 3 x 2 pixels, mask #0 is 2 x 3") as caught:
        decode(masks)
    assert (caught.value.index, caught.value.code) == (2, "mask-size")


def test_wrong_total_names_the_mask() -> None:
    masks = build_runs([[4], [3, 2], [4]], 2, 2)
    message = r"mask #1: the runs add up to 5 pixels, expected 2 x 2 = 4\."
    with pytest.raises(FormatError, match=message):
        decode_one(masks, 1)
    with pytest.raises(FormatError, match=message):
        decode_one(masks, -2)
    assert decode_one(masks, 2).tolist() == [[0, 0], [0, 0]]


def test_missing_mask_is_an_index_error() -> None:
    with pytest.raises(IndexError):
        decode_one(encode(np.zeros((1, 2, 2))), 1)
