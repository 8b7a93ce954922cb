"""Dense masks to runs and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import ArrayLike

from segeval.errors import FormatError, InputError, ShapeError
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


def test_runs_go_on_from_the_foot_of_a_column_to_the_head_of_the_next() -> None:
    rows = [[1, 1, 0, 1, 0], [1, 1, 0, 0, 0], [1, 0, 1, 1, 0]]
    assert encode([rows]).counts.tolist() == [0, 5, 3, 2, 1, 1, 3]
    assert encode(np.array([rows], bool)).counts.tolist() == [0, 5, 3, 2, 1, 1, 3]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.int64, np.float32])
def test_masks_are_equal_in_every_type_and_order(order: str, dtype: type) -> None:
    pixels = build_masks(5, 33, 1050)
    laid: Any = np.array(pixels.transpose(1, 2, 0), dtype, order=cast(Any, order)).transpose(
        2, 0, 1
    )
    masks = encode(laid)
    assert_array_equal(decode(masks), pixels)
    assert_array_equal(encode(list(laid)).counts, masks.counts)


def test_noise_comes_back() -> None:
    pixels = np.random.default_rng(0).random((3, 130, 1234)) < 0.5
    assert_array_equal(decode(encode(pixels)), pixels)
    assert_array_equal(decode(encode(np.asfortranarray(pixels))), pixels)


def test_a_column_longer_than_a_piece_comes_back() -> None:
    pixels = np.zeros((2, 140_000, 1), bool)
    pixels[:, 65_530:131_080:3] = True
    assert_array_equal(decode(encode(pixels)), pixels)
    assert_array_equal(decode(encode(pixels.transpose(0, 2, 1))), pixels.transpose(0, 2, 1))


def test_threads_change_nothing() -> None:
    pixels = np.repeat(build_masks(12, 1000, 1100), 4, axis=0)
    one, two = encode(pixels, workers=1), encode(pixels, workers=2)
    assert_array_equal(one.counts, two.counts)
    assert_array_equal(one.offsets, two.offsets)
    with pytest.raises(InputError, match=r"`workers` is 0, expected 1 or more"):
        encode(pixels, workers=0)


def test_bool_whose_bytes_are_not_1_is_foreground() -> None:
    pixels = np.array([[[0, 2, 255, 1]]], np.uint8).view(bool)
    assert encode(pixels, strict=True).counts.tolist() == [1, 3]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32])
@pytest.mark.parametrize("lay", [np.asarray, np.asfortranarray, list])
def test_strict_masks_hold_nothing_but_0_and_1(dtype: type, lay: Callable[[Any], Any]) -> None:
    pixels: Any = np.zeros((3, 20, 30), dtype)
    pixels[0, 3:9] = 1
    assert encode(lay(pixels), strict=True).counts.tolist() == encode(pixels).counts.tolist()
    pixels[1, 5:7, 4:9] = 7
    with pytest.raises(FormatError) as caught:
        encode(lay(pixels), strict=True)
    assert str(caught.value) == (
        "mask #1 holds 7, expected only 0 and 1. Say what is foreground, as in `masks == 255`."
    )
    assert (caught.value.code, caught.value.index) == ("mask-values", 1)
    pixels[1, 19, 29] = -2 if dtype != np.uint8 else 255
    with pytest.raises(FormatError, match=r"mask #1 holds 7 and 1 other value, expected only 0"):
        encode(lay(pixels), strict=True)


def test_strict_masks_that_are_full_of_another_value_are_refused() -> None:
    with pytest.raises(FormatError, match=r"mask #0 holds 255, expected only 0 and 1\."):
        encode(np.full((1, 16, 16), 255, np.uint8), strict=True)


def test_strict_masks_are_no_floats() -> None:
    with pytest.raises(FormatError) as caught:
        encode([np.zeros((2, 3), bool), np.zeros((2, 3), np.float32)], strict=True)
    assert str(caught.value) == (
        "mask #1 holds float32, expected bool, or whole numbers that are 0 or 1. "
        "Say what is foreground, as in `masks > 0.5`."
    )
    with pytest.raises(FormatError, match=r"mask #0 holds float64"):
        encode(np.zeros((2, 3, 4)), strict=True)


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
