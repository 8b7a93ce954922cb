"""Kernels of the vote of pixels, on the toggles of the members of each cluster."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel, merged, uninterruptible
from segeval.masks.boundaries import longer_runs
from segeval.masks.sorting import sort_by
from segeval.masks.toggles import FAR, expand


@kernel
def fused_runs(
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    clusters: NDArray[np.int64],
    units: NDArray[np.int64],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    sizes: NDArray[np.int32],
    ends: NDArray[np.int64],
    like: NDArray[np.integer[Any]],
) -> NDArray[np.integer[Any]]:
    """Lengths of the runs of K fused masks, of the type of `like`; fills ends (K + 1,).

    A pixel of more votes than high[k] is on, one of fewer than low[k] is off; between, the first
    mask of the cluster decides.

    Assumes canonical masks of one size in a cluster, and clusters (K + 1,) that rise inside the
    columns, proven by `fuse_masks`.
    """
    runs = np.empty(1 << 10, like.dtype)
    used = 0
    for k in range(sizes.shape[0]):
        first, last = clusters[k], clusters[k + 1]
        toggles, at = toggles_of(counts, offsets, first, last)
        room = used + toggles.size + 2
        if room > runs.size:
            runs = longer_runs(runs, used, 2 * room)
        end = np.int64(0)  # of the last run
        votes = np.int64(0)
        is_on = False
        while True:
            place, votes = next_event(toggles, at, units[first:last], votes)
            if place == FAR:
                break
            on = votes > high[k] or (votes >= low[k] and at[0] & 1 == 1)
            if on != is_on:
                runs[used] = place - end
                used += 1
                end = place
                is_on = on
        total = np.int64(sizes[k, 0]) * np.int64(sizes[k, 1])
        if total > end or used == ends[k]:
            runs[used] = total - end
            used += 1
        ends[k + 1] = used
    return runs[:used].copy()


@kernel
def toggles_of(
    counts: NDArray[np.uint32], offsets: NDArray[np.int64], first: int, last: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Toggles of the masks first to last, each followed by FAR, and where each mask's begin."""
    toggles = np.empty(offsets[last] - offsets[first] + 2 * (last - first), np.int64)
    at = np.empty(last - first, np.int64)
    room = np.int64(0)
    for mask in range(first, last):
        at[mask - first] = room
        # each begins at an even place, so that places tell whether a mask is on
        room += expand(counts[offsets[mask] : offsets[mask + 1]], toggles[room:]) + 2
    return toggles, at


@uninterruptible
@merged
def next_event(
    toggles: NDArray[np.int64], at: NDArray[np.int64], units: NDArray[np.int64], votes: np.int64
) -> tuple[np.int64, np.int64]:
    """Go to the next pixel at which a mask toggles; returns it, or FAR, and the votes from it on.

    at (n,), the place of the next toggle of each mask, moves on.
    """
    place = np.int64(FAR)
    for member in range(at.size):
        place = min(place, toggles[at[member]])
    total = votes
    if place == FAR:
        return place, total
    for member in range(at.size):
        if toggles[at[member]] == place:
            total += -units[member] if at[member] & 1 else units[member]
            at[member] += 1
    return place, total


@kernel
def best_cuts(
    counts: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    clusters: NDArray[np.int64],
    units: NDArray[np.int64],
    areas: NDArray[np.int64],
    equal: float,
) -> NDArray[np.int64]:
    """For each cluster the votes (K,) whose pixels have the highest mean IoU with the members.

    Assumes what `fused_runs` does, and the areas (n,) of the masks.
    """
    best = np.ones(clusters.size - 1, np.int64)
    for k in range(clusters.size - 1):
        first, last = clusters[k], clusters[k + 1]
        own, own_areas = units[first:last], areas[first:last]
        toggles, start = toggles_of(counts, offsets, first, last)
        levels = levels_of(toggles, start.copy(), own, equal)
        if levels.size == 0:
            continue
        pixels = pixels_by_level(toggles, start, own, levels)
        best[k] = levels[best_level(pixels, own, own_areas, equal)]
    return best


@kernel
def levels_of(
    toggles: NDArray[np.int64], at: NDArray[np.int64], units: NDArray[np.int64], equal: float
) -> NDArray[np.int64]:
    """The different numbers of votes above 0 that pixels have, falling; of equals the lowest.

    Numbers that differ by a share of `equal` or less are equal: rounding may part them.
    """
    slack = np.int64(equal * units.sum())
    found = np.empty(toggles.size, np.int64)
    number = 0
    votes = np.int64(0)
    while True:
        place, votes = next_event(toggles, at, units, votes)
        if place == FAR:
            break
        if votes > 0:
            found[number] = -votes
            number += 1
    order = np.arange(number)
    sort_by(found, order, number, np.empty(number, np.int64))
    levels = np.empty(number, np.int64)
    kept = 0
    for k in range(number):
        level = -found[order[k]]
        if kept == 0 or levels[kept - 1] - level > slack:
            kept += 1
        levels[kept - 1] = level
    return levels[:kept].copy()


@kernel
def pixels_by_level(
    toggles: NDArray[np.int64],
    at: NDArray[np.int64],
    units: NDArray[np.int64],
    levels: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Pixels (L, n + 1) with each number of votes: of each member, and in all."""
    members = at.size
    pixels = np.zeros((levels.size, members + 1), np.int64)
    before, votes = next_event(toggles, at, units, np.int64(0))
    while True:
        own = votes
        if own > 0:
            low, high = 0, levels.size - 1
            while low < high:  # levels fall
                middle = (low + high) >> 1
                if levels[middle] > own:
                    low = middle + 1
                else:
                    high = middle
        else:
            low = -1
        is_on = np.empty(members, np.int64)
        for member in range(members):
            is_on[member] = at[member] & 1
        place, votes = next_event(toggles, at, units, votes)
        if place == FAR:
            break
        if low >= 0:
            for member in range(members):
                pixels[low, member] += (place - before) * is_on[member]
            pixels[low, members] += place - before
        before = place
    return pixels


@kernel
def best_level(
    pixels: NDArray[np.int64], units: NDArray[np.int64], areas: NDArray[np.int64], equal: float
) -> int:
    """The level whose pixels, and those above, have the highest mean IoU with the members.

    The first of equals.
    """
    members = units.size
    common = np.zeros(members + 1, np.int64)
    best, highest = 0, -1.0
    for level in range(pixels.shape[0]):
        value = 0.0
        total = 0.0
        for member in range(members + 1):
            common[member] += pixels[level, member]
        for member in range(members):
            whole = common[members] + areas[member] - common[member]
            value += units[member] * (common[member] / whole)
            total += units[member]
        if value / total > highest + equal:
            best, highest = level, value / total
    return best
