"""Masks of parts of an image, placed into the whole, computed on runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import ShapeError
from segeval.kernels.promise import kernel
from segeval.masks.long_runs import lengths_type, packed
from segeval.masks.measure import check_totals
from segeval.masks.proofs import LONGEST_SIDE, size_of_each
from segeval.masks.room import spans
from segeval.masks.run_lengths import RunLengths, concatenate
from segeval.masks.transform import crop, extend


def paste(masks: RunLengths, corners: ArrayLike, sizes: ArrayLike) -> RunLengths:
    """Every mask as a part of a larger one; what lies beyond the larger one is cut off.

    Args:
        masks: N masks.
        corners: x, y of the top left pixel in the larger mask, in whole pixels, also below 0;
            shape (2,) for all masks or (N, 2).
        sizes: (H, W) of the larger masks; shape (2,) for all or (N, 2).

    Returns:
        N masks in canonical runs, background outside of the part.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels, or a new mask may have more runs
            than the limit.
        ShapeError: if corners are not in whole pixels, or an array has another shape.

    Example:
        >>> from segeval.masks import decode, encode
        >>> decode(paste(encode([[[1, 1]]]), (2, 1), (2, 3)))
        array([[[0, 0, 0],
                [0, 0, 1]]], dtype=uint8)
    """
    corner = _corner_of_each(masks, corners)
    new = size_of_each(sizes, len(masks))
    far = np.clip(corner + masks.sizes[:, ::-1], 0, new[:, ::-1])
    near = np.clip(corner, 0, new[:, ::-1])
    sides = np.maximum(far - near, 0)
    own = np.clip(near - corner, 0, masks.sizes[:, ::-1])
    if (sides == masks.sizes[:, ::-1]).all():
        check_totals(masks)
        parts = masks
    else:
        parts = crop(masks, np.concatenate([own, sides], axis=1))
    room = room_for_pasted(parts)
    found = [_pasted(parts, near, new, room, start, stop) for start, stop in spans(room)]
    return found[0] if len(found) == 1 else concatenate(found)


def room_for_pasted(masks: RunLengths) -> NDArray[np.int64]:
    """Most runs that each of N masks has in a larger one, int64, shape (N,)."""
    return most_pasted_runs(masks.counts, masks.offsets, masks.sizes)


def _pasted(
    masks: RunLengths,
    corners: NDArray[np.int64],
    new: NDArray[np.int32],
    room: NDArray[np.int64],
    start: int,
    stop: int,
) -> RunLengths:
    """The masks of a span of rows, which lie inside of the larger ones."""
    counts = np.empty(int(room[start:stop].sum()), lengths_type(new[start:stop]))
    offsets = np.zeros(stop - start + 1, np.int64)
    size = paste_runs(
        masks.counts,
        masks.offsets[start : stop + 1],
        masks.sizes[start:stop],
        corners[start:stop],
        new[start:stop],
        counts,
        offsets,
    )
    return RunLengths(*packed(counts[:size].copy(), offsets), new[start:stop])


def _corner_of_each(masks: RunLengths, corners: ArrayLike) -> NDArray[np.int64]:
    """x, y of each mask, int64, shape (N, 2)."""
    given = np.asarray(corners)
    if given.shape not in ((2,), (len(masks), 2)):
        raise ShapeError(
            f"corners has shape {given.shape}, expected (2,) or ({len(masks)}, 2): x, y in pixels.",
            code="corner-shape",
        )
    given = np.broadcast_to(given, (len(masks), 2))
    wrong = np.flatnonzero(
        (given != np.floor(given)).any(axis=1) | (abs(given) > LONGEST_SIDE).any(axis=1)
    )
    if len(wrong):
        index = int(wrong[0])
        raise ShapeError(
            f"corner #{index} is {given[index].tolist()}, expected x, y in whole pixels.",
            code="corner",
            index=index,
            count=len(wrong),
        )
    return np.ascontiguousarray(given, np.int64)


@kernel
def most_pasted_runs(
    counts: NDArray[np.uint32], offsets: NDArray[np.int64], sizes: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Most runs that each of N masks has when it is placed into a larger one, shape (N,).

    A run of foreground begins and ends once in every column that it reaches.

    Assumes a `RunLengths`.
    """
    room = np.ones(offsets.size - 1, np.int64)
    for i in range(offsets.size - 1):
        height = max(np.int64(sizes[i, 0]), np.int64(1))
        for run in range(offsets[i] + 1, offsets[i + 1], 2):
            room[i] += 2 * (np.int64(counts[run]) // height + 2)
    return room


@kernel
def paste_runs(
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int32],
    corners: NDArray[np.int64],
    new_sizes: NDArray[np.int32],
    out: NDArray[np.integer[Any]],
    out_offsets: NDArray[np.int64],
) -> int:
    """Write the runs of N placed masks to out; out_offsets[i + 1] is where mask i ends.

    Assumes masks of sound totals that lie inside of the new ones, proven by `paste`, and the room
    that `most_pasted_runs` tells.
    """
    place = 0
    for i in range(offsets.size - 1):
        height, tall = np.int64(sizes[i, 0]), np.int64(new_sizes[i, 0])
        total = tall * np.int64(new_sizes[i, 1])
        before = corners[i, 0] * tall + corners[i, 1]  # pixels before the part
        colour, length = np.int64(0), np.int64(0)
        done = np.int64(0)  # pixels of the new mask
        pixel = np.int64(0)  # pixels of the old one
        for run in range(offsets[i], offsets[i + 1]):
            stop = pixel + np.int64(counts[run])
            if (run - offsets[i]) & 1 == 0:
                pixel = stop
            while pixel < stop:
                column = pixel // height
                inside = min(stop, (column + 1) * height) - pixel
                start = before + column * tall + pixel - column * height
                place, colour, length = extend(
                    out, place, colour, length, np.int64(0), start - done
                )
                place, colour, length = extend(out, place, colour, length, np.int64(1), inside)
                done = start + inside
                pixel += inside
        place, colour, length = extend(out, place, colour, length, np.int64(0), total - done)
        out[place] = length
        place += 1
        out_offsets[i + 1] = place
    return place
