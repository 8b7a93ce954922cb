"""Filters are undone as PNG's specification says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.data.pictures.unfilter import unfilter


def slowly(filtered: NDArray[np.uint8], pixel: int, width: int) -> NDArray[np.uint8]:
    """The rows, byte by byte as section 9 defines them."""
    rows = np.zeros((len(filtered) + 1, width + pixel), np.int64)  # a pixel of 0 is on the left
    for row, (kind, *values) in enumerate(filtered.tolist(), 1):
        for k, value in enumerate(values, pixel):
            a, b, c = rows[row, k - pixel], rows[row - 1, k], rows[row - 1, k - pixel]
            p = a + b - c
            nearest = min((abs(p - each), place) for place, each in enumerate((a, b, c)))[1]
            predicted = (0, a, b, (a + b) // 2, (a, b, c)[nearest])[kind]
            rows[row, k] = (value + predicted) % 256
    return rows[1:, pixel:].astype(np.uint8)


@pytest.mark.parametrize("pixel", [1, 2, 3])
@pytest.mark.parametrize("share", [1.0, 0.2, 0.02])
def test_filters_are_undone_for_any_width_and_mixture(pixel: int, share: float) -> None:
    rng = np.random.default_rng(pixel)
    for width in (1, 2, 7, 8, 9, 15, 16, 17, 24, 25, 50, 131):
        filtered = rng.integers(0, 256, (20, width * pixel + 1), np.uint8)
        filtered[rng.random(filtered.shape) > share] = 0
        filtered[:, 0] = rng.integers(0, 5, 20)
        rows = np.zeros((21, width * pixel), np.uint8)
        assert unfilter(filtered.ravel(), pixel, rows)
        assert np.array_equal(rows[1:], slowly(filtered, pixel, width * pixel))


def test_an_unknown_filter_is_refused() -> None:
    filtered = np.zeros((3, 9), np.uint8)
    filtered[2, 0] = 5
    assert not unfilter(filtered.ravel(), 1, np.zeros((4, 8), np.uint8))
