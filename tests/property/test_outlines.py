"""Outlines of masks of every kind: filled, they are the masks again."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval.masks import Outlines, decode_one, encode, outlines
from tests.property.test_masks import columns


def windings(traced: Outlines, index: int, height: int, width: int) -> NDArray[np.int64]:
    """How often the rings of a mask go around each pixel, clockwise as one sees it, (H, W)."""
    steps = np.zeros((height + 1, width + 1), np.int64)
    for ring in traced.rings(index):
        for (x, y), (next_x, next_y) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if x == next_x:  # an edge that goes up has the inside to its right
                steps[next_y, x] += 1
                steps[y, x] -= 1
    return steps.cumsum(axis=0).cumsum(axis=1)[:height, :width]


def assert_exact(traced: Outlines, index: int, pixels: NDArray[Any]) -> None:
    """The rings of a mask turn at every corner, and wind once around its pixels alone."""
    for ring in traced.rings(index):
        edges = np.roll(ring, -1, axis=0) - ring
        is_upright = edges[:, 0] == 0
        assert (np.count_nonzero(edges, axis=1) == 1).all()
        assert (is_upright != np.roll(is_upright, 1)).all()
        assert tuple(ring[0]) == min(map(tuple, ring.tolist()))
    # once or never for every pixel: even-odd and nonzero filling agree
    assert_array_equal(windings(traced, index, *pixels.shape), pixels)


@st.composite
def images(draw: st.DrawFn) -> NDArray[np.uint8]:
    """Pixels of any density: noise, checkerboards, bars, blocks, rims, empty and full."""
    height, width = draw(st.integers(0, 9)), draw(st.integers(0, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pixels = rng.random((height, width)) < draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
    if draw(st.booleans()):
        pixels ^= np.indices((height, width)).sum(axis=0) % 2 == 1
    times = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    return np.kron(pixels, np.ones(times)).astype(np.uint8)


@given(st.lists(images(), max_size=4))
def test_outlines_filled_are_the_masks(pixels: list[NDArray[np.uint8]]) -> None:
    traced = outlines(encode(pixels))
    assert len(traced) == len(pixels)
    for index, mask in enumerate(pixels):
        assert_exact(traced, index, mask)


@given(images())
def test_a_mask_and_its_opposite_share_all_edges_inside_of_the_image(
    mask: NDArray[np.uint8],
) -> None:
    framed = np.pad(mask, 1)
    traced = outlines(encode([framed, 1 - framed]))
    height, width = framed.shape
    both = windings(traced, 0, height, width) + windings(traced, 1, height, width)
    assert (both == 1).all()


@given(columns())
def test_runs_of_length_zero_change_no_outline(drawn: Any) -> None:
    [masks] = drawn
    traced = outlines(masks)
    for index in range(len(masks)):
        assert_exact(traced, index, decode_one(masks, index))
