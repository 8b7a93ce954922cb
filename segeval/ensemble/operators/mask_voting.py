"""Fusion of masks by a vote of their pixels, on runs: memory does not depend on H x W."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.ensemble.operators.pixel_votes import best_cuts, fused_runs
from segeval.errors import InputError, ShapeError
from segeval.kernels.threads import map_slices
from segeval.masks import RunLengths, concatenate, mask_iou
from segeval.masks.boolean import without_empty_runs
from segeval.masks.long_runs import lengths_type, packed
from segeval.masks.measure import area, check_totals

Cut = float | Literal["expected-iou"]
"""The share of votes above which a pixel belongs to a fused mask, or how it is found."""

UNITS = float(2**52)
"""Whole numbers that the weights of one vote are divided into, so that sums are exact."""

EQUAL = 1e-12
"""Shares of votes that differ by less are equal."""


def fuse_masks(
    masks: RunLengths,
    offsets: NDArray[np.int64],
    weights: ArrayLike,
    *,
    cut: Cut = 0.5,
    workers: int | None = None,
) -> RunLengths:
    """One mask for each cluster of masks: the pixels that have enough votes.

    A pixel with a share of votes above the cut belongs to the fused mask; at the cut, the first
    mask of the cluster decides. A cluster without such a pixel keeps its first mask.

    With "expected-iou" each cluster has a cut of its own: of the shares of votes that occur, the
    one whose pixels have the highest mean IoU with the members, by their weights; the larger of
    equals.

    Args:
        masks: n masks, cluster by cluster, the leading one first; all of a cluster (H, W).
        offsets: cluster k has the masks `offsets[k]:offsets[k + 1]`, at least one, int64, (K + 1,).
        weights: what the vote of each mask counts, above 0, shape (n,).
        cut: share of votes from 0 to below 1, or "expected-iou".
        workers: threads, None for all cores.

    Returns:
        K masks in canonical runs.

    Raises:
        InputError: for another cut, or a weight that is not above 0.
        ShapeError: if masks of a cluster differ in size, or there is not one weight for each mask.
        FormatError: if the runs of a mask are not H x W pixels.

    Source:
        Open Images paper (arXiv 2003.07557), section 8.4. Ties and "expected-iou" are ours.

    Example:
        >>> from segeval.masks import decode, encode
        >>> rows = [[1, 1, 1, 1, 0, 0, 0, 0], [0, 1, 1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1, 0, 0]]
        >>> masks, all_three = encode(np.array(rows)[:, np.newaxis]), np.array([0, 3])
        >>> decode(fuse_masks(masks, all_three, [1, 1, 1]))[0, 0]
        array([0, 1, 1, 1, 1, 0, 0, 0], dtype=uint8)
        >>> decode(fuse_masks(masks, all_three, [0.9, 0.6, 0.3]))[0, 0]
        array([1, 1, 1, 1, 0, 0, 0, 0], dtype=uint8)
    """
    votes = np.asarray(weights, np.float64)
    check_totals(masks)
    _check(masks, offsets, votes, cut)
    masks = without_empty_runs(masks)
    units, totals = _units(votes, offsets)
    first = offsets[:-1]
    sizes = masks.sizes[first]
    like = np.empty(0, lengths_type(sizes))

    def one(start: int, stop: int) -> RunLengths:
        own = offsets[start : stop + 1]
        low, high = _limits(masks, own, units, totals[start:stop], cut)
        ends = np.zeros(stop - start + 1, np.int64)
        lengths = fused_runs(
            masks.counts, masks.offsets, own, units, low, high, sizes[start:stop], ends, like
        )
        return RunLengths(*packed(lengths, ends), sizes[start:stop])

    fused = concatenate(map_slices(one, len(first), workers, least=64))
    empty = np.flatnonzero(area(fused) == 0)
    if not len(empty):
        return fused
    rows = np.arange(len(first))
    rows[empty] = len(first) + np.arange(len(empty))
    return concatenate([fused, masks.take(first[empty])]).take(rows)


def agreement(masks: RunLengths) -> float:
    """Mean IoU of all pairs of masks of one object; 1 for a single mask.

    Args:
        masks: n masks, all (H, W), at least one.

    Raises:
        ShapeError: if sizes differ.
        FormatError: if the runs of a mask are not H x W pixels.

    Example:
        >>> from segeval.masks import encode
        >>> rows = [[1, 1, 1, 1, 0, 0, 0, 0], [0, 1, 1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1, 0, 0]]
        >>> round(agreement(encode(np.array(rows)[:, np.newaxis])), 6)
        0.511111
    """
    if len(masks) < 2:
        return 1.0
    found = mask_iou(masks, masks)
    return float(found[np.triu_indices(len(masks), 1)].mean())


def check_cut(cut: Cut, name: str = "cut") -> None:
    """Refuse a cut that is neither a share of the votes nor the one that fits best.

    Args:
        cut: the value.
        name: of the argument.

    Raises:
        InputError: names the argument.
    """
    problem = ""
    if isinstance(cut, str):
        if cut not in get_args(get_args(Cut)[1]):
            problem = f"`{name}` is {cut!r}, expected a number or 'expected-iou'"
    elif not 0 <= cut < 1:
        problem = f"`{name}` is {cut:g}, expected a share from 0 to below 1"
    if problem:
        raise InputError(problem, code="cut", option=name)


def _check(
    masks: RunLengths, offsets: NDArray[np.int64], votes: NDArray[np.float64], cut: Cut
) -> None:
    """Refuse what does not fit together."""
    if votes.shape != (len(masks),):
        raise ShapeError(
            f"`weights` has shape {votes.shape}, expected ({len(masks)},): a number for each mask",
            code="votes",
            option="weights",
        )
    if not ((votes > 0) & np.isfinite(votes)).all():
        raise InputError(
            "`weights` must be finite and above 0: leave out masks that have no vote",
            code="votes",
            option="weights",
        )
    check_cut(cut)
    counts = np.diff(offsets)
    if offsets[0] != 0 or offsets[-1] != len(masks) or (counts < 1).any():
        raise ShapeError(
            f"`offsets` must rise from 0 to {len(masks)}: each cluster has a mask",
            code="clusters",
            option="offsets",
        )
    other = (masks.sizes != np.repeat(masks.sizes[offsets[:-1]], counts, axis=0)).any(axis=1)
    if other.any():
        row = int(np.argmax(other))
        cluster = int(np.searchsorted(offsets, row, "right")) - 1
        wanted = masks.sizes[offsets[cluster]].tolist()
        raise ShapeError(
            f"mask #{row} is {masks.sizes[row, 0]} x {masks.sizes[row, 1]}, expected "
            f"{wanted[0]} x {wanted[1]} as the first of its cluster",
            code="mask-size",
            index=row,
        )


def _units(
    votes: NDArray[np.float64], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whole votes of each mask (n,), and of each cluster together (K,)."""
    counts = np.diff(offsets)
    sums = np.add.reduceat(votes, offsets[:-1]) if len(counts) else np.zeros(0)
    units = np.rint(votes / np.repeat(sums, counts) * UNITS).astype(np.int64)
    units = np.maximum(units, 1)
    return units, np.add.reduceat(units, offsets[:-1]) if len(counts) else np.zeros(0, np.int64)


def _limits(
    masks: RunLengths,
    offsets: NDArray[np.int64],
    units: NDArray[np.int64],
    totals: NDArray[np.int64],
    cut: Cut,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Votes below which a pixel is off, and above which it is on.

    Between them the first mask of the cluster decides.
    """
    if isinstance(cut, str):
        least = best_cuts(masks.counts, masks.offsets, offsets, units, area(masks), EQUAL)
        return least, least - 1
    slack = np.floor(EQUAL * totals).astype(np.int64)
    at = cut * totals
    return np.ceil(at).astype(np.int64) - slack, np.floor(at).astype(np.int64) + slack
