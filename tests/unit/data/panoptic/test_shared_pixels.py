"""Maps of segments, and the pixels that two of them share."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.data.panoptic.shared_pixels import SegmentMap, segment_map, shared_pixels
from tests.panoptic_build import drawing


def test_places_are_the_ranks_of_the_ids() -> None:
    ids = np.array([3, 300, 70000])
    pixels = np.array([[0, 300, 3, 3], [70000, 299, 0, 3]])
    found = segment_map(pixels.astype(np.int32), ids)
    assert found.places.tolist() == [[0, 2, 1, 1], [3, 4, 0, 1]]
    assert (found.unlisted, found.inside) == (4, 5)


def test_pairs_are_counted_and_sorted() -> None:
    ids = np.array([1, 2, 3])
    gt = SegmentMap(drawing("aab", ".ab").astype(np.int32), ids)
    preds = SegmentMap(drawing("aac", ".bc").astype(np.int32), ids)
    shared = shared_pixels(preds, gt)
    found = list(zip(shared.gt.tolist(), shared.pred.tolist(), shared.pixels.tolist(), strict=True))
    assert found == [(0, 0, 1), (1, 1, 2), (1, 2, 1), (2, 3, 2)]
    assert shared.totals(shared.gt, 4).tolist() == [1, 3, 2, 0]
    assert shared.of_void(4).tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("count", [2, 90, 3000])
def test_any_number_of_pairs_is_counted_as_numpy_does(count: int) -> None:
    rng = np.random.default_rng(count)
    ids = np.arange(1, count + 1)
    preds, gt = (rng.integers(0, count + 1, (70, 90)).astype(np.int32) for _ in range(2))
    shared = shared_pixels(SegmentMap(preds, ids), SegmentMap(gt, ids))
    keys, pixels = np.unique(gt.astype(np.int64) * (count + 3) + preds, return_counts=True)
    np.testing.assert_array_equal(shared.gt * (count + 3) + shared.pred, keys)
    np.testing.assert_array_equal(shared.pixels, pixels)
