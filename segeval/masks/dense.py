"""Masks from and to dense arrays with a byte per pixel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import FormatError, ShapeError
from segeval.host_arrays import host_array
from segeval.kernels.threads import map_slices
from segeval.limits import check_limit
from segeval.masks.dense_runs import BY_COLUMNS, BY_ROWS, dense_runs
from segeval.masks.long_runs import lengths_type, packed
from segeval.masks.measure import check_one_size, check_totals, wrong_total
from segeval.masks.proofs import proven_sizes
from segeval.masks.run_lengths import RunLengths, concatenate
from segeval.words import counted

NUMBERS = "biufcO"
"""Kinds of types that have a 0, which text, dates and records lack."""

SLICE = 1 << 22
"""Fewest bytes of masks worth a thread."""


def encode(
    masks: ArrayLike | Sequence[ArrayLike], *, strict: bool = False, workers: int | None = None
) -> RunLengths:
    """Runs of dense masks.

    Bytes (bool, uint8, int8) are read in place, row by row or column by column; other masks are
    copied one at a time.

    Args:
        masks: shape (N, H, W), or a list of N arrays of any shapes (H, W); bool or numbers. Arrays
            of any library will do, through `__array__` or `__dlpack__`. Every value but 0 is
            foreground.
        strict: refuse masks that hold anything but bool or the whole numbers 0 and 1.
        workers: threads, None for all cores.

    Returns:
        N masks in canonical runs: only the first may have length 0.

    Raises:
        ShapeError: if an array is not two-dimensional.
        FormatError: if masks hold no numbers, or `strict` ones others than 0 and 1, or a size is
            beyond the limits.
        InputError: if workers is below 1.

    Source:
        Equal to pycocotools.mask.encode on values 0 and 1.

    Example:
        >>> encode([[[0, 1, 1], [0, 1, 1]]]).counts
        array([2, 4], dtype=uint32)
        >>> encode([np.zeros((2, 3)), np.ones((4, 5))]).sizes.tolist()
        [[2, 3], [4, 5]]
    """
    pixels = arrays_of_masks(masks)
    sizes = np.array(shapes_of(pixels), np.int64).reshape(-1, 2)
    proven = proven_sizes(sizes, len(pixels), against="the masks")
    for index, mask in enumerate(pixels if isinstance(pixels, list) else pixels[:1]):
        _check_type(index, mask.dtype, is_strict=strict)

    def one(start: int, stop: int) -> RunLengths:
        return _encoded(pixels[start:stop], proven[start:stop], start, is_strict=strict)

    largest = max(int(sizes.prod(axis=1).max(initial=1)), 1)
    least = max(SLICE // largest, 1)
    parts = map_slices(one, len(pixels), workers, least=least)
    return parts[0] if len(parts) == 1 else concatenate(parts)


def decode(masks: RunLengths) -> NDArray[np.uint8]:
    """Dense masks of one size.

    Args:
        masks: N masks, all (H, W); use `decode_one` for mixed sizes.

    Returns:
        0 for background, 1 for foreground, uint8, shape (N, H, W); (0, 0, 0) for N = 0.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.
        ShapeError: if sizes differ.

    Source:
        Equal to pycocotools.mask.decode, with the masks along the first axis instead of the last.

    Example:
        >>> decode(encode([[[0, 1], [1, 1]]]))
        array([[[0, 1],
                [1, 1]]], dtype=uint8)
    """
    check_totals(masks)
    check_one_size(masks)
    if not len(masks):
        return np.zeros((0, 0, 0), np.uint8)
    check_dense(*masks.sizes[0].tolist())
    pixels = np.empty((len(masks), *masks.sizes[0]), np.uint8)
    for index in range(len(masks)):
        pixels[index] = _decode_one(masks.runs(index), *pixels.shape[1:])
    return pixels


def decode_one(masks: RunLengths, index: int) -> NDArray[np.uint8]:
    """One mask as a dense array.

    Args:
        masks: N masks of any sizes.
        index: of the mask, from 0; negative values count from the end.

    Returns:
        0 for background, 1 for foreground, uint8, shape (H, W).

    Raises:
        FormatError: if the runs of this mask are not H x W pixels.
        IndexError: if there is no such mask.

    Example:
        >>> decode_one(encode([np.zeros((2, 3)), np.ones((1, 2))]), 1)
        array([[1, 1]], dtype=uint8)
    """
    place = range(len(masks))[index]
    counts = masks.runs(place)
    height, width = masks.sizes[place].tolist()
    total = int(counts.sum(dtype=np.int64))
    if total != height * width:
        raise wrong_total(masks, place, total)
    check_dense(height, width)
    return _decode_one(counts, height, width)


def check_dense(height: int, width: int) -> None:
    """Refuse dense pixels beyond the limit of pictures."""
    what = f"a dense mask would have {height * width:,} pixels"
    check_limit("picture_pixels", height * width, what, source="masks")


def arrays_of_masks(masks: Any) -> NDArray[Any] | list[NDArray[Any]]:
    """N masks as one array (N, H, W), or a list of arrays (H, W)."""
    pixels: Any = (
        [host_array(mask) for mask in masks] if isinstance(masks, Sequence) else host_array(masks)
    )
    if isinstance(pixels, np.ndarray) and pixels.ndim != 3:
        if pixels.ndim and not len(pixels):
            return []
        raise _wrong_shape(0, pixels.shape[1:])
    for index, shape in enumerate(shapes_of(pixels)):
        if len(shape) != 2:
            raise _wrong_shape(index, shape)
    return cast("NDArray[Any] | list[NDArray[Any]]", pixels)


def shapes_of(pixels: NDArray[Any] | list[NDArray[Any]]) -> list[tuple[int, ...]]:
    """The shape of every mask."""
    if isinstance(pixels, np.ndarray):
        return [pixels.shape[1:]] * len(pixels)
    return [mask.shape for mask in pixels]


def _wrong_shape(index: int, shape: tuple[int, ...]) -> ShapeError:
    """The error for a mask that is not two-dimensional."""
    return ShapeError(
        f"mask #{index} has shape {shape}, expected (height, width). "
        "Masks are given as one array (N, H, W) or a list of arrays (H, W).",
        code="mask-shape",
        index=index,
    )


def _check_type(index: int, dtype: np.dtype[Any], *, is_strict: bool) -> None:
    """Refuse masks without a 0; if strict, those that cannot hold 0 and 1 as whole numbers do."""
    expected = ""
    if dtype.kind not in NUMBERS:
        expected = "bool or numbers."
    if is_strict and dtype.kind not in "biu":
        expected = (
            "bool, or whole numbers that are 0 or 1. Say what is foreground, as in `masks > 0.5`."
        )
    if expected:
        raise FormatError(
            f"mask #{index} holds {dtype}, expected {expected}",
            code="mask-values",
            index=index,
            field="masks",
        )


def _encoded(
    pixels: NDArray[Any] | list[NDArray[Any]],
    sizes: NDArray[np.int32],
    first: int,
    *,
    is_strict: bool,
) -> RunLengths:
    """Runs of some masks, of which the first is mask #`first`."""
    if isinstance(pixels, np.ndarray) and _in_place(pixels) is not None:
        lengths, offsets = _runs(pixels, sizes, first, is_strict=is_strict)
        return RunLengths(*packed(lengths, offsets), sizes)

    def one(index: int) -> NDArray[np.integer[Any]]:
        size = sizes[index : index + 1]
        return _runs(pixels[index][np.newaxis], size, first + index, is_strict=is_strict)[0]

    return packed_one_by_one(one, sizes)


def packed_one_by_one(
    lengths_of: Callable[[int], NDArray[np.integer[Any]]], sizes: NDArray[np.int32]
) -> RunLengths:
    """Masks of sizes (N, 2) from the run lengths of each."""
    parts = [lengths_of(index) for index in range(len(sizes))]
    ends = np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)
    return RunLengths(*packed(np.concatenate([np.empty(0, np.uint32), *parts]), ends), sizes)


def _in_place(pixels: NDArray[Any]) -> tuple[NDArray[np.uint8], int] | None:
    """The bytes of masks (N, H, W) end to end, and their order.

    None if the pixels are wider than a byte or do not lie end to end.
    """
    if pixels.dtype.kind not in "biu" or pixels.dtype.itemsize != 1:
        return None
    for order, turned in ((BY_ROWS, pixels), (BY_COLUMNS, pixels.transpose(0, 2, 1))):
        if turned.flags.c_contiguous:
            flat = turned.reshape(-1).view(np.uint8)
            flat.flags.writeable = False  # kernels are compiled for arrays that are only read
            return flat, order
    return None


def _as_bytes(pixels: NDArray[Any], *, is_strict: bool) -> NDArray[np.uint8]:
    """A copy of masks in bytes, end to end; if strict, values other than 0 and 1 become 2."""
    if pixels.dtype.kind in "biu" and pixels.dtype.itemsize == 1:
        found = np.ascontiguousarray(pixels).view(np.uint8)
    else:
        found = np.ascontiguousarray(pixels != 0).view(np.uint8)
        if is_strict:
            found[(pixels != 0) & (pixels != 1)] = 2
    found.flags.writeable = False
    return found


def _runs(
    pixels: NDArray[Any], sizes: NDArray[np.int32], first: int, *, is_strict: bool
) -> tuple[NDArray[np.integer[Any]], NDArray[np.int64]]:
    """Run lengths of masks (N, H, W), and their offsets (N + 1,)."""
    number, height, width = pixels.shape
    placed = _in_place(pixels)
    if placed is None:
        check_dense(height, width)
        placed = _as_bytes(pixels, is_strict=is_strict).reshape(-1), BY_ROWS
    offsets = np.zeros(number + 1, np.int64)
    like = np.empty(0, lengths_type(sizes))
    lengths, wrong = dense_runs(placed[0], height, width, placed[1], offsets, like)
    if is_strict and wrong < number and pixels.dtype != bool:
        raise _wrong_value(pixels[wrong], first + wrong)
    return lengths, offsets


def _wrong_value(mask: NDArray[Any], index: int) -> FormatError:
    """The error for a mask (H, W) with a whole number other than 0 and 1."""
    values = mask[(mask != 0) & (mask != 1)]
    number = len(np.unique(values))
    others = f" and {counted(number - 1, 'other value')}" if number > 1 else ""
    return FormatError(
        f"mask #{index} holds {values[0]}{others}, expected only 0 and 1. "
        "Say what is foreground, as in `masks == 255`.",
        code="mask-values",
        index=index,
        field="masks",
    )


def _decode_one(counts: NDArray[np.uint32], height: int, width: int) -> NDArray[np.uint8]:
    """Dense mask (H, W) of sound runs."""
    colours = np.arange(len(counts)) % 2
    return np.repeat(colours.astype(np.uint8), counts).reshape(width, height).T
