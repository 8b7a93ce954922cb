"""Rows and images that a caller wants curves of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import ShapeError


def mask_of(chosen: ArrayLike, length: int, name: str) -> NDArray[np.bool_]:
    """A part of the rows or images as a mask, bool, shape (length,).

    Args:
        chosen: a mask, or places.
        length: number of rows or images.
        name: name of the argument.

    Raises:
        ShapeError: if it is neither.
    """
    given = np.asarray(chosen)
    if given.dtype == np.bool_ and given.shape == (length,):
        return given
    if given.ndim != 1 or not (given.dtype.kind in "iu" or given.size == 0):
        raise ShapeError(
            f"`{name}` has shape {given.shape} of {given.dtype}, expected bool of shape "
            f"({length},), or places",
            code=name,
            option=name,
        )
    if given.size and (given.min() < 0 or given.max() >= length):
        raise ShapeError(f"`{name}` has a place outside 0..{length - 1}", code=name, option=name)
    mask = np.zeros(length, np.bool_)
    mask[given.astype(np.int64)] = True
    return mask
