"""The mean of precision in the official order, without a copy in it."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.metrics.coco.ordered_mean import BLOCK, ordered_mean


@pytest.mark.parametrize("block", [128, 129, 1000, 5000, BLOCK])
def test_no_bit_differs_from_the_mean_of_a_copy(block: int) -> None:
    random = np.random.default_rng(block)
    for shape in [(1, 1, 1), (1, 10, 101), (80, 10, 101), (301, 3, 7), (13, 1, 101), (2000, 2, 2)]:
        values = random.random(shape) * 10.0 ** random.integers(-9, 9, shape)
        for some in (values, values[:, -1:], values[::2]):
            copied = some.transpose(1, 2, 0).ravel()
            assert ordered_mean(some, block) == float(copied.mean())
