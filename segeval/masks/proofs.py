"""What kernels assume of the arrays of a column, proven when the column is made.

Kernels check no bounds. Arrays come from files and from callers, so every column proves its own in
its constructor, and a kernel gets columns only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError, ShapeError
from segeval.limits import check_limit, limits
from segeval.words import size_text

LONGEST_SIDE = 2**31 - 1
"""Sides are int32; the pixels of a mask then fit in 63 bits."""

_PLAIN = 32767
"""Sides up to this need no further comparison: the pixels are below 2**30."""


def proven(name: str, values: Any, dtype: Any, dimensions: int = 1) -> NDArray[Any]:
    """An array of the type that kernels are compiled for, contiguous.

    Args:
        name: of the array, for messages.
        values: what the caller gave.
        dtype: what it must be.
        dimensions: number of its axes.

    Raises:
        FormatError: if it has another dtype.
        ShapeError: if it has another number of axes.
    """
    if not isinstance(values, np.ndarray) or values.dtype != dtype:
        found = values.dtype if isinstance(values, np.ndarray) else type(values).__name__
        raise FormatError(
            f"{name} of the masks is {found}, expected {np.dtype(dtype)}. "
            f"Use .astype(np.{np.dtype(dtype)}).",
            code="mask-dtype",
            field=name,
        )
    if values.ndim != dimensions:
        raise ShapeError(
            f"{name} of the masks has shape {values.shape}, expected {dimensions} "
            f"{'axis' if dimensions == 1 else 'axes'}.",
            code="mask-shape",
            field=name,
        )
    return values if values.flags.c_contiguous else np.ascontiguousarray(values)


def proven_sizes(sizes: Any, number: int, *, against: str) -> NDArray[np.int32]:
    """Sizes (H, W) of masks: whole, not negative, within the limits; int32, shape (N, 2).

    Args:
        sizes: what the caller gave, of any whole dtype.
        number: of the masks.
        against: what gives the number, such as "3 offsets", for messages.

    Raises:
        FormatError: if they are not whole numbers, or beyond the limits `side` or `pixels`.
        ShapeError: if there is not one for each mask, or a side is negative.
    """
    given = np.asarray(sizes)
    if given.shape != (number, 2):
        raise ShapeError(
            f"sizes has shape {given.shape}, expected ({number}, 2) for {against}.",
            code="sizes-shape",
            field="sizes",
        )
    if given.dtype.kind not in "iu" and given.size:
        raise FormatError(
            f"sizes of the masks is {given.dtype}, expected int32. Use .astype(np.int32).",
            code="mask-dtype",
            field="sizes",
        )
    if given.size and not (given.min() >= 0 and given.max() <= _PLAIN):
        _check_sizes(given)
    return np.ascontiguousarray(given, np.int32)


def size_of_each(sizes: Any, number: int) -> NDArray[np.int32]:
    """Sizes of new masks, given as one (H, W) for all or one for each; errors as in `proven_sizes`.

    Args:
        sizes: whole numbers, shape (2,) or (N, 2).
        number: N.
    """
    given = np.asarray(sizes)
    if given.shape == (2,):
        given = np.broadcast_to(given, (number, 2))
    return proven_sizes(given, number, against=f"{number} masks")


def _check_sizes(sizes: NDArray[np.integer[Any]]) -> None:
    """Refuse sizes (N, 2) that are negative or beyond the limits."""
    wrong = (sizes < 0).any(axis=1)
    if wrong.any():
        index = int(np.argmax(wrong))
        raise ShapeError(
            f"mask #{index} has size {size_text(sizes[index])}, expected a height and a width of 0 "
            "or more.",
            code="mask-size-range",
            index=index,
            field="sizes",
            count=int(wrong.sum()),
        )
    index, side, pixels = largest(sizes)
    check_side_and_pixels(f"mask #{index}", side, pixels, source="masks")


def are_within_limits(sizes: NDArray[np.integer[Any]]) -> bool:
    """Whether all sizes are surely within the limits, by their longest side alone.

    Args:
        sizes: (H, W), not negative, any whole dtype, shape (N, 2).
    """
    side, most = int(sizes.max(initial=0)), limits()
    return side <= min(most.side, LONGEST_SIDE) and side * side <= most.pixels


def largest(sizes: NDArray[np.integer[Any]]) -> tuple[int, int, int]:
    """The row of the first size beyond a limit, or else of the largest, its side and its pixels.

    Args:
        sizes: (H, W), not negative, any whole dtype, shape (N, 2) with N above 0.
    """
    # in float64, which is exact enough to choose a row and cannot wrap
    sides = sizes.max(axis=1)
    pixels = sizes.astype(np.float64).prod(axis=1)
    most = limits()
    beyond = (sides > most.side) | (pixels > most.pixels) | (sides > LONGEST_SIDE)
    index = int(np.argmax(beyond) if beyond.any() else np.argmax(pixels))
    height, width = (int(side) for side in sizes[index])
    return index, max(height, width), height * width


def check_side_and_pixels(noun: str, side: int, pixels: int, *, source: str) -> None:
    """Refuse a size beyond the limits.

    Args:
        noun: what has the size, such as "image 7".
        side: the longer side in pixels, a Python integer.
        pixels: height times width, a Python integer.
        source: name of the file.

    Raises:
        FormatError: if a side or the number of pixels is above its limit.
    """
    if side > LONGEST_SIDE:
        raise FormatError(
            f"{source}: {noun} has a side of {side:,} pixels, expected less than 2^31.",
            code="limit",
            path=source,
        )
    check_limit("side", side, f"{noun} has a side of {side:,} pixels", source=source)
    check_limit("pixels", pixels, f"{noun} has {pixels:,} pixels", source=source)


def proven_offsets(name: str, offsets: Any, items: int, *, of: str = "counts") -> NDArray[np.int64]:
    """Offsets that cut a list of items into consecutive parts; int64, shape (N + 1,).

    Args:
        name: of the array, for messages.
        offsets: what the caller gave.
        items: length of the list.
        of: what the items are.

    Raises:
        FormatError: if they have another dtype.
        ShapeError: if they decrease, leave the list, or there are none.
    """
    found = proven(name, offsets, np.int64)
    if not len(found) or found[0] < 0 or found[-1] > items or (found[1:] < found[:-1]).any():
        span = f"go from {found[0]} to {found[-1]} over" if len(found) else "are none for"
        raise ShapeError(
            f"{name} of the masks {span} {items} {of}, "
            f"expected values that never decrease and stay within the {of}.",
            code="mask-offsets",
            field=name,
        )
    return found
