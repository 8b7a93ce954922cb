"""AP with every set of kinds of errors fixed, and the share of each kind in what AP lacks.

For a set S of kinds, v(S) is AP when all errors of the kinds in S are fixed at once: the winner of
an object that nothing took becomes a true positive of the object's category with its own score, if
its kind is in S; every other error whose kind is in S vanishes; missed objects leave the count, if
miss is in S. A category whose last object has left counts 1. The share of a kind is its Shapley
value over the 64 sets, so that the shares add up to 1 - AP.

AP itself is COCO's, to whose recall levels `numpy.linspace` adds a last bit here and there, so that
a recall of exactly 0.07 misses the level of that name. Where a set fixes anything, the levels are
i / 100, as in tidecv.

Source: Shapley, A value for n-person games (1953).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.kinds import BKG, CLS, EXCUSED, KINDS, LOC, MISS, TRUE, KindsAt
from segeval.brief import Brief
from segeval.kernels.promise import kernel
from segeval.metrics.coco.curves import EPSILON, RECALLS
from segeval.metrics.coco.matches import Matches

SETS = 1 << len(KINDS)
"""Sets of kinds: bit k of a set is kind k."""

FALSE_POS, FALSE_NEG = SETS, SETS + 1
"""Places after the sets: false positives all ranked last; objects that nothing took not counted."""

VALUES = SETS + 2
"""Values of a category."""

LOC_WINNER, CLS_WINNER = 7, 8
"""Codes of events beside kinds and `TRUE`: what makes a true positive once loc or cls is fixed."""

DUST = 1e-14
"""Shares below this come from the rounding of sums."""

LEVELS = np.arange(101) / 100
"""Recall levels once something is fixed."""

NOT_COUNTED, FREE, MISSED, TAKEN = range(4)
"""States of an object."""


@dataclass(frozen=True, eq=False, repr=False)
class Events(Brief):
    """What AP with fixed errors is computed from, for any weights of images.

    Attributes:
        code: a kind, `TRUE`, `LOC_WINNER` or `CLS_WINNER`, int8, shape (E,), by category and score.
        image: int32, shape (E,).
        offsets: category k has the events `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        state: of each object, int8, shape (G,).
        gt_image: int32, shape (G,).
        gt_category: int32, shape (G,).
    """

    code: NDArray[np.int8]
    image: NDArray[np.int32]
    offsets: NDArray[np.int64]
    state: NDArray[np.int8]
    gt_image: NDArray[np.int32]
    gt_category: NDArray[np.int32]

    def values(self, weights: NDArray[np.int64]) -> NDArray[np.float64]:
        """AP of every category with every set of kinds fixed, for weights of images.

        Args:
            weights: how often each image counts, int64, shape (I,).

        Returns:
            Fractions, float64, shape (K, 66): the 64 sets, `FALSE_POS`, `FALSE_NEG`; NaN for a
            category without ground truth.
        """
        found = np.full((len(self.offsets) - 1, VALUES), np.nan)
        fixed_values(
            self.code, self.image, self.offsets, weights, self.state, self.gt_image,
            self.gt_category, RECALLS, LEVELS, EPSILON, found,
        )  # fmt: skip
        return found


def events_of(matches: Matches, kinds: KindsAt, rank: NDArray[np.int64]) -> Events:
    """The events of one threshold and size bucket.

    Args:
        matches: whose rows have the kinds.
        kinds: of every row.
        rank: place of each row by score, from `score_ranks`.
    """
    code = kinds.kind.copy()
    won = np.flatnonzero(kinds.winner >= 0)
    rows = kinds.winner[won]
    is_loc = kinds.kind[rows] == LOC
    code[rows[is_loc]] = LOC_WINNER
    counts = kinds.kind != EXCUSED
    category, gt_category = matches.category, matches.gt_category
    keys = category[counts] * np.int64(len(matches) + 1) + rank[counts]
    moved, to = rows[~is_loc], gt_category[won[~is_loc]]
    moved_keys = to * np.int64(len(matches) + 1) + rank[moved]
    order = np.argsort(moved_keys)
    place = np.searchsorted(keys, moved_keys[order])
    number = np.bincount(category[counts], minlength=len(matches.category_ids))
    number += np.bincount(to, minlength=len(number))
    state = np.full(len(matches.gt), FREE, np.int8)
    state[kinds.missed] = MISSED
    state[kinds.taker >= 0] = TAKEN
    state[~kinds.counted] = NOT_COUNTED
    return Events(
        code=np.insert(code[counts], place, np.int8(CLS_WINNER)),
        image=np.insert(matches.image[counts], place, matches.image[moved[order]]),
        offsets=np.concatenate([[0], np.cumsum(number)]).astype(np.int64),
        state=state,
        gt_image=matches.gt_image,
        gt_category=gt_category,
    )


def shapley_weights() -> NDArray[np.float64]:
    """What v(S) counts in the share of each kind, float64, shape (6, 64)."""
    players = len(KINDS)
    weights = np.zeros((players, SETS))
    for kind in range(players):
        for members in range(SETS):
            if members >> kind & 1:
                continue
            size = members.bit_count()
            weight = factorial(size) * factorial(players - 1 - size) / factorial(players)
            weights[kind, members | 1 << kind] += weight
            weights[kind, members] -= weight
    return weights


@dataclass(frozen=True, eq=False, repr=False)
class Parts(Brief):
    """What AP lacks, by kind; the last axes are those of the values it is made from.

    Attributes:
        ap: AP, a fraction, float64, shape (...).
        share: of each kind, float64, shape (..., 6); the shares add up to 1 - AP.
        alone: what fixing one kind alone gains, float64, shape (..., 6).
        last: what fixing one kind gains when all others are fixed, float64, shape (..., 6).
        special: what AP gains with `FALSE_POS` and with `FALSE_NEG`, float64, shape (..., 2).
    """

    ap: NDArray[np.float64]
    share: NDArray[np.float64]
    alone: NDArray[np.float64]
    last: NDArray[np.float64]
    special: NDArray[np.float64]


def parts_of(values: NDArray[np.float64]) -> Parts:
    """Shares and their range from the values of all sets, float64, shape (..., 66)."""
    one = 1 << np.arange(len(KINDS))
    every = SETS - 1
    # not a matrix product, whose rounding depends on how many parts there are
    shares = (values[..., None, :SETS] * shapley_weights()).sum(axis=-1)
    return Parts(
        ap=values[..., 0],
        share=np.where(np.abs(shares) < DUST, 0.0, shares),
        alone=values[..., one] - values[..., :1],
        last=values[..., every : every + 1] - values[..., every - one],
        special=values[..., [FALSE_POS, FALSE_NEG]] - values[..., :1],
    )


def mean_values(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the categories with ground truth, float64, shape (66,); NaN without any."""
    defined = values[~np.isnan(values[:, 0])]
    mean: NDArray[np.float64] = defined.mean(axis=0) if len(defined) else np.full(VALUES, np.nan)
    return mean


@kernel
def fixed_values(
    codes: NDArray[np.int8],
    image: NDArray[np.int32],
    offsets: NDArray[np.int64],
    weights: NDArray[np.int64],
    state: NDArray[np.int8],
    gt_image: NDArray[np.int32],
    gt_category: NDArray[np.int32],
    points: NDArray[np.float64],
    levels: NDArray[np.float64],
    epsilon: float,
    values: NDArray[np.float64],
) -> None:
    """Fill values (K, 66) with AP of the events (E,) and objects (G,), where there are objects.

    weights (I,) are copies of images; points (P,) are the recalls of sets that fix nothing in a
    category, levels (P,) those of all others.

    Assumes the columns of one `Events`, and a weight for each of its images.
    """
    number = offsets.size - 1
    objects = np.zeros((number, 4), np.int64)  # by state
    for each in range(state.size):
        objects[gt_category[each], state[each]] += weights[gt_image[each]]
    longest = 0
    for k in range(number):
        longest = max(longest, offsets[k + 1] - offsets[k])
    found_code = np.empty(longest, np.int8)  # of what can be a true positive
    times = np.empty(longest, np.int64)
    before = np.empty((longest, BKG + 1), np.int64)  # false positives by kind
    false = np.zeros(BKG + 1, np.int64)
    need = np.empty((4, points.size), np.int64)
    left = np.empty(3, np.int64)
    for k in range(number):
        left[0] = objects[k, FREE] + objects[k, MISSED] + objects[k, TAKEN]
        left[1] = left[0] - objects[k, MISSED]
        left[2] = objects[k, TAKEN]
        if left[0] == 0:
            continue
        found = 0
        false[:] = 0
        errors = 1 << MISS if objects[k, MISSED] else 0  # the kinds that this category has
        for event in range(offsets[k], offsets[k + 1]):
            copies = weights[image[event]]
            code = codes[event]
            if copies == 0:
                continue
            if code <= BKG:
                false[code] += copies
                continue
            found_code[found] = code
            times[found] = copies
            before[found] = false
            found += 1
            if code == LOC_WINNER:
                false[LOC] += copies
            elif code == CLS_WINNER:
                errors |= 1 << CLS
        for kind in range(BKG + 1):
            if false[kind]:
                errors |= 1 << kind
        for place in range(3):
            hits_needed(left[place], levels, need[place])
        hits_needed(left[0], points, need[3])
        for members in range(SETS // 2):
            for place in range(2):
                every = members | place << MISS
                needed = need[place] if every & errors else need[3]
                values[k, every] = 1.0
                if left[place]:
                    values[k, every] = value_of_set(
                        found_code[:found], times, before, members, needed, epsilon
                    )
        fill_special(found_code[:found], times, before, left[2], need, epsilon, values[k])


@kernel
def fill_special(
    codes: NDArray[np.int8],
    times: NDArray[np.int64],
    before: NDArray[np.int64],
    taken: int,
    need: NDArray[np.int64],
    epsilon: float,
    values: NDArray[np.float64],
) -> None:
    """Fill the places `FALSE_POS` and `FALSE_NEG` of a category's values (66,).

    codes, times and before are those of `value_of_set`; taken is the number of objects taken; need
    (4, P) is of `hits_needed` for all objects in row 0, and for those taken in row 2.
    """
    values[FALSE_POS] = 0.0
    for point in range(need.shape[1]):
        if need[0, point] <= taken:
            values[FALSE_POS] += 1.0
    values[FALSE_POS] /= need.shape[1]
    values[FALSE_NEG] = 1.0
    if taken:
        values[FALSE_NEG] = value_of_set(codes, times, before, 0, need[2], epsilon)


@kernel
def hits_needed(objects: int, points: NDArray[np.float64], need: NDArray[np.int64]) -> None:
    """Fill need (P,) with the fewest true positives of some objects that reach each recall (P,)."""
    for point in range(points.size):
        hits = max(int(np.ceil(points[point] * objects)), 1)
        while objects and hits > 1 and (hits - 1) / objects >= points[point]:
            hits -= 1
        while objects and hits / objects < points[point]:
            hits += 1
        need[point] = hits


@kernel
def value_of_set(
    codes: NDArray[np.int8],
    times: NDArray[np.int64],
    before: NDArray[np.int64],
    members: int,
    need: NDArray[np.int64],
    epsilon: float,
) -> float:
    """AP of one category with the kinds in a set fixed.

    codes, times (n,) and before (n, 5) are the events that can be true, by falling score:
    their copies, and the false positives before them by kind. need (P,) is of `hits_needed`. As in
    `accumulate`, rows are walked back from the lowest score: the best precision at or beyond a
    recall is known once that recall is passed.
    """
    hits = 0
    for place in range(codes.size):
        if is_true(codes[place], members):
            hits += times[place]
    point = need.size - 1
    while point >= 0 and need[point] > hits:
        point -= 1
    total = 0.0
    best = 0.0
    for place in range(codes.size - 1, -1, -1):
        if not is_true(codes[place], members):
            continue
        false = 0
        for kind in range(BKG + 1):
            if not members >> kind & 1:
                false += before[place, kind]
        best = max(best, hits / (false + hits + epsilon))
        hits -= times[place]
        while point >= 0 and need[point] > hits:
            total += best
            point -= 1
    return total / need.size


@kernel
def is_true(code: int, members: int) -> bool:
    """Whether an event is a true positive once the kinds in a set are fixed."""
    if code == LOC_WINNER:
        return bool(members >> LOC & 1)
    if code == CLS_WINNER:
        return bool(members >> CLS & 1)
    return code == TRUE
