"""The kernels of AP with every set of kinds fixed, for many weights of the images at once.

Counting is done for `LANES` replicates side by side, as in the kernels of the image bootstrap. Then
each replicate walks back over the events that can be true, for all sets at once: the sets differ in
what is false before an event, and only through cls and loc in what is true.

Sets are in the order of `MEMBERS`: the eight that agree in cls and loc stand together, since they
reach every recall at the same event.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.kinds import BKG, BOTH, CLS, DUPE, KINDS, LOC, MISS, TRUE
from segeval.kernels.promise import kernel

SETS = 1 << len(KINDS)
"""Sets of kinds: bit k of a set is kind k."""

FALSE_POS, FALSE_NEG = SETS, SETS + 1
"""Places after the sets: false positives all ranked last; objects that nothing took not counted."""

VALUES = SETS + 2
"""Values of a category."""

LOC_WINNER, CLS_WINNER = TRUE + 1, TRUE + 2
"""Codes of events beside kinds and `TRUE`: what makes a true positive once loc or cls is fixed."""

NOT_COUNTED, FREE, MISSED, TAKEN = range(4)
"""States of an object."""

LANES = 16
"""Replicates that are counted together; no number depends on it."""

WAYS = 4
"""Sets that differ in cls and loc."""

TOGETHER = SETS // 2 // WAYS
"""Sets without miss that agree in cls and loc."""

MEMBERS = np.array([way | rest * WAYS for way in range(WAYS) for rest in range(TOGETHER)])
"""The sets without miss, in the order in which they are walked."""

REMAINS = np.array([[float(not each >> kind & 1) for each in MEMBERS] for kind in range(BKG + 1)])
"""Whether the errors of each kind remain in each set, as a factor."""

IS_TRUE = np.array(
    [[1.0] * WAYS, *([float(way >> kind & 1) for way in range(WAYS)] for kind in (LOC, CLS))]
)
"""Whether `TRUE`, `LOC_WINNER` and `CLS_WINNER` are true positives in sets that agree in cls and
loc, as a factor."""

OF_ALL, WITHOUT_MISSED, OF_TAKEN, OF_AP = range(4)
"""Which objects recall is of, and for the last one, that its levels are those of AP."""


@kernel
def fixed_values(
    codes: NDArray[np.int8],
    image: NDArray[np.int32],
    offsets: NDArray[np.int64],
    weights: NDArray[np.integer[Any]],
    state: NDArray[np.int8],
    gt_image: NDArray[np.int32],
    gt_category: NDArray[np.int32],
    points: NDArray[np.float64],
    levels: NDArray[np.float64],
    epsilon: float,
    times: NDArray[np.signedinteger[Any]],
    before: NDArray[np.signedinteger[Any]],
    values: NDArray[np.float64],
) -> None:
    """Fill values (R, K, 66) with AP of the events (E,) and objects (G,), where there are objects.

    weights (I, LANES) are copies of images in R replicates; points (P,) are the recalls of sets
    that fix nothing in a category, levels (P,) those of all others. times (n, LANES) and before
    (n, 5, LANES) are scratch for the n events of a category that can be true, of a dtype that holds
    every sum of weights.
    """
    number = offsets.size - 1
    objects = np.zeros((number, 4, LANES), np.int64)
    for place in range(state.size):
        own = gt_image[place]
        for lane in range(LANES):
            objects[gt_category[place], state[place], lane] += weights[own, lane]
    can_be_true = np.empty(times.shape[0], np.int8)
    false = np.empty((BKG + 1, LANES), before.dtype)
    moved = np.empty(LANES, before.dtype)
    code = np.empty(times.shape[0], np.int8)
    copies = np.empty(times.shape[0])
    wrong = np.empty((times.shape[0], BKG + 1))
    need = np.empty((4, points.size), np.int64)
    left = np.empty(4, np.int64)
    found = np.empty((4, WAYS, TOGETHER))
    for k in range(number):
        own_codes, own_images = (
            codes[offsets[k] : offsets[k + 1]],
            image[offsets[k] : offsets[k + 1]],
        )
        rows = count(own_codes, own_images, weights, can_be_true, times, before, false, moved)
        for lane in range(values.shape[0]):
            left[OF_TAKEN] = objects[k, TAKEN, lane]
            left[WITHOUT_MISSED] = left[OF_TAKEN] + objects[k, FREE, lane]
            left[OF_ALL] = left[OF_AP] = left[WITHOUT_MISSED] + objects[k, MISSED, lane]
            if left[OF_ALL] == 0:
                continue
            errors = 1 << MISS if objects[k, MISSED, lane] else 0  # the kinds of this category
            for error in range(BKG + 1):
                if false[error, lane]:
                    errors |= 1 << error
            if moved[lane]:
                errors |= 1 << CLS
            size = take_drawn(can_be_true[:rows], times, before, lane, code, copies, wrong)
            for of in range(OF_AP):
                hits_needed(left[of], levels, need[of])
            hits_needed(left[OF_AP], points, need[OF_AP])
            walk_back(code[:size], copies, wrong, need, errors, epsilon, found)
            fill_sets(found, left, errors, need, values[lane, k])


@kernel
def count(
    codes: NDArray[np.int8],
    image: NDArray[np.int32],
    weights: NDArray[np.integer[Any]],
    can_be_true: NDArray[np.int8],
    times: NDArray[np.signedinteger[Any]],
    before: NDArray[np.signedinteger[Any]],
    false: NDArray[np.signedinteger[Any]],
    moved: NDArray[np.signedinteger[Any]],
) -> int:
    """Count what is false before every event of a category that can be true; the number of these.

    codes and image (e,) are of the events, by falling score, and weights (I, LANES) of the images.
    can_be_true (n,), times (n, LANES) and before (n, 5, LANES) receive the code of every event that
    can be true, its copies and the false positives before it by kind; false (5, LANES) those of all
    events, and moved (LANES,) the copies of winners of wrong categories.
    """
    false[:] = 0
    moved[:] = 0
    rows = 0
    for event in range(codes.size):
        own = image[event]
        kind = codes[event]
        if kind <= BKG:
            for lane in range(LANES):
                false[kind, lane] += weights[own, lane]
            continue
        can_be_true[rows] = kind
        for lane in range(LANES):
            times[rows, lane] = weights[own, lane]
        for error in range(BKG + 1):
            for lane in range(LANES):
                before[rows, error, lane] = false[error, lane]
        rows += 1
        if kind == LOC_WINNER:
            for lane in range(LANES):
                false[LOC, lane] += weights[own, lane]
        elif kind == CLS_WINNER:
            for lane in range(LANES):
                moved[lane] += weights[own, lane]
    return rows


@kernel
def take_drawn(
    can_be_true: NDArray[np.int8],
    times: NDArray[np.signedinteger[Any]],
    before: NDArray[np.signedinteger[Any]],
    lane: int,
    code: NDArray[np.int8],
    copies: NDArray[np.float64],
    wrong: NDArray[np.float64],
) -> int:
    """Take the events of one replicate that have copies; their number.

    can_be_true (n,), times (n, LANES) and before (n, 5, LANES) as in `fixed_values`; code (n,),
    copies (n,) and wrong (n, 5) receive the code of each, its copies and the false positives
    before it. True positives without an error between them become one, with the copies of both:
    the precision at the last one is the best of them.
    """
    size = 0
    for row in range(can_be_true.size):
        own = times[row, lane]
        if own == 0:
            continue
        is_same = size > 0 and can_be_true[row] == TRUE and code[size - 1] == TRUE
        for error in range(BKG + 1):
            wrong[size, error] = before[row, error, lane]
            is_same = is_same and wrong[size, error] == wrong[size - 1, error]
        if is_same:
            copies[size - 1] += own
        else:
            code[size] = can_be_true[row]
            copies[size] = own
            size += 1
    return size


@kernel
def walk_back(
    code: NDArray[np.int8],
    copies: NDArray[np.float64],
    wrong: NDArray[np.float64],
    need: NDArray[np.int64],
    errors: int,
    epsilon: float,
    found: NDArray[np.float64],
) -> None:
    """Fill found with AP of one category in every set, for recall of four kinds.

    found (4, WAYS, TOGETHER) has the sets in the order of `MEMBERS`; code (n,), copies (n,) and
    wrong (n, 5) are of `take_drawn`; need (4, P) is of `hits_needed`; errors as in `fill_sets`,
    which does not look at the places that stay 0. As in `accumulate`, events are walked back from
    the lowest score: the best precision at or beyond a recall is known once that recall is passed.
    """
    hits = np.zeros(WAYS)
    best = np.zeros((WAYS, TOGETHER))
    others = np.empty(TOGETHER)
    for row in range(code.size):
        for way in range(WAYS):
            hits[way] += copies[row] * IS_TRUE[code[row] - TRUE, way]
    found[:] = 0.0
    point = np.full((4, WAYS), -1)
    due = np.zeros(WAYS)
    for way in range(WAYS):
        for of in range(4):
            if (of == OF_AP and way & errors) or (of == OF_TAKEN and way):
                continue
            point[of, way] = reached(need[of], hits[way])
        due[way] = next_due(way, need, point)
    for row in range(code.size - 1, -1, -1):
        kind = code[row] - TRUE
        for rest in range(TOGETHER):
            others[rest] = (
                wrong[row, BOTH] * REMAINS[BOTH, rest]
                + wrong[row, DUPE] * REMAINS[DUPE, rest]
                + wrong[row, BKG] * REMAINS[BKG, rest]
            )
        for way in range(WAYS):
            if not IS_TRUE[kind, way]:
                continue
            first, own = way * TOGETHER, hits[way]
            judged = wrong[row, CLS] * REMAINS[CLS, first] + wrong[row, LOC] * REMAINS[LOC, first]
            judged += own
            for rest in range(TOGETHER):  # whole numbers, exact in any order
                value = own / (judged + others[rest] + epsilon)
                best[way, rest] = max(best[way, rest], value)
            hits[way] -= copies[row]
            if hits[way] < due[way]:
                pass_points(way, need, point, hits[way], best, found)
                due[way] = next_due(way, need, point)
    for of in range(4):
        for way in range(WAYS):
            for rest in range(TOGETHER):
                found[of, way, rest] /= need.shape[1]


@kernel
def reached(need: NDArray[np.int64], hits: float) -> int:
    """The last recall that some true positives reach, -1 for none; need (P,) of `hits_needed`."""
    point = need.size - 1
    while point >= 0 and need[point] > hits:
        point -= 1
    return point


@kernel
def next_due(way: int, need: NDArray[np.int64], point: NDArray[np.int64]) -> float:
    """The hits below which some sets pass a recall next; arguments as in `pass_points`."""
    due = 0
    for of in range(4):
        if point[of, way] >= 0:
            due = max(due, need[of, point[of, way]])
    return float(due)


@kernel
def pass_points(
    way: int,
    need: NDArray[np.int64],
    point: NDArray[np.int64],
    hits: float,
    best: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    """Add the best precision of some sets to those in found for each recall now passed.

    way are the sets; point (4, WAYS) has the last recall that was not passed, and hits the true
    positives that are left. best is (WAYS, TOGETHER) and found (4, WAYS, TOGETHER).
    """
    for of in range(4):
        at = point[of, way]
        while at >= 0 and need[of, at] > hits:
            for rest in range(TOGETHER):
                found[of, way, rest] += best[way, rest]
            at -= 1
        point[of, way] = at


@kernel
def fill_sets(
    found: NDArray[np.float64],
    left: NDArray[np.int64],
    errors: int,
    need: NDArray[np.int64],
    values: NDArray[np.float64],
) -> None:
    """Fill the values of a category (66,).

    found (4, WAYS, TOGETHER) is of `walk_back` and need (4, P) of `hits_needed`; left (4,) are the
    objects that recall is of; errors has the bits of the kinds that the category has.
    """
    for each in range(MEMBERS.size):
        for of in range(2):
            members = MEMBERS[each] | of << MISS
            own = of if members & errors else OF_AP
            value = found[own, each // TOGETHER, each % TOGETHER]
            values[members] = value if left[of] else 1.0
    values[FALSE_POS] = 0.0
    for point in range(need.shape[1]):
        if need[OF_ALL, point] <= left[OF_TAKEN]:
            values[FALSE_POS] += 1.0
    values[FALSE_POS] /= need.shape[1]
    values[FALSE_NEG] = found[OF_TAKEN, 0, 0] if left[OF_TAKEN] else 1.0


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
