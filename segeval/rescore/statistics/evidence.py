"""Kernels: what is seen around each prediction, counted, and weighed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.rescore.statistics.around import Outlines, surrounds

INSIDE, BESIDE = 0, 1
"""Kinds of evidence: inside a confident prediction of a category, or in an image with one."""


@kernel
def look_around(
    small: int,
    confident: NDArray[np.int64],
    category: NDArray[np.int64],
    outlines: Outlines,
    share: float,
    seen: NDArray[np.int64],
) -> None:
    """Write small + 1 into seen (2, C) wherever there is evidence for prediction `small`.

    `confident` has the places of the confident predictions of its image.
    """
    for each in range(confident.size):
        other = confident[each]
        kind = category[other]
        if kind == category[small]:
            continue
        seen[BESIDE, kind] = small + 1
        if seen[INSIDE, kind] != small + 1 and surrounds(other, small, outlines, share):
            seen[INSIDE, kind] = small + 1


@kernel
def confident_in(
    first: int, last: int, score: NDArray[np.float64], least: float, places: NDArray[np.int64]
) -> int:
    """Fill `places` with those of the predictions first:last that score enough; their number."""
    number = 0
    for place in range(first, last):
        if score[place] >= least:
            places[number] = place
            number += 1
    return number


@kernel
def count_evidence(
    offsets: NDArray[np.int64],
    category: NDArray[np.int64],
    score: NDArray[np.float64],
    state: NDArray[np.int64],
    outlines: Outlines,
    least: float,
    share: float,
    places: NDArray[np.int64],
    seen: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    """Add to counts (2, 2, C, C) how many predictions have each evidence.

    Image i has the predictions offsets[i]:offsets[i + 1]. state (N,) is 1 for true ones, 0 for
    false ones, -1 for those that do not count. counts[state, kind, a, b] is of predictions of b and
    evidence of a. `places` (N,) and `seen` (2, C), 0 beforehand, are scratch space.

    Assumes offsets that rise inside the columns and categories below C, made by `placed`; and masks
    of one size in an image, canonical and sound, proven by `outlines_of_masks`.
    """
    for image in range(offsets.size - 1):
        first, last = offsets[image], offsets[image + 1]
        number = confident_in(first, last, score, least, places)
        if number == 0:
            continue
        for small in range(first, last):
            if state[small] < 0:
                continue
            look_around(small, places[:number], category, outlines, share, seen)
            for each in range(number):
                other = category[places[each]]
                for kind in range(2):
                    if seen[kind, other] == small + 1:
                        counts[state[small], kind, other, category[small]] += 1
                        seen[kind, other] = 0


@kernel
def weigh_evidence(
    offsets: NDArray[np.int64],
    category: NDArray[np.int64],
    score: NDArray[np.float64],
    outlines: Outlines,
    least: float,
    share: float,
    starts: NDArray[np.int64],
    kinds: NDArray[np.int64],
    others: NDArray[np.int64],
    there: NDArray[np.float64],
    absent: NDArray[np.float64],
    places: NDArray[np.int64],
    seen: NDArray[np.int64],
    found: NDArray[np.float64],
) -> None:
    """Fill found (N,) with what the strongest relation adds to the logit of each score.

    Category b has the relations starts[b]:starts[b + 1], each with its kind, the other category,
    and what it adds where the evidence is there, and where it is absent. Of equally strong ones the
    first counts. Scratch space and assumptions as in `count_evidence`.
    """
    for image in range(offsets.size - 1):
        first, last = offsets[image], offsets[image + 1]
        number = confident_in(first, last, score, least, places)
        for small in range(first, last):
            begin, end = starts[category[small]], starts[category[small] + 1]
            if begin == end:
                continue
            look_around(small, places[:number], category, outlines, share, seen)
            for relation in range(begin, end):
                added = absent[relation]
                if seen[kinds[relation], others[relation]] == small + 1:
                    added = there[relation]
                if abs(added) > abs(found[small]):
                    found[small] = added
