"""Masks of the values of a map, and of one object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.errors import ShapeError
from segeval.masks import RunLengths, encode
from segeval.masks.regions import encode_object, encode_spans, regions
from tests.build import nasty_masks


def assert_same(masks: RunLengths, others: RunLengths) -> None:
    """Equal in every array and dtype."""
    for name in ("counts", "offsets", "sizes"):
        ours, theirs = getattr(masks, name), getattr(others, name)
        assert ours.dtype == theirs.dtype
        assert ours.tolist() == theirs.tolist()


def test_regions_of_a_map_by_hand() -> None:
    values, masks = regions(np.array([[5, 5, 9], [9, 5, 9]], np.uint16))
    assert values.tolist() == [5, 9]
    assert values.dtype == np.uint16
    assert [masks.runs(i).tolist() for i in range(2)] == [[0, 1, 1, 2, 2], [1, 1, 2, 2]]


@given(st.integers(0, 2**32), st.integers(1, 7), st.integers(1, 7), st.integers(1, 5))
def test_regions_are_the_masks_of_the_values(
    seed: int, height: int, width: int, labels: int
) -> None:
    drawn = np.random.default_rng(seed).integers(0, labels, (height, width))
    values, masks = regions(drawn)
    assert values.tolist() == np.unique(drawn).tolist()
    assert_same(masks, encode([drawn == value for value in values]))


def test_a_map_without_pixels_has_no_regions() -> None:
    values, masks = regions(np.zeros((0, 3), np.int32))
    assert (len(values), len(masks)) == (0, 0)


def test_a_map_has_two_sides() -> None:
    with pytest.raises(ShapeError, match=r"labels has shape \(4,\), expected \(height, width\)"):
        regions(np.zeros(4, np.int32))


@pytest.mark.parametrize("name", nasty_masks())
def test_nasty_masks_are_encoded_as_encode_does(name: str) -> None:
    mask = nasty_masks()[name] != 0
    assert_same(encode_object(mask, (0, 0), mask.shape), encode([mask]))


@given(
    st.integers(0, 2**32),
    st.tuples(st.integers(1, 7), st.integers(1, 7)),
    st.tuples(*[st.integers(0, 7)] * 4),
    st.sampled_from([0.1, 0.5, 0.9, 1]),
)
def test_a_box_is_encoded_as_the_whole_mask(
    seed: int, size: tuple[int, int], cut: tuple[int, int, int, int], share: float
) -> None:
    height, width = size
    top, bottom = sorted((min(cut[0], height), min(cut[1], height)))
    left, right = sorted((min(cut[2], width), min(cut[3], width)))
    mask = np.zeros(size, bool)
    box = mask[top:bottom, left:right]
    box[:] = np.random.default_rng(seed).random(box.shape) < share
    assert_same(encode_object(box, (top, left), size), encode([mask]))


def test_spans_of_several_masks_touch_only_within_one() -> None:
    row, starts, stops = np.array([0, 0, 2, 2]), np.array([0, 2, 6, 9]), np.array([2, 6, 9, 12])
    masks = encode_spans(row, starts, stops, np.array([[2, 3], [1, 2], [3, 5]], np.int32))
    assert [masks.runs(index).tolist() for index in range(3)] == [[0, 6], [2], [6, 6, 3]]
    assert masks.counts.dtype == np.uint32
