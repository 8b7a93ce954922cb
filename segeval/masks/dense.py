"""Masks from and to dense arrays with a byte per pixel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import ShapeError
from segeval.limits import check_limit
from segeval.masks.long_runs import packed
from segeval.masks.measure import check_one_size, check_totals, wrong_total
from segeval.masks.proofs import proven_sizes
from segeval.masks.run_lengths import RunLengths


def encode(masks: ArrayLike | Sequence[ArrayLike]) -> RunLengths:
    """Runs of dense masks.

    Args:
        masks: shape (N, H, W), or a list of N arrays of any shapes (H, W); any dtype. Every value
            but 0 is foreground.

    Returns:
        N masks in canonical runs: only the first may have length 0.

    Raises:
        ShapeError: if an array is not two-dimensional.

    Source:
        Equal to pycocotools.mask.encode on values 0 and 1.

    Example:
        >>> encode([[[0, 1, 1], [0, 1, 1]]]).counts
        array([2, 4], dtype=uint32)
        >>> encode([np.zeros((2, 3)), np.ones((4, 5))]).sizes.tolist()
        [[2, 3], [4, 5]]
    """
    sizes: list[tuple[int, ...]] = []
    runs = [np.empty(0, np.int64)]
    for index, mask in enumerate(masks if isinstance(masks, Sequence) else np.asarray(masks)):
        pixels = np.asarray(mask)
        if pixels.ndim != 2:
            raise ShapeError(
                f"mask #{index} has shape {pixels.shape}, expected (height, width). "
                "Masks are given as one array (N, H, W) or a list of arrays (H, W).",
                code="mask-shape",
                index=index,
            )
        sizes.append(pixels.shape)
        runs.append(_encode_one(pixels))
    lengths = np.array([0, *(len(counts) for counts in runs[1:])], np.int64)
    counts, offsets = packed(np.concatenate(runs), np.cumsum(lengths))
    shapes = np.array(sizes, np.int64).reshape(-1, 2)
    return RunLengths(counts, offsets, proven_sizes(shapes, len(sizes), against="the masks"))


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
    _check_dense(*masks.sizes[0].tolist())
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
    _check_dense(height, width)
    return _decode_one(counts, height, width)


def _check_dense(height: int, width: int) -> None:
    """Refuse dense pixels beyond the limit of pictures."""
    what = f"a dense mask would have {height * width:,} pixels"
    check_limit("picture_pixels", height * width, what, source="masks")


def _encode_one(pixels: NDArray[np.generic]) -> NDArray[np.int64]:
    """Run lengths of one dense mask (H, W)."""
    colours = np.zeros(pixels.size + 1, bool)  # column-major, with a background pixel in front
    np.not_equal(pixels.T, 0, out=colours[1:].reshape(pixels.shape[::-1]))
    starts = np.flatnonzero(colours[1:] != colours[:-1])
    return np.diff(starts, prepend=0, append=pixels.size)


def _decode_one(counts: NDArray[np.uint32], height: int, width: int) -> NDArray[np.uint8]:
    """Dense mask (H, W) of sound runs."""
    colours = np.arange(len(counts)) % 2
    return np.repeat(colours.astype(np.uint8), counts).reshape(width, height).T
