"""Union, intersection and difference of masks, run by run."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import ShapeError
from segeval.kernels.promise import kernel
from segeval.masks.long_runs import lengths_type, packed
from segeval.masks.measure import check_one_size, check_pairs, check_totals
from segeval.masks.run_lengths import RunLengths, concatenate

# Truth tables: bit 2 * first + second is the result for a pixel of those two colours.
UNION = 0b1110
INTERSECTION = 0b1000
DIFFERENCE = 0b0100


def union(masks: RunLengths, others: RunLengths) -> RunLengths:
    """Pixels of either of two masks, pair by pair.

    Args:
        masks: N masks.
        others: N masks of the same sizes.

    Returns:
        N masks in canonical runs: only the first may have length 0.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.
        ShapeError: if the columns differ in length or sizes.

    Example:
        >>> from segeval.masks import area, encode
        >>> area(union(encode([[[1, 0], [1, 0]]]), encode([[[1, 1], [0, 0]]])))
        array([3])
    """
    return _paired(masks, others, UNION)


def intersection(masks: RunLengths, others: RunLengths) -> RunLengths:
    """Pixels of both of two masks, pair by pair.

    Arguments, result and errors are those of `union`.

    Example:
        >>> from segeval.masks import area, encode
        >>> area(intersection(encode([[[1, 0], [1, 0]]]), encode([[[1, 1], [0, 0]]])))
        array([1])
    """
    return _paired(masks, others, INTERSECTION)


def difference(masks: RunLengths, others: RunLengths) -> RunLengths:
    """Pixels of the first mask outside of the second, pair by pair.

    Arguments, result and errors are those of `union`.

    Example:
        >>> from segeval.masks import area, encode
        >>> area(difference(encode([[[1, 1], [1, 0]]]), encode([[[1, 1], [0, 0]]])))
        array([1])
    """
    return _paired(masks, others, DIFFERENCE)


def canonical(masks: RunLengths) -> RunLengths:
    """The same masks without runs of length 0, except a leading one and those between pieces.

    Args:
        masks: N masks.

    Returns:
        N masks; equal masks have equal counts.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.

    Example:
        >>> counts, sizes = np.array([1, 0, 2], np.uint32), np.array([[1, 3]], np.int32)
        >>> canonical(RunLengths(counts, np.array([0, 3]), sizes)).counts
        array([3], dtype=uint32)
    """
    check_totals(masks)
    return without_empty_runs(masks)


def without_empty_runs(masks: RunLengths) -> RunLengths:
    """As `canonical`, of masks whose totals are known to be sound."""
    empty = np.flatnonzero(masks.counts == 0)
    leading = np.searchsorted(masks.offsets, empty)
    have_runs = (masks.offsets[1:] > masks.offsets[:-1]).all()
    if have_runs and (masks.offsets[leading] == empty).all():
        return masks  # as most programs write them
    return _combined(masks, masks, UNION)


def merge(masks: RunLengths, *, intersect: bool = False) -> RunLengths:
    """The union or intersection of all masks of one image.

    Args:
        masks: N >= 1 masks of one size.
        intersect: keep pixels common to all masks, instead of pixels of any.

    Returns:
        One mask in canonical runs.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels.
        ShapeError: if there is no mask, or if sizes differ.

    Source:
        Equal to pycocotools.mask.merge, except that it cuts the result short where two masks have a
        run of length 0 at the same pixel, and returns a 0 x 0 mask if sizes differ.

    Example:
        >>> from segeval.masks import decode, encode
        >>> decode(merge(encode([[[1, 0, 0]], [[0, 0, 1]]])))
        array([[[1, 0, 1]]], dtype=uint8)
    """
    if not len(masks):
        raise ShapeError("there are no masks to merge, expected at least one.", code="mask-count")
    check_one_size(masks)
    table = INTERSECTION if intersect else UNION
    merged = canonical(masks)
    while len(merged) > 1:  # halve: every run is read log N times, not N times
        half = len(merged) // 2
        places = np.arange(len(merged))
        pairs = _combined(merged.take(places[:half]), merged.take(places[half : 2 * half]), table)
        merged = concatenate([pairs, merged.take(places[2 * half :])])
    return merged


def _paired(masks: RunLengths, others: RunLengths, table: int) -> RunLengths:
    """N masks by a truth table from two columns, after checks."""
    check_pairs(masks, others)
    check_totals(masks)
    check_totals(others)
    return _combined(masks, others, table)


def _combined(masks: RunLengths, others: RunLengths, table: int) -> RunLengths:
    """N masks by a truth table from two columns of N sound masks of equal sizes."""
    most = len(masks.counts) + len(others.counts) + len(masks)
    counts = np.empty(most, lengths_type(masks.sizes))
    offsets = np.zeros(len(masks) + 1, np.int64)
    size = combine(
        masks.counts, masks.offsets, others.counts, others.offsets, table, counts, offsets
    )
    return RunLengths(*packed(counts[:size].copy(), offsets), masks.sizes)


@kernel
def combine(
    a_counts: NDArray[np.uint32],
    a_offsets: NDArray[np.int64],
    b_counts: NDArray[np.uint32],
    b_offsets: NDArray[np.int64],
    table: int,
    counts: NDArray[np.integer[Any]],
    offsets: NDArray[np.int64],
) -> int:
    """Write the runs of N combined masks to counts; offsets[i + 1] is where mask i ends.

    Assumes two `RunLengths` of equal sizes and sound totals, proven by `check_pairs` and
    `check_totals`, and room for all their runs and one more for each mask.
    """
    place = 0
    for i in range(offsets.size - 1):
        a, a_stop = a_offsets[i], a_offsets[i + 1]
        b, b_stop = b_offsets[i], b_offsets[i + 1]
        a_left = b_left = np.int64(0)
        a_colour = b_colour = 1  # the first run turns it to background
        colour = 0
        length = np.int64(0)
        while True:
            while a_left == 0 and a < a_stop:
                a_left = np.int64(a_counts[a])
                a_colour = 1 - a_colour
                a += 1
            while b_left == 0 and b < b_stop:
                b_left = np.int64(b_counts[b])
                b_colour = 1 - b_colour
                b += 1
            step = min(a_left, b_left)
            if step == 0:
                break
            if (table >> (2 * a_colour + b_colour)) & 1 != colour:
                counts[place] = length
                place += 1
                colour = 1 - colour
                length = np.int64(0)
            length += step
            a_left -= step
            b_left -= step
        counts[place] = length
        place += 1
        offsets[i + 1] = place
    return place
