"""Claims about rows of few numbers, such as boxes: `all(axis=1)` takes ten times as long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def all_of(claims: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether every claim of a row holds, bool, shape (N,), of claims (N, k).

    Example:
        >>> all_of(np.array([[True, True], [True, False]]))
        array([ True, False])
    """
    return np.asarray(np.logical_and.reduce([*claims.T]))


def any_of(claims: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether some claim of a row holds, bool, shape (N,), of claims (N, k).

    Example:
        >>> any_of(np.array([[False, True], [False, False]]))
        array([ True, False])
    """
    return np.asarray(np.logical_or.reduce([*claims.T]))
