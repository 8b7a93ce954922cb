"""What each model's scores are multiplied by, from what the models are worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import InputError

THETA = (0.6, 1.0)
"""Weights of the worst and the best model by linear interpolation (3D-FUTURE paper, eq. 1)."""

THETA_0 = 0.5
"""Weight of the worst model by rank."""

LARGEST = 1e100
"""Largest number that models are worth or weigh; differences and products stay finite."""


def linear_interpolation(
    scores: ArrayLike,
    *,
    theta_min: float = THETA[0],
    theta_max: float = THETA[1],
    min_spread: float = 0.0,
) -> NDArray[np.float64]:
    """Weights that rise linearly with what a model is worth.

    The worst model gets theta_min and the best theta_max, however close they are: a spread of 0.4
    points of AP is stretched as one of 40. `min_spread` sets the least spread that is.

    Args:
        scores: validation AP of each model, in any unit, shape (M,).
        theta_min: weight of the worst model, from 0 to theta_max.
        theta_max: weight of the best one, above 0.
        min_spread: least difference, in the unit of the scores, that theta_min stands for. With 0
            it is the difference between the best and the worst, as in the paper.

    Returns:
        float64, shape (M,); all theta_max where all scores are equal.

    Raises:
        InputError: if a score is no finite number, or for impossible weights.

    Source:
        3D-FUTURE paper (arXiv 2009.04650), eq. 1. `min_spread` is ours; the standard error of the
        differences is a sound choice.

    Example:
        >>> linear_interpolation([77.21, 77.32, 77.38, 77.37, 76.95]).round(6)
        array([0.84186 , 0.944186, 1.      , 0.990698, 0.6     ])
        >>> linear_interpolation([77.21, 77.32, 77.38, 77.37, 76.95], min_spread=2).round(3)
        array([0.966, 0.988, 1.   , 0.998, 0.914])
    """
    worth = checked_worth(scores)
    if not 0 <= theta_min <= theta_max or not 0 < theta_max <= LARGEST:
        raise InputError(
            f"`theta_min` is {theta_min:g} and `theta_max` {theta_max:g}, expected weights that "
            f"rise from 0 or more to more than 0, and to at most {LARGEST:g}",
            code="weights",
            option="theta_min",
        )
    if not 0 <= min_spread < np.inf:
        raise InputError(
            f"`min_spread` is {min_spread:g}, expected 0 or more",
            code="weights",
            option="min_spread",
        )
    best = worth.max()
    spread = max(best - worth.min(), min_spread)
    if spread == 0:
        return np.full(len(worth), theta_max)
    weights: NDArray[np.float64] = theta_max - (theta_max - theta_min) * ((best - worth) / spread)
    return weights


def linear_reweight(scores: ArrayLike, *, theta_0: float = THETA_0) -> NDArray[np.float64]:
    """Weights that fall linearly with the rank of a model.

    Args:
        scores: validation AP of each model, in any unit, shape (M,); equal ones share their mean
            rank.
        theta_0: weight of the worst model, from 0 to 1; the best has 1.

    Returns:
        float64, shape (M,); all 1 where all scores are equal.

    Raises:
        InputError: if a score is no finite number, or theta_0 is not from 0 to 1.

    Source:
        Named in the 3D-FUTURE paper (arXiv 2009.04650), table 4, without a formula. This is the one
        of the code that cites Huang et al. (arXiv 2008.01365), which the paper cites.

    Example:
        >>> linear_reweight([77.21, 77.32, 77.38, 77.37, 76.95])
        array([0.625, 0.75 , 1.   , 0.875, 0.5  ])
        >>> linear_reweight([40, 42, 42])
        array([0.5  , 0.875, 0.875])
    """
    worth = checked_worth(scores)
    if not 0 <= theta_0 <= 1:
        raise InputError(
            f"`theta_0` is {theta_0:g}, expected a weight from 0 to 1",
            code="weights",
            option="theta_0",
        )
    better = (worth[:, np.newaxis] < worth).sum(axis=1)
    equal = (worth[:, np.newaxis] == worth).sum(axis=1)
    if equal[0] == len(worth):
        return np.ones(len(worth))
    rank = better + (equal + 1) / 2
    weights: NDArray[np.float64] = theta_0 + (len(worth) - rank) * (1 - theta_0) / (len(worth) - 1)
    return weights


def checked_worth(scores: ArrayLike, *, option: str = "scores") -> NDArray[np.float64]:
    """What models are worth, as finite numbers.

    Args:
        scores: a number per model, shape (M,).
        option: what the numbers are called in messages.

    Raises:
        InputError: if there is none, or one is not finite.
    """
    try:
        worth = np.array(scores, np.float64)
    except (TypeError, ValueError):
        worth = np.full(1, np.nan)
    if worth.ndim != 1 or not len(worth) or not (np.abs(worth) <= LARGEST).all():
        size = (
            f" of at most {LARGEST:g}"
            if np.isfinite(worth).all() and np.abs(worth).max(initial=0) > LARGEST
            else ""
        )
        raise InputError(
            f"`{option}` is {np.asarray(scores).tolist()!r}, expected a finite number{size} for "
            "each model",
            code="model-scores",
            option=option,
        )
    return worth
