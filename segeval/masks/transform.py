"""Crops and flips of masks, computed on runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import ShapeError
from segeval.kernels.promise import kernel
from segeval.masks.long_runs import lengths_type, packed
from segeval.masks.measure import check_totals
from segeval.masks.run_lengths import RunLengths


def crop(masks: RunLengths, box: ArrayLike) -> RunLengths:
    """The part of every mask inside a box.

    Args:
        masks: N masks.
        box: xywh in whole pixels, inside the mask; shape (4,) for all masks or (N, 4).

    Returns:
        N masks of size (h, w) in canonical runs.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.
        ShapeError: if a box is not in whole pixels or not inside its mask.

    Example:
        >>> from segeval.masks import decode, encode
        >>> decode(crop(encode(np.eye(4)[None]), [1, 0, 2, 3]))
        array([[[0, 0],
                [1, 0],
                [0, 1]]], dtype=uint8)
    """
    check_totals(masks)
    boxes = _boxes_inside(masks, box)
    counts = np.empty(len(masks.counts) + len(masks), lengths_type(masks.sizes))
    offsets = np.zeros(len(masks) + 1, np.int64)
    size = crop_runs(masks.counts, masks.offsets, masks.sizes, boxes, counts, offsets)
    sizes = boxes[:, [3, 2]].astype(np.int32)
    return RunLengths(*packed(counts[:size].copy(), offsets), sizes)


def flip_horizontal(masks: RunLengths) -> RunLengths:
    """Every mask mirrored left to right.

    Args:
        masks: N masks.

    Returns:
        N masks in canonical runs.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.

    Example:
        >>> from segeval.masks import decode, encode
        >>> decode(flip_horizontal(encode([[[1, 1, 0]]])))
        array([[[0, 1, 1]]], dtype=uint8)
    """
    return _flipped(masks, -1)


def flip_vertical(masks: RunLengths) -> RunLengths:
    """Every mask upside down.

    Args:
        masks: N masks.

    Returns:
        N masks in canonical runs.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.

    Example:
        >>> from segeval.masks import decode, encode
        >>> decode(flip_vertical(encode([[[1, 1], [0, 1]]])))
        array([[[0, 1],
                [1, 1]]], dtype=uint8)
    """
    return _flipped(masks, 1)


def _boxes_inside(masks: RunLengths, box: ArrayLike) -> NDArray[np.int64]:
    """One xywh box per mask, int64, shape (N, 4), each inside its mask."""
    given = np.asarray(box)
    if given.shape not in ((4,), (len(masks), 4)):
        raise ShapeError(
            f"the box has shape {given.shape}, expected (4,) or ({len(masks)}, 4): xywh in pixels.",
            code="box-shape",
        )
    given = np.broadcast_to(given, (len(masks), 4))
    limits = masks.sizes[:, ::-1]
    inside = (given >= 0).all(axis=1) & (given[:, :2] + given[:, 2:] <= limits).all(axis=1)
    wrong = np.flatnonzero(~inside | (given != np.floor(given)).any(axis=1))
    if len(wrong):
        index = int(wrong[0])
        height, width = masks.sizes[index].tolist()
        raise ShapeError(
            f"box #{index} is {given[index].tolist()}, expected xywh in whole pixels inside "
            f"its mask of {height} x {width} pixels (H x W).",
            code="box-outside",
            index=index,
            count=len(wrong),
        )
    return np.ascontiguousarray(given, np.int64)


def _flipped(masks: RunLengths, step: int) -> RunLengths:
    """N masks mirrored; see the kernel for `step`."""
    check_totals(masks)
    # A run is written at most once for its whole columns and once in each column that it shares; a
    # column of k runs completes k - 1 of them.
    counts = np.empty(3 * len(masks.counts) + len(masks), lengths_type(masks.sizes))
    offsets = np.zeros(len(masks) + 1, np.int64)
    size = flip_runs(masks.counts, masks.offsets, masks.sizes, step, counts, offsets)
    return RunLengths(*packed(counts[:size].copy(), offsets), masks.sizes)


@kernel
def extend(
    counts: NDArray[np.integer[Any]],
    place: int,
    colour: np.int64,
    length: np.int64,
    new_colour: np.int64,
    pixels: np.int64,
) -> tuple[int, np.int64, np.int64]:
    """Append pixels to an unfinished mask; returns the new (place, colour, length).

    The last run, of `colour` and `length`, waits for more of its colour before it goes to
    counts[place]. A mask starts with background of length 0.
    """
    if pixels == 0 or new_colour == colour:
        return place, colour, length + pixels
    counts[place] = length
    return place + 1, new_colour, pixels


@kernel
def flip_runs(
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int32],
    step: int,
    out: NDArray[np.integer[Any]],
    out_offsets: NDArray[np.int64],
) -> int:
    """Write the runs of N flipped masks to out; out_offsets[i + 1] is where mask i ends.

    Assumes a `RunLengths` of sound totals, proven by `check_totals`: the walk ends with the pixels.

    The walk over the runs writes every column backwards: walking forward (step 1) this turns
    columns upside down, walking backward (step -1) it only reverses their order.
    """
    place = 0
    for i in range(offsets.size - 1):
        height = np.int64(sizes[i, 0])
        begin = offsets[i]
        run = begin - 1 if step > 0 else offsets[i + 1]  # current run
        left = np.int64(0)  # its remaining pixels
        ahead = height * np.int64(sizes[i, 1])
        colour, length = np.int64(0), np.int64(0)
        while ahead > 0:
            while left == 0:
                run += step
                left = np.int64(counts[run])
            if left >= height:  # whole columns of one colour
                pixels = left - left % height
                left -= pixels
                ahead -= pixels
                place, colour, length = extend(
                    out, place, colour, length, (run - begin) & 1, pixels
                )
                continue
            first, first_pixels = run, left
            filled = left
            while filled < height:
                run += step
                filled += np.int64(counts[run])
            left = filled - height
            ahead -= height
            pixels = np.int64(counts[run]) - left
            back = run
            while back != first:
                place, colour, length = extend(
                    out, place, colour, length, (back - begin) & 1, pixels
                )
                back -= step
                pixels = np.int64(counts[back])
            place, colour, length = extend(
                out, place, colour, length, (first - begin) & 1, first_pixels
            )
        out[place] = length
        place += 1
        out_offsets[i + 1] = place
    return place


@kernel
def crop_runs(
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int32],
    boxes: NDArray[np.int64],
    out: NDArray[np.integer[Any]],
    out_offsets: NDArray[np.int64],
) -> int:
    """Write the runs of N cropped masks to out; out_offsets[i + 1] is where mask i ends.

    Assumes a `RunLengths` of sound totals, proven by `check_totals`, and boxes inside the masks.

    A crop keeps the order of pixels, so a run ends in the crop after as many pixels as the box has
    before its end.
    """
    place = 0
    for i in range(offsets.size - 1):
        height = np.int64(sizes[i, 0]) or np.int64(1)
        x, y, w, h = boxes[i]
        end = np.int64(0)
        before = np.int64(0)
        colour, length = np.int64(0), np.int64(0)
        for run in range(offsets[i], offsets[i + 1]):
            end += np.int64(counts[run])
            column = end // height
            inside = min(max(column - x, 0), w) * h
            if x <= column < x + w:
                inside += min(max(end - column * height - y, 0), h)
            place, colour, length = extend(
                out, place, colour, length, (run - offsets[i]) & 1, inside - before
            )
            before = inside
        out[place] = length
        place += 1
        out_offsets[i + 1] = place
    return place
