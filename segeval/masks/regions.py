"""Masks from dense pixels: of every value of a label map, or of one object in its box."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import ShapeError
from segeval.masks.long_runs import packed
from segeval.masks.run_lengths import RunLengths


def regions(labels: NDArray[np.integer[Any]]) -> tuple[NDArray[np.integer[Any]], RunLengths]:
    """The mask of every value of a label map.

    Args:
        labels: any whole numbers, shape (H, W).

    Returns:
        The values that occur, ascending, shape (N,), in the map's dtype; and N disjoint masks in
        canonical runs that cover the map.

    Raises:
        ShapeError: if labels is not two-dimensional.

    Example:
        >>> values, masks = regions(np.array([[7, 26], [7, 7]]))
        >>> values, [masks.runs(i).tolist() for i in range(2)]
        (array([ 7, 26]), [[0, 2, 1, 1], [2, 1, 1]])
    """
    if labels.ndim != 2:
        raise ShapeError(
            f"labels has shape {labels.shape}, expected (height, width).", code="labels-shape"
        )
    pixels = np.ascontiguousarray(labels.T).ravel()
    begins = np.flatnonzero(np.append(pixels.size > 0, pixels[1:] != pixels[:-1]))
    ends = np.append(begins[1:], pixels.size)[: len(begins)]
    values, row = np.unique(pixels[begins], return_inverse=True)
    order = np.argsort(row, kind="stable")
    sizes = np.tile(np.array([labels.shape], np.int32), (len(values), 1))
    total = np.full(len(values), pixels.size)
    counts, offsets = _interleaved(row[order], begins[order], ends[order], len(values), total)
    return values, RunLengths(counts, offsets, sizes)


def encode_object(
    pixels: NDArray[np.bool_], corner: tuple[int, int], size: tuple[int, int]
) -> RunLengths:
    """Runs of a mask given as the dense pixels of its box.

    Args:
        pixels: contents of the box, shape (h, w).
        corner: (row, column) of its top left pixel.
        size: (H, W) of the mask; the box lies inside.

    Returns:
        One mask in canonical runs, with background outside of the box.

    Example:
        >>> encode_object(np.ones((2, 1), bool), (1, 2), (4, 5)).counts
        array([9, 2, 9], dtype=uint32)
    """
    (h, w), (top, left), height = pixels.shape, corner, size[0]
    # A row of background below every column of the box ends its runs there, unless the box has
    # whole columns of the mask, where runs continue in the next column.
    rows = h + (h < height)
    columns = np.zeros(rows * w + 2, bool)  # with background at both ends
    columns[1:-1].reshape(w, rows)[:, :h] = pixels.T
    turns = np.flatnonzero(columns[1:] != columns[:-1])
    begins, ends = turns[0::2], turns[1::2]
    column, row = np.divmod(begins, max(rows, 1))
    starts = (left + column) * height + top + row
    stops = starts + (ends - begins)
    return encode_spans(np.zeros(len(starts), np.intp), starts, stops, np.array([size], np.int32))


def encode_spans(
    row: NDArray[np.intp],
    starts: NDArray[np.int64],
    stops: NDArray[np.int64],
    sizes: NDArray[np.int32],
) -> RunLengths:
    """Runs of N masks from the spans of their foreground.

    Args:
        row: index of each span's mask, ascending, shape (R,).
        starts: first pixel of each in column-major order, ascending within a mask, shape (R,).
        stops: pixel after the last, shape (R,); spans of a mask may touch but not overlap.
        sizes: (H, W) of every mask, shape (N, 2).

    Returns:
        N masks in canonical runs.

    Example:
        >>> row, starts, stops = np.array([0, 0, 1]), np.array([2, 4, 0]), np.array([4, 5, 1])
        >>> masks = encode_spans(row, starts, stops, np.array([[2, 3], [1, 2]], np.int32))
        >>> [masks.runs(i).tolist() for i in range(2)]
        [[2, 3, 1], [0, 1, 1]]
    """
    # Spans that touch the end of one column and the beginning of the next are one.
    joined = (starts[1:] == stops[:-1]) & (row[1:] == row[:-1])
    first = np.append(np.ones(min(len(starts), 1), bool), ~joined)
    last = np.append(~joined, np.ones(min(len(stops), 1), bool))
    total = sizes.astype(np.int64).prod(axis=1)
    counts, offsets = _interleaved(row[first], starts[first], stops[last], len(sizes), total)
    return RunLengths(counts, offsets, sizes)


def _interleaved(
    row: NDArray[np.intp],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    masks: int,
    total: NDArray[np.int64],
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Counts and offsets of masks from the begins and ends of foreground runs.

    Args:
        row: index of each run's mask, ascending, shape (R,).
        begins: first pixel, ascending within a mask, shape (R,).
        ends: pixel after the last, shape (R,).
        masks: N.
        total: pixels of each mask, shape (N,).
    """
    runs = np.bincount(row, minlength=masks)
    firsts = np.cumsum(runs) - runs  # first run of each mask
    lasts = np.zeros(masks, np.int64)  # end of its last run
    lasts[row] = ends
    has_tail = (lasts < total) | (runs == 0)
    offsets = np.concatenate([[0], np.cumsum(2 * runs + has_tail)])
    before = np.concatenate([[0], ends[:-1]])[: len(ends)]
    before[firsts[runs > 0]] = 0
    lengths = np.empty(offsets[-1], np.int64)
    slots = offsets[row] + 2 * (np.arange(len(row)) - firsts[row])
    lengths[slots] = begins - before
    lengths[slots + 1] = ends - begins
    lengths[offsets[1:][has_tail] - 1] = (total - lasts)[has_tail]
    return packed(lengths, offsets)
