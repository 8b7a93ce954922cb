"""Masks become runs on the device where they are, and only what a run needs leaves it.

Without a CUDA device the same code runs on the processor.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segeval.errors import FormatError
from segeval.masks import RunLengths, encode
from segeval.models.ops.runs import runs_of_masks, runs_on_device

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def assert_same(found: RunLengths, expected: RunLengths) -> None:
    np.testing.assert_array_equal(found.counts, expected.counts)
    np.testing.assert_array_equal(found.offsets, expected.offsets)
    np.testing.assert_array_equal(found.sizes, expected.sizes)


@pytest.mark.parametrize("size", [(1, 1), (480, 640), (3, 1000), (1000, 3), (0, 4)])
@pytest.mark.parametrize("density", [0.0, 0.001, 0.5, 1.0])
def test_runs_of_a_device_are_those_of_the_encoder(size: tuple[int, int], density: float) -> None:
    masks = torch.rand(5, *size, generator=torch.Generator().manual_seed(1)) < density
    expected = encode(masks.numpy())
    for given in (masks, masks.float(), masks.half()):
        assert_same(runs_of_masks(given.to(DEVICE)), expected)
    assert_same(runs_on_device(masks.to(DEVICE)), expected)


def test_logits_of_a_device_are_cut_there() -> None:
    values = torch.randn(4, 60, 70, generator=torch.Generator().manual_seed(2))
    assert_same(runs_of_masks(values.to(DEVICE), 0), encode((values >= 0).numpy()))


def test_values_of_a_device_are_checked_there() -> None:
    values = torch.full((3, 8, 9), 0.5)
    values[2, 7, 8] = float("nan")
    with pytest.raises(FormatError, match=r"mask #2 holds NaN, expected a number for every pixel"):
        runs_of_masks(values.to(DEVICE))
    with pytest.raises(FormatError, match=r"values from 0\.5 to 4, expected probabilities from 0"):
        runs_of_masks((values.nan_to_num(4.0)).to(DEVICE))
