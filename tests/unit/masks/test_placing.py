"""Masks of parts of an image, placed into the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval.errors import FormatError, ShapeError
from segeval.limits import raised
from segeval.masks import crop, decode, decode_one, encode, paste
from tests.build import build_masks, build_runs, nasty_masks

NASTY = nasty_masks()


def dense(mask: NDArray[np.uint8], x: int, y: int, height: int, width: int) -> NDArray[np.uint8]:
    """A mask placed with arrays."""
    found = np.zeros((height, width), np.uint8)
    for row, column in zip(*np.nonzero(mask), strict=True):
        if 0 <= row + y < height and 0 <= column + x < width:
            found[row + y, column + x] = 1
    return found


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("corner", [(0, 0), (3, 1), (-2, 0), (0, -3), (6, 4), (99, 0), (0, -99999)])
def test_nasty_masks_are_placed_as_arrays_are(name: str, corner: tuple[int, int]) -> None:
    size = (8, 9)
    found = paste(encode([NASTY[name]]), corner, size)
    assert_array_equal(decode_one(found, 0), dense(NASTY[name], *corner, *size))
    assert (found.counts[1:] > 0).all()


@given(st.data())
def test_any_mask_is_placed_as_arrays_are(data: st.DataObject) -> None:
    h, w, height, width = (data.draw(st.integers(1, 9)) for _ in range(4))
    x, y = (data.draw(st.integers(-10, 10)) for _ in range(2))
    mask = np.random.default_rng(data.draw(st.integers(0))).integers(0, 2, (h, w)).astype(np.uint8)
    found = paste(encode([mask]), (x, y), (height, width))
    assert_array_equal(decode_one(found, 0), dense(mask, x, y, height, width))


def test_a_part_that_is_cut_out_again_is_the_same() -> None:
    masks = encode(build_masks(8, 9, 14))
    corners = np.random.default_rng(0).integers(0, 30, (8, 2))
    placed = paste(masks, corners, (60, 60))
    again = crop(placed, np.concatenate([corners, np.tile([14, 9], (8, 1))], axis=1))
    assert_array_equal(again.counts, masks.counts)


def test_each_mask_may_have_its_own_image() -> None:
    found = paste(encode([[[1]], [[1]]]), [[0, 0], [1, 1]], [[1, 2], [2, 2]])
    assert_array_equal(decode_one(found, 0), [[1, 0]])
    assert_array_equal(decode_one(found, 1), [[0, 0], [0, 1]])


def test_runs_beyond_4_billion_pixels_stay_whole() -> None:
    found = paste(encode([[[1]]]), (99_999, 69_999), (70_000, 100_000))
    assert int(found.counts.sum(dtype=np.int64)) == 7_000_000_000
    assert found.counts[-1] == 1


def test_corners_must_be_whole_pixels_of_each_mask() -> None:
    masks = encode(np.ones((2, 3, 3)))
    with pytest.raises(ShapeError, match=r"corners has shape \(3,\), expected \(2,\) or \(2, 2\)"):
        paste(masks, [0, 0, 1], (5, 5))
    with pytest.raises(ShapeError, match=r"corner #1 is \[0.5, 0.0\], expected x, y in whole"):
        paste(masks, np.array([[0, 0], [0.5, 0]]), (5, 5))


def test_runs_must_add_up() -> None:
    with pytest.raises(FormatError, match="add up to 5 pixels, expected 2 x 3 = 6"):
        paste(build_runs([[2, 3]], 2, 3), (0, 0), (4, 6))


def test_no_masks_stay_none() -> None:
    assert len(decode(paste(encode(np.zeros((0, 3, 3))), (1, 1), (5, 5)))) == 0


def test_masks_are_the_same_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    masks = encode(build_masks(20, 9, 14))
    whole = paste(masks, (3, 4), (30, 40))
    monkeypatch.setattr("segeval.masks.room.ROOM", 50)
    found = paste(masks, (3, 4), (30, 40))
    assert_array_equal(found.counts, whole.counts)
    assert_array_equal(found.offsets, whole.offsets)


def test_runs_beyond_the_limit_are_not_made() -> None:
    with (
        raised(mask_runs=100),
        pytest.raises(FormatError, match="a mask may become one of 145 runs, expected at most 100"),
    ):
        paste(encode([np.ones((5, 70))]), (0, 0), (6, 70))
