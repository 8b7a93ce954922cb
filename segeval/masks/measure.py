"""Area, tight box and soundness of masks, from their runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError, ShapeError
from segeval.kernels.promise import kernel
from segeval.masks.extents import LAST_PLACE, put_box, reach_rows
from segeval.masks.long_runs import LONGEST, whole_runs
from segeval.masks.run_lengths import RunLengths


def area(masks: RunLengths) -> NDArray[np.int64]:
    """Foreground pixels of every mask.

    Args:
        masks: N masks, with totals unchecked (see `check_totals`).

    Returns:
        Pixels squared, int64, shape (N,).

    Source:
        Equal to pycocotools.mask.area.

    Example:
        >>> from segeval.masks import encode
        >>> area(encode([np.eye(3), np.ones((4, 5))]))
        array([ 3, 20])
    """
    return _measured(masks)[1]


def is_empty(masks: RunLengths) -> NDArray[np.bool_]:
    """Whether every mask is background alone, bool, shape (N,).

    Args:
        masks: N masks in canonical runs, of which an empty one has a single run.
    """
    found = np.diff(masks.offsets) < 2
    in_pieces = np.flatnonzero(masks.sizes.astype(np.int64).prod(axis=1) > LONGEST)
    if len(in_pieces):
        found[in_pieces] = area(masks.take(in_pieces)) == 0
    return np.asarray(found)


def boxes(masks: RunLengths) -> NDArray[np.float64]:
    """Smallest box around every mask.

    An empty mask has the box 0, 0, 0, 0. With foreground runs of length 0, however, the box of an
    empty mask is that of pycocotools: it starts at (W, H), and its width and height are 1 - W and
    1 - H modulo 2**32. Such a box overlaps nothing.

    Args:
        masks: N masks, with totals unchecked (see `check_totals`).

    Returns:
        xywh in pixels, float64, shape (N, 4).

    Source:
        Equal to pycocotools.mask.toBbox (2.0.11).

    Example:
        >>> from segeval.masks import encode
        >>> boxes(encode([[[0, 0, 0], [0, 1, 1]]]))
        array([[1., 1., 2., 1.]])
    """
    return _measured(masks)[2]


def areas_and_boxes(masks: RunLengths) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """`area` and `boxes` in one pass.

    Args:
        masks: N masks, with totals unchecked (see `check_totals`).
    """
    return _measured(masks)[1:]


def check_totals(masks: RunLengths) -> None:
    """Refuse masks whose runs are not exactly H x W pixels.

    Every function of this package that needs sound masks calls this. Call it on runs that you make
    yourself.

    Args:
        masks: N masks.

    Raises:
        FormatError: for the first mask whose runs do not add up.

    Example:
        >>> counts, sizes = np.array([4, 4], np.uint32), np.array([[3, 3]], np.int32)
        >>> check_totals(RunLengths(counts, np.array([0, 2]), sizes))
        Traceback (most recent call last):
        segeval.errors.FormatError: mask #0: the runs add up to 8 pixels, expected 3 x 3 = 9.
    """
    totals = _measured(masks)[0]
    wrong = np.flatnonzero(totals != masks.sizes.astype(np.int64).prod(axis=1))
    if len(wrong):
        raise wrong_total(masks, int(wrong[0]), int(totals[wrong[0]]), count=len(wrong))


def wrong_total(masks: RunLengths, index: int, total: int, *, count: int = 1) -> FormatError:
    """The error for a mask whose runs are not H x W pixels.

    Args:
        masks: N masks.
        index: of the first wrong mask.
        total: the sum of its runs in pixels.
        count: number of wrong masks.
    """
    height, width = masks.sizes[index].tolist()
    more = f" {count - 1:,} more like it." if count > 1 else ""
    return FormatError(
        f"mask #{index}: the runs add up to {total:,} pixels, "
        f"expected {height} x {width} = {height * width:,}.{more}",
        code="bad-counts",
        index=index,
        field="counts",
        count=count,
    )


def check_one_size(masks: RunLengths) -> None:
    """Refuse masks of different sizes.

    Args:
        masks: N masks.

    Raises:
        ShapeError: for the first mask whose size differs from mask 0.
    """
    wrong = np.flatnonzero((masks.sizes != masks.sizes[:1]).any(axis=1))
    if len(wrong):
        index = int(wrong[0])
        raise ShapeError(
            f"mask #{index} is {_size(masks, index)} pixels, mask #0 is {_size(masks, 0)}, "
            "expected one size (height x width).",
            code="mask-size",
            index=index,
            count=len(wrong),
        )


def check_pairs(masks: RunLengths, others: RunLengths) -> None:
    """Refuse two columns that differ in length or in the sizes of their masks.

    Args:
        masks: N masks.
        others: N masks.

    Raises:
        ShapeError: if the columns differ in length, or for the first pair of different sizes.
    """
    if len(masks) != len(others):
        raise ShapeError(
            f"{len(masks)} masks cannot be paired with {len(others)}, expected equal numbers.",
            code="mask-count",
        )
    wrong = np.flatnonzero((masks.sizes != others.sizes).any(axis=1))
    if len(wrong):
        index = int(wrong[0])
        raise ShapeError(
            f"mask #{index} is {_size(masks, index)} pixels in one column and "
            f"{_size(others, index)} in the other, expected equal sizes (height x width).",
            code="mask-size",
            index=index,
            count=len(wrong),
        )


def _size(masks: RunLengths, index: int) -> str:
    """Size of one mask, for messages."""
    return " x ".join(str(side) for side in masks.sizes[index])


def _measured(
    masks: RunLengths,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Totals (N,), areas (N,) and boxes (N, 4)."""
    totals = np.zeros(len(masks), np.int64)
    areas = np.zeros(len(masks), np.int64)
    found = np.zeros((len(masks), 4), np.float64)
    measure(masks.counts, masks.offsets, masks.sizes, totals, areas, found)
    return totals, areas, found


@kernel
def measure(
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    sizes: NDArray[np.int32],
    totals: NDArray[np.int64],
    areas: NDArray[np.int64],
    boxes: NDArray[np.float64],
) -> None:
    """Fill totals (N,), areas (N,) and xywh boxes (N, 4) of masks.

    Assumes a `RunLengths`, proven by its constructor; totals may be wrong.
    """
    for i in range(offsets.size - 1):
        height = np.int64(sizes[i, 0])
        width = np.int64(sizes[i, 1])
        first, stop, above, below = LAST_PLACE, np.int64(0), np.int64(0), height
        after = end = area = np.int64(0)
        for run in range(offsets[i], offsets[i + 1]):
            start = end
            end += np.int64(counts[run])
            if (run - offsets[i]) % 2 == 0 or start == end:
                continue
            area += end - start
            first, stop = min(first, start), end
            if height > 0:
                after, above, below = reach_rows(start, end, height, after, above, below)
        totals[i] = end
        areas[i] = area
        runs = offsets[i + 1] - offsets[i]
        if end > LONGEST:
            runs = whole_runs(counts, offsets[i], offsets[i + 1])
        if runs > 1:
            put_box(boxes[i], first, stop, height, width, above, below)
