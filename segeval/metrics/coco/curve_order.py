"""The order of predictions in the curves of their categories."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray


def curve_order(
    category: NDArray[np.integer[Any]],
    score: NDArray[np.float64],
    image: NDArray[np.integer[Any]],
) -> NDArray[np.intp]:
    """Places of predictions by category, then score down, then image; equal ones stay in order.

    Fast where the predictions are lists, one after the other, that have this order already, and
    images rise from list to list.

    Args:
        category: number of the category of each, from 0, shape (N,).
        score: shape (N,).
        image: number of its image, shape (N,).

    Example:
        >>> curve_order(np.array([0, 1, 0]), np.array([0.5, 0.9, 0.7]), np.array([3, 4, 5]))
        array([2, 0, 1])
    """
    if not len(category):
        return np.zeros(0, np.intp)
    narrow = category.astype(np.min_scalar_type(int(category.max())))  # sorted by its digits
    order = np.argsort(narrow, kind="stable")
    narrow, falling = narrow[order], -score[order]
    edges = np.flatnonzero(narrow[1:] != narrow[:-1]) + 1
    for start, stop in pairwise([0, *edges.tolist(), len(order)]):
        own = np.argsort(falling[start:stop], kind="stable")
        order[start:stop] = order[start:stop][own]
        falling[start:stop] = falling[start:stop][own]
    own_image = image[order]
    tied = (narrow[1:] == narrow[:-1]) & ~(falling[1:] > falling[:-1])
    if (tied & (own_image[1:] < own_image[:-1])).any():
        return np.lexsort((image, -score, category))
    return order
