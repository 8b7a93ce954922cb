"""How many images a difference takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.analysis.comparison.plan import (
    CHECKS,
    Plan,
    images_needed,
    parts_of_images,
    plan_of,
)


def halves_of(images: int, seed: int = 0) -> Callable[[int], NDArray[np.bool_]]:
    def halves(stream: int) -> NDArray[np.bool_]:
        return np.random.default_rng([seed, stream]).random((CHECKS, images)) < 0.5

    return halves


def planned(
    numbers: Callable[[NDArray[np.uint16]], NDArray[np.float64]],
    se: float | None,
    images: int,
    target: float,
) -> Plan:
    parts = parts_of_images(halves_of(images), images)
    return plan_of([numbers(part) for part in parts], se=se, images=images, target=target)


def test_parts_are_a_quarter_and_half_of_the_images() -> None:
    quarter, half = parts_of_images(halves_of(800), 800)
    assert (quarter <= half).all()
    assert [part.mean() for part in (quarter, half)] == pytest.approx([0.25, 0.5], abs=0.01)


def test_four_times_the_images_show_half_the_difference() -> None:
    assert images_needed(0.01, 200, 0.028) == 200
    assert images_needed(0.01, 200, 0.014) == 800


def test_more_images_make_up_for_the_error_between_runs_up_to_a_point() -> None:
    # 2.8 ** 2 * (se ** 2 * 200 / n + se_runs ** 2) = target ** 2
    assert images_needed(0.01, 200, 0.035, se_runs=0.0075) == 200
    assert images_needed(0.01, 200, 0.02, se_runs=0.0075) is None


def test_the_error_between_runs_is_told_apart_from_that_of_images() -> None:
    images = np.random.default_rng(7).normal(size=800)
    of_images, of_runs = float(images.std() / np.sqrt(800)), 0.05
    means = [part @ images / part.sum(axis=1) for part in parts_of_images(halves_of(800), 800)]
    total = float(np.hypot(of_images, of_runs))
    plan = plan_of(means, se=total, images=800, target=0.2, several_runs=True)
    assert plan.se == total
    assert plan.se_runs == pytest.approx(of_runs, rel=0.1)
    assert plan.errors[-1] == pytest.approx(of_images, rel=0.2)
    assert plan.follows_law
    assert plan.images is not None
    assert plan.images > images_needed(of_images * 0.8, 800, 0.2)  # type: ignore[operator]
    assert plan_of(means, se=total, images=800, target=0.1, several_runs=True).images is None


def test_the_error_of_a_mean_follows_the_law() -> None:
    images = np.random.default_rng(7).normal(size=800)
    error = float(images.std() / np.sqrt(800))

    def mean(copies: NDArray[np.uint16]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = copies @ images / copies.sum(axis=1)
        return found

    plan = planned(mean, error, 800, 0.05)
    assert plan.exponent == pytest.approx(-0.5, abs=0.12)
    assert plan.follows_law
    assert plan.sizes == (200, 400, 800)
    assert plan.images == images_needed(error, 800, 0.05)


def test_what_draws_lack_does_not_change_the_law() -> None:
    images = np.random.default_rng(7).normal(size=800)
    error = float(images.std() / np.sqrt(800))

    def mean(copies: NDArray[np.uint16]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = copies @ images / copies.sum(axis=1)
        return found

    found = [mean(part) for part in parts_of_images(halves_of(800), 800)]
    plain = plan_of(found, se=error, images=800, target=0.05)
    wide = plan_of(found, se=2 * error, stretch=2, images=800, target=0.05)
    assert wide.exponent == pytest.approx(plain.exponent, abs=1e-12)
    assert wide.images == images_needed(2 * error, 800, 0.05)


def test_an_error_that_does_not_fall_is_told() -> None:
    images = np.random.default_rng(7).normal(size=800)

    def total(copies: NDArray[np.uint16]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = copies @ images / np.sqrt(copies.sum(axis=1))
        return found

    plan = planned(total, 1.0, 800, 0.05)
    assert not plan.follows_law


def test_without_an_error_nothing_is_planned() -> None:
    def constant(copies: NDArray[np.uint16]) -> NDArray[np.float64]:
        return np.full(len(copies), 0.2)

    plan = planned(constant, 0.0, 40, 0.01)
    assert (plan.images, plan.exponent) == (None, None)
    assert planned(constant, None, 40, 0.01).images is None
