"""The order of predictions in curves is that of sorting by category, score and image."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.metrics.coco.curve_order import curve_order


def test_rows_go_by_category_then_score_down_then_image() -> None:
    category = np.array([1, 0, 0, 0])
    score = np.array([0.9, 0.5, 0.5, 0.7])
    image = np.array([0, 4, 2, 9])
    assert curve_order(category, score, image).tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize("seed", range(20))
def test_ties_and_scores_that_are_no_numbers_are_ordered_as_by_lexsort(seed: int) -> None:
    rng = np.random.default_rng(seed)
    number = int(rng.integers(0, 200))
    category = rng.integers(0, rng.choice([1, 3, 300]), number).astype(np.int32)
    score = rng.integers(0, 4, number) / 3
    score[rng.random(number) < 0.1] = np.nan
    image = rng.integers(0, 6, number).astype(np.uint8)
    expected = np.lexsort((image, -score, category))
    assert np.array_equal(curve_order(category, score, image), expected)
