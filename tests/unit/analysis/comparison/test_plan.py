"""How many images a difference takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.analysis.comparison.plan import CHECKS, images_needed, plan_of


def halves_of(images: int, seed: int = 0) -> Callable[[int], NDArray[np.bool_]]:
    def halves(stream: int) -> NDArray[np.bool_]:
        return np.random.default_rng([seed, stream]).random((CHECKS, images)) < 0.5

    return halves


def test_four_times_the_images_show_half_the_difference() -> None:
    assert images_needed(0.01, 200, 0.028) == 200
    assert images_needed(0.01, 200, 0.014) == 800


def test_the_error_of_a_mean_follows_the_law() -> None:
    images = np.random.default_rng(7).normal(size=800)
    error = float(images.std() / np.sqrt(800))

    def mean(copies: NDArray[np.uint16]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = copies @ images / copies.sum(axis=1)
        return found

    plan = plan_of(mean, halves_of(800), se=error, images=800, target=0.05)
    assert plan.exponent == pytest.approx(-0.5, abs=0.12)
    assert plan.follows_law
    assert plan.sizes == (200, 400, 800)
    assert plan.images == images_needed(error, 800, 0.05)


def test_an_error_that_does_not_fall_is_told() -> None:
    images = np.random.default_rng(7).normal(size=800)

    def total(copies: NDArray[np.uint16]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = copies @ images / np.sqrt(copies.sum(axis=1))
        return found

    plan = plan_of(total, halves_of(800), se=1.0, images=800, target=0.05)
    assert not plan.follows_law


def test_without_an_error_nothing_is_planned() -> None:
    def constant(copies: NDArray[np.uint16]) -> NDArray[np.float64]:
        return np.full(len(copies), 0.2)

    plan = plan_of(constant, halves_of(40), se=0.0, images=40, target=0.01)
    assert (plan.images, plan.exponent) == (None, None)
    assert plan_of(constant, halves_of(40), se=None, images=40, target=0.01).images is None
