"""Which rows, which images, and how many copies of each: what a caller asks curves of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import InputError, ShapeError

MOST_COPIES = 10**6
"""Largest weight of an image: sums of weights must stay exact."""


def mask_of(chosen: ArrayLike, length: int, name: str) -> NDArray[np.bool_]:
    """A part of the rows or images as a mask, bool, shape (length,).

    Args:
        chosen: a mask, or places.
        length: how many there are.
        name: what the argument is called.

    Raises:
        ShapeError: if it is neither.
    """
    given = np.asarray(chosen)
    if given.dtype == np.bool_ and given.shape == (length,):
        return given
    if given.ndim != 1 or not (given.dtype.kind in "iu" or given.size == 0):
        raise ShapeError(
            f"{name} has shape {given.shape} of {given.dtype}, expected bool of shape ({length},), "
            "or places",
            code=name,
            option=name,
        )
    if given.size and (given.min() < 0 or given.max() >= length):
        raise ShapeError(f"{name} has a place outside of 0..{length - 1}", code=name, option=name)
    mask = np.zeros(length, np.bool_)
    mask[given.astype(np.int64)] = True
    return mask


def whole_weights(weights: ArrayLike, length: int) -> NDArray[np.int64]:
    """How many copies of each image there are, int64, shape (length,).

    Raises:
        ShapeError: if there is not one for each image.
        InputError: if they are not whole numbers of 0 and more.
    """
    given = np.asarray(weights)
    if given.shape != (length,):
        raise ShapeError(
            f"weights has shape {given.shape}, expected ({length},): one for each image",
            code="weights",
            option="weights",
        )
    if (
        given.dtype.kind not in "iuf"
        or not ((given >= 0) & (given <= MOST_COPIES) & (given == np.floor(given))).all()
    ):
        raise InputError(
            f"weights must be whole numbers of 0 and more, up to {MOST_COPIES:,}: how many copies "
            "of each image count",
            code="weights",
            option="weights",
        )
    return given.astype(np.int64)
