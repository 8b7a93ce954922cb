"""What pairs connect: runs of one piece, or masks of one group."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def lowest_connected(
    first: NDArray[np.integer[Any]], second: NDArray[np.integer[Any]], number: int
) -> NDArray[np.intp]:
    """The lowest number that each of N things is connected with, over any number of pairs.

    Args:
        first: one thing of each pair, from 0 to N - 1, shape (P,).
        second: the other one, likewise.
        number: N.

    Returns:
        Shape (N,); things have the same number where they are connected, and nowhere else. What is
        in no pair has its own.

    Example:
        >>> lowest_connected(np.array([4, 1]), np.array([1, 3]), 5).tolist()
        [0, 1, 2, 1, 1]
    """
    lowest = np.arange(number)
    while (lowest[first] != lowest[second]).any():
        low = np.minimum(lowest[first], lowest[second])
        np.minimum.at(lowest, lowest[first], low)
        np.minimum.at(lowest, lowest[second], low)
        while (lowest != lowest[lowest]).any():
            lowest = lowest[lowest]
    return lowest
