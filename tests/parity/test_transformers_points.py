"""Points as the helpers of transformers' Mask2Former sample and choose them, to the last bit.

These are copies of detectron2's. They draw from torch's global generator, ours from one that is
given: with the same seed both draw the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from segeval.models.ops import class_uncertainty, mask_uncertainty, sample_points, uncertain_points

pytestmark = pytest.mark.filterwarnings("ignore")  # what transformers warns of at its import

SETTINGS = [(196, 3, 0.75), (784, 3, 0.75), (50, 1, 0.0), (50, 2.5, 1.0), (7, 4, 0.5)]
"""Points, oversampling and importance."""


@pytest.fixture(scope="module")
def helpers() -> Any:
    pytest.importorskip("transformers", reason="transformers is not installed")
    from transformers.models.mask2former import modeling_mask2former

    return modeling_mask2former


def chosen(
    helpers: Any, logits: Tensor, uncertainty: Callable[[Tensor], Tensor], *settings: float
) -> Tensor:
    """Their points; their uncertainty has an axis more than ours."""
    points: Tensor = helpers.Mask2FormerLoss.sample_points_using_uncertainty(
        None, logits, lambda sampled: uncertainty(sampled).unsqueeze(1), *settings
    )
    return points


@pytest.mark.parametrize("mode", ["bilinear", "nearest"])
@pytest.mark.parametrize("size", [(7, 7), (13, 41), (1, 1)])
def test_samples_are_theirs(helpers: Any, mode: str, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    features = torch.randn(3, 5, *size)
    points = torch.rand(3, 200, 2) * 1.2 - 0.1  # some beyond the border
    theirs = helpers.sample_point(features, points, mode=mode, align_corners=False)
    assert torch.equal(sample_points(features, points, mode=mode), theirs)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("classes", [1, 4])
def test_training_points_are_theirs(
    helpers: Any, settings: tuple[int, float, float], classes: int
) -> None:
    logits = torch.randn(6, classes, 7, 7, generator=torch.Generator().manual_seed(1))
    uncertainty = mask_uncertainty if classes == 1 else class_uncertainty
    torch.manual_seed(2)
    theirs = chosen(helpers, logits, uncertainty, *settings)
    points, oversample, importance = settings
    ours = uncertain_points(
        logits,
        uncertainty,
        points,
        oversample=oversample,
        importance=importance,
        generator=torch.Generator().manual_seed(2),
    )
    assert torch.equal(ours, theirs)


def test_without_a_generator_the_global_one_is_used_as_they_do(helpers: Any) -> None:
    logits = torch.randn(4, 1, 14, 14, generator=torch.Generator().manual_seed(3))
    torch.manual_seed(4)
    theirs = chosen(helpers, logits, mask_uncertainty, 196, 3, 0.75)
    after = torch.rand(3)
    torch.manual_seed(4)
    assert torch.equal(uncertain_points(logits, mask_uncertainty, 196), theirs)
    assert torch.equal(torch.rand(3), after)  # and no more is drawn
