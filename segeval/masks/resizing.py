"""Masks at another resolution, computed on runs: each pixel takes the value of the nearest one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.kernels.promise import kernel
from segeval.masks.long_runs import lengths_type, packed
from segeval.masks.measure import check_totals
from segeval.masks.proofs import size_of_each
from segeval.masks.room import spans
from segeval.masks.run_lengths import RunLengths, concatenate
from segeval.masks.transform import extend


def resize(masks: RunLengths, sizes: ArrayLike) -> RunLengths:
    """Every mask at another resolution.

    The new pixel (y, x) has the value of the old one that its centre lies in: row
    floor((y + 1/2) h / H), in whole numbers, and the same for columns. A mask without pixels
    becomes background.

    Args:
        masks: N masks.
        sizes: (H, W) in pixels; shape (2,) for all masks or (N, 2).

    Returns:
        N masks in canonical runs.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels, or a new mask may have more runs
            than the limit.
        ShapeError: if sizes has another shape, or a side is negative.

    Example:
        >>> from segeval.masks import decode, encode
        >>> decode(resize(encode([[[1, 0]]]), (2, 4)))
        array([[[1, 1, 0, 0],
                [1, 1, 0, 0]]], dtype=uint8)
    """
    check_totals(masks)
    new = size_of_each(sizes, len(masks))
    room = room_for_resized(masks, new)
    parts = [_resized(masks, new, room, start, stop) for start, stop in spans(room)]
    return parts[0] if len(parts) == 1 else concatenate(parts)


def room_for_resized(masks: RunLengths, sizes: NDArray[np.integer]) -> NDArray[np.int64]:
    """Most runs that each of N masks has at another resolution, int64, shape (N,).

    At most as many columns as a mask has runs hold several; other runs end between columns.

    Args:
        masks: N masks.
        sizes: the new (H, W), shape (N, 2).
    """
    number = np.diff(masks.offsets)
    copies = -(-sizes[:, 1].astype(np.int64) // np.maximum(masks.sizes[:, 1], 1))
    return np.asarray(2 * number * np.maximum(copies, 1) + number + 1)


def _resized(
    masks: RunLengths, new: NDArray[np.int32], room: NDArray[np.int64], start: int, stop: int
) -> RunLengths:
    """The masks of a span of rows."""
    counts = np.empty(int(room[start:stop].sum()), lengths_type(new[start:stop]))
    offsets = np.zeros(stop - start + 1, np.int64)
    size = resize_runs(
        masks.counts,
        masks.offsets[start : stop + 1],
        masks.sizes[start:stop],
        new[start:stop],
        counts,
        offsets,
    )
    return RunLengths(*packed(counts[:size].copy(), offsets), new[start:stop])


@kernel
def first_place(pixel: np.int64, old: np.int64, new: np.int64) -> np.int64:
    """The first of `new` pixels along a side whose centre lies in the old one `pixel` or later."""
    return (2 * new * pixel + old - 1) // (2 * old)


@kernel
def resize_runs(
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int32],
    new_sizes: NDArray[np.int32],
    out: NDArray[np.integer[Any]],
    out_offsets: NDArray[np.int64],
) -> int:
    """Write the runs of N resized masks to out; out_offsets[i + 1] is where mask i ends.

    Assumes a `RunLengths` of sound totals, proven by `check_totals`, and room for the runs.

    New columns are made from left to right, those that lie within one run all at once.
    """
    place = 0
    for i in range(offsets.size - 1):
        height, width = np.int64(sizes[i, 0]), np.int64(sizes[i, 1])
        tall, wide = np.int64(new_sizes[i, 0]), np.int64(new_sizes[i, 1])
        colour, length = np.int64(0), np.int64(0)
        begin = offsets[i]
        run = begin - 1  # the run that ends behind the first pixel of the column
        end = np.int64(0)
        x = np.int64(0)
        if height * width == 0:
            length, x = tall * wide, wide
        while x < wide and tall > 0:
            first = (2 * x + 1) * width // (2 * wide) * height
            while end <= first:
                run += 1
                end += np.int64(counts[run])
            whole = end // height
            if whole * height > first:
                stop = first_place(whole, width, wide)
                place, colour, length = extend(
                    out, place, colour, length, (run - begin) & 1, (stop - x) * tall
                )
                x = stop
                continue
            part, part_end = run, end
            y = np.int64(0)
            while True:
                stop = first_place(min(part_end - first, height), height, tall)
                place, colour, length = extend(
                    out, place, colour, length, (part - begin) & 1, stop - y
                )
                y = stop
                if y == tall:
                    break
                part += 1
                part_end += np.int64(counts[part])
            x += 1
        out[place] = length
        place += 1
        out_offsets[i + 1] = place
    return place
