"""Masks of whole images as runs: those of the encoder, whatever the device."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segeval.errors import FormatError
from segeval.masks import encode
from segeval.models.ops import runs
from segeval.models.ops.runs import runs_of_masks, runs_on_device


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (1, 9), (12, 1)])
@pytest.mark.parametrize("density", [0.0, 0.3, 1.0])
def test_runs_are_those_of_the_encoder(
    size: tuple[int, int], density: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 3 * size[0] * size[1])  # several batches
    masks = torch.rand(8, *size, generator=torch.Generator().manual_seed(0)) < density
    expected = encode(masks.numpy())
    for found in (runs_of_masks(masks), runs_on_device(masks), runs_of_masks(masks.float())):
        np.testing.assert_array_equal(found.counts, expected.counts)
        np.testing.assert_array_equal(found.offsets, expected.offsets)
        np.testing.assert_array_equal(found.sizes, expected.sizes)


def test_a_probability_at_the_threshold_is_inside() -> None:
    assert runs_of_masks(torch.tensor([[[0.49, 0.5]]])).counts.tolist() == [1, 1]


def test_no_masks_have_no_runs() -> None:
    assert len(runs_of_masks(torch.zeros(0, 4, 5))) == 0


@pytest.mark.parametrize("wrong", [-3.0, 1.5])
def test_values_that_are_no_probabilities_are_refused(wrong: float) -> None:
    masks = torch.full((2, 3, 4), 0.5)
    masks[1, 2, 3] = wrong
    with pytest.raises(FormatError, match=r"expected probabilities from 0 to 1\. For logits"):
        runs_of_masks(masks)
    assert len(runs_of_masks(masks, threshold=0)) == 2


@pytest.mark.parametrize("threshold", [0.5, 0])
def test_nan_is_refused_whatever_the_values_are(
    threshold: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 24)  # two masks
    masks = torch.full((4, 3, 4), 0.5)
    masks[3, 2, 3] = float("nan")
    with pytest.raises(FormatError) as caught:
        runs_of_masks(masks, threshold)
    assert str(caught.value) == "mask #3 holds NaN, expected a number for every pixel."
    assert caught.value.index == 3


def test_arrays_are_masks_too() -> None:
    masks = np.ones((1, 3, 4), bool)
    assert runs_of_masks(masks).counts.tolist() == [0, 12]
