"""Sampling at points, and the choice of points to train on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from segeval.models.ops import (
    cell_centres,
    class_uncertainty,
    grid_points,
    mask_uncertainty,
    points_in_image,
    sample_points,
    uncertain_points,
)


def by_hand(features: Any, x: float, y: float) -> Any:
    """One bilinear sample of (C, H, W), pixel by pixel, nothing beyond the border."""
    _, height, width = features.shape
    column, row = x * width - 0.5, y * height - 0.5
    total = np.zeros(len(features))
    for i in (math.floor(row), math.floor(row) + 1):
        for j in (math.floor(column), math.floor(column) + 1):
            if 0 <= i < height and 0 <= j < width:
                total += features[:, i, j] * (1 - abs(row - i)) * (1 - abs(column - j))
    return total


def test_samples_are_bilinear_and_read_zero_beyond_the_border() -> None:
    generator = torch.Generator().manual_seed(0)
    features = torch.rand(3, 2, 5, 7, generator=generator)
    points = torch.rand(3, 40, 2, generator=generator) * 1.4 - 0.2
    expected = [
        [by_hand(each.numpy(), float(x), float(y)) for x, y in places]
        for each, places in zip(features, points, strict=True)
    ]
    found = sample_points(features, points).permute(0, 2, 1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_centre_of_a_pixel_is_that_pixel() -> None:
    features = torch.rand(1, 3, 6, 6)
    found = sample_points(features, grid_points(6)[None])
    torch.testing.assert_close(found.reshape(1, 3, 6, 6), features)


def test_the_first_pixel_is_read_whole_at_its_centre_and_not_at_all_half_a_pixel_outside() -> None:
    features = torch.rand(1, 2, 5, 7)
    first = features[0, :, 0, 0]
    half = [[0.5 / 7, 0.5 / 5], [0, 0], [-0.5 / 7, 0.5 / 5], [0.5 / 7, -0.5 / 5], [1.2, 0.5]]
    found = sample_points(features, torch.tensor([half]))[0].T
    shares = torch.tensor([1, 0.25, 0, 0, 0])
    torch.testing.assert_close(found, shares[:, None] * first, atol=1e-6, rtol=0)


def test_places_keep_their_precision_where_features_have_little() -> None:
    features = torch.arange(1000.0).expand(1, 1, 1, 1000).to(torch.bfloat16)
    place = torch.tensor([[[900.5 / 1000, 0.5]]])
    assert sample_points(features, place).item() == features[0, 0, 0, 900]


def test_nearest_takes_whole_labels() -> None:
    labels = torch.tensor([[[[0.0, 7.0]]]])
    places = torch.tensor([[[0.3, 0.5], [0.6, 0.5]]])
    assert sample_points(labels, places, mode="nearest").tolist() == [[[0, 7]]]


def test_points_of_a_box_become_points_of_the_padded_image() -> None:
    boxes = torch.tensor([[10.0, 20.0, 30.0, 60.0]])
    found = points_in_image(torch.tensor([[0.0, 0.0], [0.5, 1.0]]), boxes, (100, 200))
    torch.testing.assert_close(found, torch.tensor([[[0.05, 0.2], [0.1, 0.6]]]))


def test_a_logit_of_0_is_the_most_uncertain() -> None:
    logits = torch.tensor([[[-2.0, 0.5, 3.0, 0.0]]])
    assert mask_uncertainty(logits).argsort(descending=True).tolist() == [[3, 1, 0, 2]]


def test_two_classes_that_are_equal_are_the_most_uncertain() -> None:
    logits = torch.tensor([[[5.0, 1.0], [4.9, 0.0], [0.0, -3.0]]])
    torch.testing.assert_close(class_uncertainty(logits), torch.tensor([[-0.1, -1.0]]))


def edge() -> Tensor:
    """A mask whose left half is on: uncertain in the middle."""
    return torch.linspace(6, -6, 7).expand(2, 1, 7, 7)


@pytest.mark.parametrize(("points", "important"), [(196, 147), (5, 3), (1, 0)])
def test_three_quarters_of_the_points_lie_at_the_edge(points: int, important: int) -> None:
    found = uncertain_points(edge(), mask_uncertainty, points, oversample=30)
    assert found.shape == (2, points, 2)
    assert ((found[:, :important, 0] - 0.5).abs() < 0.1).all()


def draws(batch: int, first: int, second: int) -> tuple[Tensor, Tensor, torch.Generator]:
    """What a generator draws in two rounds, and the generator as it was before."""
    generator = torch.Generator().manual_seed(11)
    rounds = (torch.rand(batch, number, 2, generator=generator) for number in (first, second))
    return *rounds, torch.Generator().manual_seed(11)  # type: ignore[return-value]


def test_the_most_uncertain_draws_come_first_and_the_rest_as_they_are_drawn() -> None:
    logits = torch.randn(2, 1, 7, 7, generator=torch.Generator().manual_seed(0))
    drawn, others, generator = draws(2, int(2.5 * 10), 10 - int(0.75 * 10))
    found = uncertain_points(logits, mask_uncertainty, 10, oversample=2.5, generator=generator)
    certain = sample_points(logits, drawn)[:, 0].abs()
    for box in range(2):
        best = sorted(range(25), key=certain[box].tolist().__getitem__)[:7]
        assert torch.equal(found[box, :7], drawn[box, best])
    assert torch.equal(found[:, 7:], others)


def test_without_importance_the_second_draw_is_taken_as_it_is() -> None:
    _, others, generator = draws(2, 9, 9)
    settings: dict[str, Any] = {"oversample": 1, "importance": 0, "generator": generator}
    assert torch.equal(uncertain_points(edge(), mask_uncertainty, 9, **settings), others)


def test_importance_0_is_uniform() -> None:
    generator = torch.Generator().manual_seed(1)
    found = uncertain_points(edge(), mask_uncertainty, 4000, importance=0, generator=generator)
    counts = torch.histc(found[..., 0], 8, 0, 1)
    assert (counts - 1000).abs().max() < 150


def test_a_seed_gives_the_same_points() -> None:
    first, again = (
        uncertain_points(edge(), mask_uncertainty, 50, generator=torch.Generator().manual_seed(3))
        for _ in range(2)
    )
    assert torch.equal(first, again)


def test_points_have_no_gradient() -> None:
    logits = edge().clone().requires_grad_()
    assert not uncertain_points(logits, mask_uncertainty, 9).requires_grad


def test_uncertainty_is_that_of_sampled_logits() -> None:
    # Between -1 and 1 lies 0, although neither pixel is uncertain: sampled uncertainties would not
    # find it.
    logits = torch.tensor([[[[-1.0, 1.0]]]])
    generator = torch.Generator().manual_seed(0)
    found = uncertain_points(
        logits, mask_uncertainty, 4, oversample=200, importance=1, generator=generator
    )
    assert ((found[..., 0] - 0.5).abs() < 0.02).all()


def test_uncertainty_of_classes_is_that_of_the_two_largest() -> None:
    logits = torch.randn(3, 9, 200, generator=torch.Generator().manual_seed(0))
    first, second = logits.sort(dim=1, descending=True).values[:, :2].unbind(1)
    assert torch.equal(class_uncertainty(logits), second - first)
    assert torch.equal(class_uncertainty(logits[:, :2]), -(logits[:, 0] - logits[:, 1]).abs())


@pytest.mark.parametrize("side", [1, 7, 14, 24, 26, 28, 52, 416])
def test_grids_are_those_of_affine_grid_to_the_last_bit(side: int) -> None:
    whole = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    theirs = functional.affine_grid(whole, [1, 1, side, side], align_corners=False)
    assert torch.equal(grid_points(side), theirs.reshape(-1, 2) * 0.5 + 0.5)


def test_cells_of_a_square_have_the_centres_of_its_grid() -> None:
    for side in (7, 224):
        centres = cell_centres(torch.arange(side * side), (side, side))
        # each is rounded as the published models do it: the last bit may differ
        torch.testing.assert_close(centres, grid_points(side), rtol=0, atol=2**-23)
