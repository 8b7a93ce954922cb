"""Weights of models: worked numbers and edges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from segeval.ensemble.weighing.class_weights import classwise
from segeval.ensemble.weighing.weights import linear_interpolation, linear_reweight
from segeval.errors import InputError, ShapeError

PAPER = [77.21, 77.32, 77.38, 77.37, 76.95]
AP = [[0.6, 0.2, 0.4], [0.5, 0.4, math.nan], [0.3, 0.1, 0.1]]
KNOWS = [[True, True, True], [True, True, False], [True, True, True]]


def test_points_and_fractions_give_the_same_weights() -> None:
    points = linear_interpolation(PAPER)
    assert points.round(6).tolist() == [0.84186, 0.944186, 1, 0.990698, 0.6]
    assert linear_interpolation(np.array(PAPER) / 100) == pytest.approx(points)


def test_equal_models_have_equal_weights() -> None:
    assert linear_interpolation([50, 50]).tolist() == [1, 1]
    assert linear_interpolation([7], theta_max=0.9).tolist() == [0.9]
    assert linear_reweight([3, 3]).tolist() == [1, 1]
    assert linear_reweight([3]).tolist() == [1]


def test_a_model_that_is_listed_twice_changes_no_other_weight() -> None:
    assert linear_interpolation([*PAPER, PAPER[0]])[:5].tolist() == (
        linear_interpolation(PAPER).tolist()
    )


@pytest.mark.parametrize("scores", [[1, math.nan], [math.inf, 1], [], ["x"]])
def test_scores_must_be_finite_numbers(scores: Any) -> None:
    for function in (linear_interpolation, linear_reweight):
        with pytest.raises(InputError, match="expected a finite number for each model"):
            function(scores)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"theta_min": 0.9, "theta_max": 0.6}, "`theta_min` is 0.9 and `theta_max` 0.6"),
        ({"theta_min": -0.1}, "expected weights that rise"),
        ({"min_spread": -1}, "`min_spread` is -1"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, float], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        linear_interpolation(PAPER, **settings)


def test_class_weights_of_the_worked_example() -> None:
    relative = classwise(AP, coverage=KNOWS)
    expected = [[1, 0.5, 1], [5 / 6, 1, math.nan], [0.5, 0.25, 0.25]]
    assert np.allclose(relative, expected, equal_nan=True)
    interp = classwise(AP, coverage=KNOWS, mode="interp")
    expected = [[1, 0.733333, 1], [0.866667, 1, math.nan], [0.6, 0.6, 0.6]]
    assert np.allclose(interp, expected, atol=1e-6, equal_nan=True)


def test_weights_of_rare_classes_are_drawn_to_those_of_the_whole() -> None:
    found = classwise(AP, coverage=KNOWS, n_gt=[5, 5, 5], kappa=20, overall=[1, 8 / 9, 5 / 9])
    assert found[:, 1].round(6).tolist() == [0.9, 0.911111, 0.494444]


def test_a_class_without_objects_takes_the_weights_of_the_whole() -> None:
    ap = [[0.4, math.nan], [0.2, math.nan]]
    assert classwise(ap)[:, 1].tolist() == [1, 0.5]


def test_a_class_that_nobody_finds_treats_all_alike() -> None:
    assert classwise([[0.0, 0.5], [0.0, 0.4]])[:, 0].tolist() == [1, 1]


def test_cut_off_and_best_of_class() -> None:
    ap = [[0.5], [0.45], [0.3]]
    assert classwise(ap, mode="cutoff", rho=0.8)[:, 0].tolist() == pytest.approx([1, 0.9, 0])
    assert classwise(ap, mode="topk", k=2)[:, 0].tolist() == [1, 1, 0]


def test_class_weights_need_shapes_that_fit() -> None:
    with pytest.raises(ShapeError, match="`n_gt` is None, expected 3 numbers"):
        classwise(AP, kappa=1)
    with pytest.raises(ShapeError, match="`coverage` has shape"):
        classwise(AP, coverage=[[True]])
    with pytest.raises(InputError, match="`mode` is 'best'"):
        classwise(AP, mode="best")  # type: ignore[arg-type]


@pytest.mark.parametrize("scores", [[1e308, -1e308], [1e101, 0]])
def test_worth_whose_difference_would_overflow_is_refused(scores: list[float]) -> None:
    with pytest.raises(InputError, match=r"expected a finite number of at most 1e\+100 for"):
        linear_interpolation(scores)
