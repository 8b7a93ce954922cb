"""Insides of masks by areas of rectangles, against dense erosion."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval.masks import encode
from segeval.masks.toggles import expand, measure
from segeval.masks.uncovered import gaps, inside_pixels, shared_inside_pixels

Mask = NDArray[np.bool_]


def inside(mask: Mask, width: int) -> Mask:
    """Pixels whose block of 2 width + 1 pixels lies in the mask."""
    framed = np.pad(mask, width)
    windows = np.lib.stride_tricks.sliding_window_view(framed, (2 * width + 1, 2 * width + 1))
    return np.asarray(windows.all(axis=(2, 3)))


class Runs:
    """A mask as kernels see it, perhaps with a run of length 0 inside a run."""

    def __init__(self, mask: Mask, *, split: bool = False) -> None:
        runs = encode(mask[np.newaxis]).runs(0).tolist()
        if split:
            place = int(np.argmax(runs))
            half = runs[place] // 2
            runs[place : place + 1] = [half, 0, runs[place] - half]
        self.toggles = np.zeros(len(runs) + 1, np.int64)
        self.size = expand(np.array(runs, np.uint32), self.toggles)
        self.shape = np.empty(6, np.int64)
        measure(self.toggles, self.size, len(mask), self.shape)


def random_mask(rng: np.random.Generator, height: int, width: int) -> Mask:
    mask = np.zeros((height, width), np.bool_)
    for _ in range(rng.integers(1, 6)):
        y, x = rng.integers(0, height), rng.integers(0, width)
        mask[y : y + rng.integers(1, height + 1), x : x + rng.integers(1, width + 1)] ^= True
    mask[rng.integers(0, height), rng.integers(0, width)] = True
    return mask | (rng.random() < 0.1)


@pytest.mark.parametrize("seed", range(80))
def test_insides_are_those_of_dense_masks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, columns, width = rng.integers(1, 40), rng.integers(1, 40), int(rng.integers(1, 6))
    first, second = (random_mask(rng, int(height), int(columns)) for _ in range(2))
    a, b = Runs(first, split=seed % 3 == 0), Runs(second)
    rows = int(height)
    found = inside_pixels(a.toggles, a.size, rows, width, a.shape)
    assert found == inside(first, width).sum()
    for of_a, of_b in ((width, width), (width, 0), (0, width), (0, 0)):
        found = shared_inside_pixels(
            a.toggles, a.size, of_a, a.shape, b.toggles, b.size, of_b, b.shape, rows
        )
        assert found == (inside(first, of_a) & inside(second, of_b)).sum()


def test_gaps_of_a_square_are_its_frame_and_what_is_around() -> None:
    mask = np.zeros((6, 5), np.bool_)
    mask[1:6, 1:4] = True
    runs = Runs(mask)
    found = gaps(runs.toggles, runs.size, 6, 1, np.array([0, 5, 0, 6]))
    covered = np.zeros((6, 5), np.bool_)
    for first, last, upper, lower in found:
        covered[upper:lower, first:last] = True
    assert_array_equal(covered, ~inside(mask, 1))


def test_memory_is_for_runs_not_for_pixels() -> None:
    side, width = 10**6, 28_284
    toggles = np.array([0, side * side, 1 << 62])
    shape = np.empty(6, np.int64)
    measure(toggles, 2, side, shape)
    assert inside_pixels(toggles, 2, side, width, shape) == (side - 2 * width) ** 2
