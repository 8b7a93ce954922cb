"""Crops and flips."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from segeval.errors import FormatError, ShapeError
from segeval.masks import RunLengths, area, boxes, crop, decode, decode_one, encode
from segeval.masks import flip_horizontal as mirrored
from segeval.masks import flip_vertical as upside_down
from tests.build import build_masks, build_runs, nasty_masks

NASTY = nasty_masks()


@pytest.mark.parametrize("name", NASTY)
def test_nasty_masks_flip_as_in_numpy(name: str) -> None:
    masks = encode([NASTY[name]])
    assert_array_equal(decode_one(mirrored(masks), 0), NASTY[name][:, ::-1])
    assert_array_equal(decode_one(upside_down(masks), 0), NASTY[name][::-1])


@pytest.mark.parametrize("flip", [mirrored, upside_down])
def test_two_flips_give_back_the_runs(flip: Callable[[RunLengths], RunLengths]) -> None:
    masks = encode([*NASTY.values(), *build_masks(20, 9, 14)])
    twice = flip(flip(masks))
    assert_array_equal(twice.counts, masks.counts)
    assert_array_equal(twice.offsets, masks.offsets)
    assert_array_equal(twice.sizes, masks.sizes)


def test_runs_of_length_0_do_not_survive_a_flip() -> None:
    masks = build_runs([[0, 0, 1, 0, 0, 2, 0, 0, 1, 0]], 2, 2)
    assert mirrored(masks).counts.tolist() == [0, 1, 2, 1]
    assert upside_down(masks).counts.tolist() == [0, 1, 2, 1]


def test_one_box_crops_all_masks() -> None:
    pixels = build_masks(5, 9, 14)
    cropped = crop(encode(pixels), (3, 2, 8, 6))
    assert cropped.sizes.tolist() == [[6, 8]] * 5
    assert_array_equal(decode(cropped), pixels[:, 2:8, 3:11])


def test_every_mask_may_have_its_own_box() -> None:
    masks = encode(build_masks(5, 9, 14))
    tight = crop(masks, boxes(masks))  # whole numbers of a float type are welcome
    assert_array_equal(area(tight), area(masks))
    assert_array_equal(tight.sizes, boxes(masks)[:, [3, 2]])


@pytest.mark.parametrize("name", NASTY)
def test_whole_masks_and_nothing_are_crops_too(name: str) -> None:
    masks = encode([NASTY[name]])
    height, width = NASTY[name].shape
    assert_array_equal(crop(masks, [0, 0, width, height]).counts, masks.counts)
    assert crop(masks, [width, height, 0, 0]).counts.tolist() == [0]
    assert decode_one(crop(masks, [0, 0, width, 0]), 0).shape == (0, width)


@pytest.mark.parametrize(
    "box",
    [[-1, 0, 2, 2], [0, 0, 8, 2], [0, 1, 2, 5], [0, 0, -1, 2], [0.5, 0, 2, 2], [np.nan, 0, 1, 1]],
)
def test_box_must_be_whole_pixels_inside_the_mask(box: list[float]) -> None:
    masks = encode([np.zeros((9, 9)), np.zeros((5, 7))])
    message = "expected xywh in whole pixels inside its mask of 5 x 7 pixels"
    with pytest.raises(ShapeError, match=message) as caught:
        crop(masks, np.array([[0, 0, 9, 9], box]))
    assert caught.value.index == 1


def test_box_must_have_four_values() -> None:
    message = r"the box has shape \(3,\), expected \(4,\) or \(2, 4\)"
    with pytest.raises(ShapeError, match=message):
        crop(encode(np.zeros((2, 3, 3))), [0, 0, 1])


def test_wrong_totals_are_refused() -> None:
    masks = build_runs([[4], [3]], 2, 2)
    for transform in (mirrored, upside_down, lambda wrong: crop(wrong, [0, 0, 1, 1])):
        with pytest.raises(FormatError, match="mask #1: the runs add up to 3 pixels"):
            transform(masks)
