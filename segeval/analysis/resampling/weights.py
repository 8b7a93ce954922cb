"""Weights of images, of many replicates at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import MismatchError, ShapeError
from segeval.metrics.image_columns import whole_weights


def checked_weights(weights: NDArray[Any], images: int) -> NDArray[np.integer[Any]]:
    """Copies of each image in R replicates, whole numbers, shape (R, I).

    Args:
        weights: whole numbers of at least 0, of R replicates.
        images: I.

    Raises:
        ShapeError: unless each replicate has one per image.
        InputError: if one is negative, above a million or not a whole number.
    """
    given = np.asarray(weights)
    if given.ndim != 2 or given.shape[1] != images:
        raise ShapeError(
            f"`weights` has shape {given.shape}, expected one per replicate and image: "
            f"(replicates, {images}).",
            code="weights",
            option="weights",
        )
    if given.dtype in (np.uint8, np.uint16):
        return given
    return whole_weights(given.ravel(), given.size).reshape(given.shape)


def checked_swaps(swapped: NDArray[Any], images: int) -> NDArray[np.bool_]:
    """Whether each image is swapped in R replicates, bool, shape (R, I).

    Raises:
        ShapeError: unless each replicate has one truth value per image.
    """
    given = np.asarray(swapped)
    if given.ndim != 2 or given.shape[1] != images or given.dtype != np.bool_:
        raise ShapeError(
            f"`swapped` holds {given.dtype} of shape {given.shape}, expected a truth value per "
            f"replicate and image: (replicates, {images}).",
            code="swapped",
            option="swapped",
        )
    return given


def require_alike(*, is_alike: bool) -> None:
    """Refuse another evaluation, whose outputs cannot stand beside those of a first one.

    Raises:
        MismatchError: unless the two share images, categories, rules and ground truth.
    """
    if not is_alike:
        raise MismatchError(
            "the two results have other images, categories, sizes, thresholds or kinds of IoU, "
            "expected two evaluations on the same ground truth by the same rules.",
            code="not-alike",
        )
