"""Masks of what a dense map shows: of every value of a label map, and of one object."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import ShapeError
from segeval.masks.run_lengths import RunLengths


def regions(labels: NDArray[np.integer[Any]]) -> tuple[NDArray[np.integer[Any]], RunLengths]:
    """The mask of every value of a label map.

    Args:
        labels: any whole numbers, shape (H, W).

    Returns:
        The values that occur, ascending, shape (N,), of the map's dtype; and N masks in canonical
        runs, disjoint, together the whole map.

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
    counts, offsets = _interleaved(row[order], begins[order], ends[order], len(values), pixels.size)
    sizes = np.tile(np.array([labels.shape], np.int32), (len(values), 1))
    return values, RunLengths(counts, offsets, sizes)


def encode_object(mask: NDArray[np.bool_]) -> RunLengths:
    """Runs of one dense mask: those of `encode`, sooner where the object is small.

    Args:
        mask: shape (H, W).

    Returns:
        One mask in canonical runs.

    Example:
        >>> encode_object(np.array([[0, 1, 1], [0, 1, 1]], bool)).counts
        array([2, 4], dtype=uint32)
    """
    height, width = mask.shape
    top, bottom = _extent(np.asarray(mask.any(axis=1)))
    left, right = _extent(np.asarray(mask[top:bottom].any(axis=0)))
    # A row of background below or above the object ends its runs with the column.
    top, bottom = (top, bottom + 1) if bottom < height else (max(top - 1, 0), bottom)
    pixels = np.zeros((bottom - top) * (right - left) + 2, bool)  # with background at both ends
    pixels[1:-1].reshape(right - left, bottom - top)[:] = mask[top:bottom, left:right].T
    turns = np.flatnonzero(pixels[1:] != pixels[:-1])
    begins, ends = turns[0::2], turns[1::2]
    column, row = np.divmod(begins, max(bottom - top, 1))
    starts = (left + column) * height + top + row
    counts, offsets = _interleaved(
        np.zeros(len(starts), np.intp), starts, starts + (ends - begins), 1, height * width
    )
    return RunLengths(counts, offsets, np.array([mask.shape], np.int32))


def _extent(occupied: NDArray[np.bool_]) -> tuple[int, int]:
    """First place that is occupied, and the one after the last; 0 and 0 if none is."""
    places = np.flatnonzero(occupied)
    return (int(places[0]), int(places[-1]) + 1) if len(places) else (0, 0)


def _interleaved(
    row: NDArray[np.intp],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    masks: int,
    total: int,
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Counts and offsets of masks from where the runs of their foreground begin and end.

    Args:
        row: mask of each run, ascending, shape (R,).
        begins: first pixel, ascending within a mask, shape (R,).
        ends: pixel after the last, shape (R,).
        masks: how many there are.
        total: pixels of each.
    """
    runs = np.bincount(row, minlength=masks)
    firsts = np.cumsum(runs) - runs  # first run of each mask
    lasts = np.zeros(masks, np.int64)  # end of its last run
    lasts[row] = ends
    has_tail = (lasts < total) | (runs == 0)
    offsets = np.concatenate([[0], np.cumsum(2 * runs + has_tail)])
    before = np.concatenate([[0], ends[:-1]])[: len(ends)]
    before[firsts[runs > 0]] = 0
    counts = np.empty(offsets[-1], np.uint32)
    slots = offsets[row] + 2 * (np.arange(len(row)) - firsts[row])
    counts[slots] = begins - before
    counts[slots + 1] = ends - begins
    counts[offsets[1:][has_tail] - 1] = (total - lasts)[has_tail]
    return counts, offsets
