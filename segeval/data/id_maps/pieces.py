"""In how many pieces the objects of an id map are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.masks.connected import lowest_connected


def pieces(
    ids: NDArray[np.integer[Any]],
) -> tuple[NDArray[np.integer[Any]], NDArray[np.int64]]:
    """The ids of a map, and the number of pieces of each; pixels that touch at a corner are one.

    Args:
        ids: 0 for background, shape (H, W).

    Returns:
        N ids, ascending, and the pieces of each, int64, shape (N,).

    Example:
        >>> pieces(np.array([[7, 0, 7], [0, 3, 0]]))
        (array([3, 7]), array([1, 2]))
    """
    begins = np.ones(ids.shape, np.bool_)
    begins[:, 1:] = ids[:, 1:] != ids[:, :-1]
    run = np.cumsum(begins, dtype=np.int32).reshape(ids.shape) - 1  # of equal ids in a row
    value = ids[begins]
    above, below = _touching(ids, run)
    lowest = lowest_connected(above, below, len(value))
    own = np.flatnonzero(lowest == np.arange(len(lowest)))
    values, count = np.unique(value[own], return_counts=True)
    return values[values != 0], count[values != 0].astype(np.int64)


def _touching(
    ids: NDArray[np.integer[Any]], run: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pairs of runs of one object in rows below one another that touch, also at a corner.

    Args:
        ids: 0 for background, shape (H, W).
        run: number of the run of each pixel, shape (H, W).

    Returns:
        The upper and the lower run of each pair, shape (P,) each; a pair may occur several times.
    """
    width = ids.shape[1]
    found = [np.empty((2, 0), np.int32)]
    for up, down in (
        (slice(0, width), slice(0, width)),
        (slice(0, max(width - 1, 0)), slice(1, width)),
        (slice(1, width), slice(0, max(width - 1, 0))),
    ):
        same = (ids[:-1, up] == ids[1:, down]) & (ids[1:, down] != 0)
        pair = np.stack([run[:-1, up][same], run[1:, down][same]])
        changes = (np.diff(pair) != 0).any(axis=0)
        found.append(pair[:, np.append(pair.shape[1] > 0, changes)[: pair.shape[1]]])
    above, below = np.concatenate(found, axis=1)
    return above, below
