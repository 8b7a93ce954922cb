"""Masks at another resolution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval.errors import FormatError, ShapeError
from segeval.limits import raised
from segeval.masks import decode, decode_one, encode, flip_horizontal, resize
from tests.build import build_masks, build_runs, nasty_masks

NASTY = nasty_masks()


def dense(mask: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """A mask resized with arrays."""
    h, w = mask.shape
    rows = (2 * np.arange(height) + 1) * h // (2 * height)
    columns = (2 * np.arange(width) + 1) * w // (2 * width)
    return mask[np.ix_(rows, columns)]


def test_each_pixel_is_repeated_at_twice_the_size() -> None:
    assert_array_equal(
        decode(resize(encode([[[1, 0], [0, 1]]]), (4, 4)))[0],
        [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]],
    )


def test_half_the_size_takes_the_pixel_behind_the_middle() -> None:
    assert_array_equal(decode(resize(encode([[[1, 0, 0, 1]]]), (1, 2)))[0], [[0, 1]])


@pytest.mark.parametrize("name", [name for name in NASTY if not name.startswith("no ")])
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (10, 14), (7, 2), (0, 3), (2, 0)])
def test_nasty_masks_are_resized_as_arrays_are(name: str, size: tuple[int, int]) -> None:
    found = resize(encode([NASTY[name]]), size)
    assert_array_equal(decode_one(found, 0), dense(NASTY[name], *size))
    assert (found.counts[1:] > 0).all()


@given(
    st.integers(1, 12), st.integers(1, 12), st.integers(1, 25), st.integers(1, 25), st.integers(0)
)
def test_any_mask_is_resized_as_arrays_are(h: int, w: int, tall: int, wide: int, seed: int) -> None:
    masks = np.random.default_rng(seed).integers(0, 2, (3, h, w)).astype(np.uint8)
    found = decode(resize(encode(masks), (tall, wide)))
    for mask, one in zip(masks, found, strict=True):
        assert_array_equal(one, dense(mask, tall, wide))


def test_every_mask_may_have_its_own_size() -> None:
    pixels = build_masks(3, 9, 14)
    found = resize(encode(pixels), np.array([[9, 14], [18, 28], [5, 7]]))
    assert_array_equal(decode_one(found, 0), pixels[0])
    assert_array_equal(decode_one(found, 1), pixels[1].repeat(2, axis=0).repeat(2, axis=1))
    assert found.sizes.tolist() == [[9, 14], [18, 28], [5, 7]]


def test_a_flip_before_or_after_twice_the_size_is_the_same() -> None:
    masks = encode(build_masks(6, 9, 13))
    one, other = flip_horizontal(resize(masks, (18, 26))), resize(flip_horizontal(masks), (18, 26))
    assert_array_equal(one.counts, other.counts)


def test_masks_are_the_same_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    masks = encode(build_masks(20, 9, 14))
    whole = resize(masks, (30, 20))
    monkeypatch.setattr("segeval.masks.room.ROOM", 50)
    found = resize(masks, (30, 20))
    assert_array_equal(found.counts, whole.counts)
    assert_array_equal(found.offsets, whole.offsets)
    assert_array_equal(found.sizes, whole.sizes)


def test_a_mask_without_pixels_becomes_background() -> None:
    assert_array_equal(decode(resize(encode([NASTY["no rows"]]), (2, 3)))[0], np.zeros((2, 3)))


def test_no_masks_stay_none() -> None:
    assert len(resize(encode(np.zeros((0, 3, 3))), (5, 5))) == 0


def test_runs_beyond_4_billion_pixels_stay_whole() -> None:
    found = resize(encode([np.eye(2)]), (70_000, 100_000))
    assert int(found.counts.sum(dtype=np.int64)) == 7_000_000_000


def test_runs_must_add_up() -> None:
    with pytest.raises(FormatError, match="add up to 5 pixels, expected 2 x 3 = 6"):
        resize(build_runs([[2, 3]], 2, 3), (4, 6))


def test_sizes_must_be_whole_and_of_each_mask() -> None:
    masks = encode(np.ones((2, 3, 3)))
    with pytest.raises(ShapeError, match=r"sizes has shape \(3, 2\), expected \(2, 2\)"):
        resize(masks, np.ones((3, 2), int))
    with pytest.raises(FormatError, match="sizes of the masks is float64, expected int32"):
        resize(masks, (2.5, 3))


def test_runs_beyond_the_limit_are_not_made() -> None:
    with (
        raised(mask_runs=100),
        pytest.raises(FormatError, match="a mask may become one of 15,004 runs, expected at"),
    ):
        resize(encode([[[1], [0], [0]]]), (3, 2500))
