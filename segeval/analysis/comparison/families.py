"""Tests of one difference and of families of differences, by swapping outputs of the models."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.intervals import NEGLIGIBLE


def swap_p_values(
    observed: NDArray[np.float64], swapped: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Two-sided p-values of M differences, each by itself.

    p = (1 + number of swaps at least as far from 0 as the difference observed) / (B + 1).
    Swaps in which the difference is undefined are left out.

    Args:
        observed: differences without a swap, float64, shape (M,); NaN is undefined.
        swapped: the same after each of B swaps, float64, shape (B, M).

    Returns:
        float64, shape (M,), NaN where the difference is undefined.

    Source:
        Smucker, Allan and Carterette, A Comparison of Statistical Significance Tests for
        Information Retrieval Evaluation (CIKM 2007).

    Example:
        >>> swap_p_values(np.array([0.2]), np.array([[0.1], [-0.2], [0.0]]))
        array([0.5])
    """
    defined = ~np.isnan(swapped)
    extreme = _reaches(np.abs(swapped), np.abs(observed)) & defined
    p = (1 + extreme.sum(axis=0)) / (1 + defined.sum(axis=0))
    return np.where(np.isnan(observed), np.nan, p)


def max_t_p_values(
    observed: NDArray[np.float64],
    swapped: NDArray[np.float64],
    *,
    members: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """p-values of a family of differences, corrected for looking at all of them.

    Every difference is measured in its own standard deviation over the swaps, and compared with
    the largest of the family in each swap (single-step max-T). If no member truly differs, the
    chance that any has p at most 0.05 is 5 %, however many there are and however they depend on
    each other. A member that no swap moves leaves the family with p = 1.

    Args:
        observed: differences without a swap, float64, shape (K,); NaN is undefined.
        swapped: the same after each of B swaps, float64, shape (B, K).
        members: which of them are tested, bool, shape (K,); None for all.

    Returns:
        float64, shape (K,), NaN where the difference is undefined or not tested.

    Source:
        Westfall and Young, Resampling-Based Multiple Testing (1993), section 2.3.

    Example:
        >>> swaps = np.array([[0.1, 0.0], [-0.1, 0.2], [0.1, -0.2], [-0.1, 0.0]])
        >>> max_t_p_values(np.array([0.3, 0.1]), swaps).round(2)
        array([0.2, 1. ])
    """
    p = np.full(len(observed), np.nan)
    tested = ~np.isnan(observed) if members is None else ~np.isnan(observed) & members
    p[tested] = 1.0
    known = np.where(np.isnan(swapped), 0.0, swapped)
    number = len(swapped)
    spread = known.std(axis=0, ddof=1) if number > 1 else np.zeros(len(observed))
    moved = np.flatnonzero(tested & (spread > NEGLIGIBLE))
    if not len(moved):
        return p
    largest = (np.abs(known[:, moved]) / spread[moved]).max(axis=1)
    own = np.abs(observed[moved]) / spread[moved]
    extreme = _reaches(largest[:, None], own).sum(axis=0)
    p[moved] = (1 + extreme) / (number + 1)
    return p


def _reaches(found: NDArray[np.float64], level: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether distances reach others; those that differ by the order of a sum are equal."""
    return np.asarray(found >= level - NEGLIGIBLE * np.maximum(1.0, level), np.bool_)
