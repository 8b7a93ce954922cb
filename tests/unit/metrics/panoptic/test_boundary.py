"""Boundaries of all segments of a map at once."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.data.panoptic.shared_pixels import SegmentMap
from segeval.metrics.panoptic.boundary import boundaries
from tests.panoptic_build import drawing
from tests.parity.panoptic_reference import eroded


def test_the_middle_of_a_segment_is_inside_and_void_has_none() -> None:
    places = drawing("aaaaabbbb.....", "aaaaabbbb.....", "aaaaabbbb.....").astype(np.int32)
    found = boundaries(SegmentMap(places, np.array([7, 8])), 1).map
    assert found.inside == 4
    assert found.places.tolist() == [
        [1, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0, 0],
        [1, 4, 4, 4, 1, 2, 4, 4, 2, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0, 0],
    ]


@pytest.mark.parametrize("seed", range(40))
def test_every_boundary_is_the_mask_less_its_erosion(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = (int(side) for side in rng.integers(1, 50, 2))
    places = np.zeros((height, width), np.int32)
    for number in rng.integers(0, 6, 12).tolist():
        top, left = int(rng.integers(height)), int(rng.integers(width))
        down, right = int(rng.integers(1, height + 1)), int(rng.integers(1, width + 1))
        places[top : top + down, left : left + right] = number
    distance = int(rng.integers(1, 9))
    found = boundaries(SegmentMap(places, np.arange(1, 6)), distance)
    for number in range(1, 6):
        mask = places == number
        expected = mask & ~eroded(mask, distance)
        np.testing.assert_array_equal(found.map.places == number, expected)
    np.testing.assert_array_equal(found.map.places == 0, places == 0)
