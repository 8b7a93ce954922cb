"""Functions that make scores mean what they say, fitted to predictions whose truth is known.

All of them are increasing, so they keep the ranking and AP but for ties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen

LEAST_FOR_ISOTONIC = 200
"""Fewest predictions to fit an isotonic function to: with fewer, each step rests on a few."""

EDGE = 1e-6
"""Distance from 0 and 1 within which a score has no larger logit."""

STEPS = 60
"""Halvings in the search for a temperature."""

HOTTEST = 6.0
"""Largest logarithm of a temperature, either way: 1/403 to 403."""

APART = 1e-9
"""What scores count beside their new values, so that flat pieces keep the order."""


@frozen
class Fit:
    """A fitted function from scores to scores.

    Attributes:
        method: "isotonic", "temperature" or "linear".
        parameters: of the function: `scores` and `values` of its corners; `temperature`; `slope`
            and `intercept`.
    """

    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """The new scores, from 0 to 1, of scores from 0 to 1, float64, shape (n,)."""
        own = self.parameters
        match self.method:
            case "isotonic":
                return np.asarray(np.interp(score, own["scores"], own["values"]))
            case "temperature":
                return _sigmoid(_logit(score) / own["temperature"])
            case _:
                return np.asarray(np.clip(own["slope"] * score + own["intercept"], 0, 1))


def isotonic(score: NDArray[np.float64], target: NDArray[np.float64]) -> Fit | None:
    """The increasing function of least squares: pool adjacent violators.

    Args:
        score: float64, shape (n,).
        target: from 0 to 1, float64, shape (n,).

    Returns:
        Straight between its corners, constant beyond them; None for fewer than 200 predictions.
    """
    if len(score) < LEAST_FOR_ISOTONIC:
        return None
    at, value = pooled(score, target)
    return Fit("isotonic", {"scores": at.tolist(), "values": value.tolist()})


def pooled(
    score: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of the isotonic regression of targets on scores.

    Equal scores are one point, with the mean of their targets and their number as weight.

    Returns:
        Increasing scores and values that never decrease: both ends of each flat piece.

    Source:
        Barlow et al., Statistical Inference under Order Restrictions (1972).

    Example:
        >>> at, value = pooled(np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.0, 1.0, 0.0, 1.0]))
        >>> at.tolist(), value.tolist()
        ([0.2, 0.4, 0.6, 0.8], [0.0, 0.5, 0.5, 1.0])
    """
    points, place = np.unique(score, return_inverse=True)
    weights = np.bincount(place).tolist()
    means = (np.bincount(place, target) / np.bincount(place)).tolist()
    blocks: list[tuple[float, int, int]] = []  # mean, weight, last point
    for last, (mean, weight) in enumerate(zip(means, weights, strict=True)):
        while blocks and blocks[-1][0] >= mean:
            other, more, _ = blocks.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight += more
        blocks.append((mean, weight, last))
    values = np.array([mean for mean, _, _ in blocks])
    last_points = np.array([last for _, _, last in blocks])
    first_points = np.concatenate([[0], last_points[:-1] + 1])
    corners = np.unique(np.concatenate([first_points, last_points]))
    return points[corners], values[np.searchsorted(last_points, corners)]


def temperature(score: NDArray[np.float64], target: NDArray[np.float64]) -> Fit | None:
    """Logits divided by the temperature of the smallest cross-entropy.

    Args:
        score: from 0 to 1, float64, shape (n,).
        target: from 0 to 1, float64, shape (n,).

    Returns:
        None without predictions.

    Source:
        Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    if not len(score):
        return None
    logit = _logit(score)
    low, high = -HOTTEST, HOTTEST
    for _ in range(STEPS):
        middle = (low + high) / 2
        # the derivative by 1/T rises with 1/T: the cross-entropy is convex there
        slope = float((logit * (_sigmoid(logit / np.exp(middle)) - target)).sum())
        low, high = (middle, high) if slope > 0 else (low, middle)
    return Fit("temperature", {"temperature": float(np.exp((low + high) / 2))})


def linear(score: NDArray[np.float64], target: NDArray[np.float64]) -> Fit | None:
    """A straight line by least squares, clipped to 0 and 1; it never decreases.

    Args:
        score: float64, shape (n,).
        target: from 0 to 1, float64, shape (n,).

    Returns:
        None without predictions.
    """
    if not len(score):
        return None
    spread = float(((score - score.mean()) ** 2).sum())
    shared = float(((score - score.mean()) * (target - target.mean())).sum())
    slope = max(shared / spread, 0.0) if spread > 0 else 0.0
    return Fit("linear", {"slope": slope, "intercept": float(target.mean() - slope * score.mean())})


Method = Literal["isotonic", "temperature", "linear"]
"""The function that is fitted."""

Fitting = Callable[[NDArray[np.float64], NDArray[np.float64]], Fit | None]

METHODS: Mapping[str, Fitting] = {
    "isotonic": isotonic,
    "temperature": temperature,
    "linear": linear,
}
"""Ways to fit, by name."""


def usable_fit(method: str, score: NDArray[np.float64], target: NDArray[np.float64]) -> Fit | None:
    """A function by one of `METHODS`; a temperature where predictions are too few for it.

    Args:
        method: "isotonic", "temperature" or "linear".
        score: from 0 to 1, float64, shape (n,).
        target: from 0 to 1, float64, shape (n,).

    Returns:
        None without predictions.
    """
    return METHODS[method](score, target) or temperature(score, target)


def in_order(fit: Fit, score: NDArray[np.float64]) -> NDArray[np.float64]:
    """The new scores of scores from 0 to 1, (n,), in the order of the old ones."""
    return np.asarray((fit(score) + APART * score) / (1 + APART))


def held_out_scores(
    fitting: Fitting,
    score: NDArray[np.float64],
    target: NDArray[np.float64],
    half: NDArray[np.bool_],
) -> NDArray[np.float64] | None:
    """New scores of each half, by a function that is fitted to the other.

    Args:
        fitting: one of `METHODS`.
        score: from 0 to 1, float64, shape (n,).
        target: from 0 to 1, float64, shape (n,).
        half: whether each prediction is of the one half of the images, bool, shape (n,).

    Returns:
        float64, shape (n,); None if a half is too small for it.
    """
    found = np.empty(len(score))
    for own in (half, ~half):
        fit = fitting(score[~own], target[~own])
        if fit is None:
            return None
        found[own] = fit(score[own])
    return found


def _logit(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the odds."""
    inside = np.clip(score, EDGE, 1 - EDGE)
    return np.asarray(np.log(inside / (1 - inside)))


def _sigmoid(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of the logit; large logits do not overflow."""
    return np.asarray(0.5 * (1 + np.tanh(logit / 2)))
