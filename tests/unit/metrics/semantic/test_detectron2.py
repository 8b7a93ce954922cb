"""detectron2's boundary numbers, as odd as they are."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.errors import InputError
from segeval.metrics.semantic.detectron2 import detectron2_counts, detectron2_overlaps


def halves(left: int, right: int) -> np.ndarray:
    """6 x 6 pixels of two labels; the boundary is 1 pixel wide."""
    return np.repeat(np.array([[left, right]], np.uint8), 3, axis=1).repeat(6, axis=0)


def test_beside_a_lower_label_the_difference_is_counted() -> None:
    # labels 1 | 3 without the ring at the border, which keeps its labels: 4 x 4 pixels in the
    # middle, of which a column of 4 is 3 - 1, and the others are 0
    counts = detectron2_counts(halves(1, 3), halves(1, 3), 4)
    assert counts.diagonal().tolist() == [12, 10, 4, 10, 0]
    assert counts.sum() == 36


def test_places_are_computed_in_8_bits() -> None:
    # 20 * 13 + 13 = 273 is 17 modulo 256: predicted class 0, true class 17
    labels = np.full((3, 3), 13, np.uint8)
    counts = detectron2_counts(labels, labels, 19)
    assert {tuple(place) for place in np.argwhere(counts).tolist()} == {(0, 0), (0, 17)}
    assert counts[0, 17] == 8


def test_rows_are_predictions() -> None:
    one, two = np.full((3, 3), 1, np.uint8), np.full((3, 3), 2, np.uint8)
    assert detectron2_counts(two, one, 4)[2, 1] == 8


def test_void_is_left_out_of_unions() -> None:
    counts = np.array([[5, 1, 3], [2, 7, 4], [9, 9, 9]])
    assert detectron2_overlaps(counts).tolist() == [[5, 8], [7, 10]]


def test_16_bit_maps_are_counted_up_to_254_classes() -> None:
    labels = np.full((3, 3), 254, np.uint16)
    assert detectron2_counts(labels, labels, 254).sum() == 9
    with pytest.raises(InputError) as caught:
        detectron2_counts(labels, labels, 255)
    assert str(caught.value) == (
        "255 classes: detectron2 has boundary numbers for at most 254. "
        'Leave out `compat="detectron2"`.'
    )
