"""Weights of images, of many replicates at once, and what every kind of result does with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from segeval.errors import MismatchError, ShapeError
from segeval.kernels.threads import in_order
from segeval.metrics.image_columns import whole_weights

T = TypeVar("T")

MOST_BYTE = 255
"""The largest weight of images in bytes."""


class Latest(Generic[T]):
    """What was made of this model and another one, kept for the next call with the same."""

    def __init__(self) -> None:
        self._kept: tuple[Any, T] | None = None

    def of(self, other: Any, make: Callable[[], T]) -> T:
        """What is kept of this very model, or made of it now.

        Args:
            other: the other model.
            make: makes it; what it raises is raised, and nothing is kept.
        """
        kept = self._kept
        if kept is None or kept[0] is not other:
            self._kept = kept = (other, make())
        return kept[1]


def in_lanes(weights: NDArray[Any], lanes: int, wide: type[np.number[Any]]) -> NDArray[Any]:
    """Weights of at most `lanes` replicates side by side, shape (S, lanes); 0 for those that lack.

    Args:
        weights: copies of each source, whole numbers, shape (r, S).
        lanes: replicates that are computed together.
        wide: dtype where bytes do not suffice.
    """
    is_small = weights.max(initial=0) <= MOST_BYTE
    found = np.zeros((weights.shape[1], lanes), np.uint8 if is_small else wide)
    found[:, : len(weights)] = weights.T
    return found


def fill_in_blocks(
    fill: Callable[[int, int], None], replicates: int, lanes: int, workers: int | None
) -> None:
    """Call `fill(first, stop)` on threads for blocks that cover `range(replicates)`.

    Args:
        fill: computes the replicates of one block.
        replicates: their number.
        lanes: most replicates of a block.
        workers: threads, None for all cores.
    """

    def one(first: int) -> None:
        fill(first, min(first + lanes, replicates))

    for _ in in_order(one, range(0, replicates, lanes), workers):
        pass


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
            "the two results differ in images, categories, sizes, thresholds or kinds of IoU, "
            "expected two evaluations on the same ground truth by the same rules.",
            code="not-alike",
        )
