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

from functools import cache, cached_property
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.fixed_values import (
    CLS_WINNER,
    FALSE_NEG,
    FALSE_POS,
    FREE,
    LANES,
    LOC_WINNER,
    MISSED,
    NOT_COUNTED,
    SETS,
    TAKEN,
    VALUES,
    fixed_values,
)
from segeval.analysis.errors.kinds import BKG, EXCUSED, KINDS, LOC, KindsAt
from segeval.analysis.resampling.weights import in_lanes
from segeval.brief import Brief
from segeval.frozen import frozen
from segeval.metrics.coco.curves import EPSILON, RECALLS
from segeval.metrics.coco.matches import Matches

DUST = 1e-14
"""Shares below this come from the rounding of sums."""

LEVELS = np.arange(101) / 100
"""Recall levels once something is fixed."""


@frozen(eq=False, repr=False)
class Events(Brief):
    """What AP with fixed errors is computed from, for any weights of images.

    Attributes:
        code: a kind, `TRUE`, `LOC_WINNER` or `CLS_WINNER`, int8, shape (E,), by category and score.
        image: int32, shape (E,).
        rank: place of its prediction among all of the model by falling score, int64, shape (E,).
        offsets: category k has the events `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        state: of each object, int8, shape (G,).
        gt_image: int32, shape (G,).
        gt_category: int32, shape (G,).
    """

    code: NDArray[np.int8]
    image: NDArray[np.int32]
    rank: NDArray[np.int64]
    offsets: NDArray[np.int64]
    state: NDArray[np.int8]
    gt_image: NDArray[np.int32]
    gt_category: NDArray[np.int32]

    @cached_property
    def longest(self) -> int:
        """Most events of a category that can be true."""
        before = np.concatenate([[0], np.cumsum(self.code > BKG)])
        return int(np.diff(before[self.offsets]).max(initial=0))

    def values(self, weights: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """AP of every category with every set of kinds fixed, for weights of images.

        Args:
            weights: how often each image counts in R replicates, at most `LANES`, shape (R, I).

        Returns:
            Fractions, float64, shape (R, K, 66): the 64 sets, `FALSE_POS`, `FALSE_NEG`; NaN for a
            category without ground truth.
        """
        found = np.full((len(weights), len(self.offsets) - 1, VALUES), np.nan)
        most = int(weights.max(initial=0)) * max(len(self.code), len(self.state))
        wide = np.int32 if most <= np.iinfo(np.int32).max else np.int64
        times = np.empty((self.longest, LANES), wide)
        before = np.empty((self.longest, BKG + 1, LANES), wide)
        fixed_values(
            self.code, self.image, self.offsets, in_lanes(weights, LANES, np.int64), self.state,
            self.gt_image, self.gt_category, RECALLS, LEVELS, EPSILON, times, before, found,
        )  # fmt: skip
        return found

    def beside(self, other: Events, images: int) -> Events:
        """The events of two models as one, by rank in place of score.

        Equal ranks go by image. In an image, a prediction has the same kind whatever other images
        hold, so that weights of 0 and 1 for the images of both mix the two models.

        Args:
            other: of the second model, on the same ground truth.
            images: I, which is added to the images of the second.
        """
        both = (self, other)
        rank = np.concatenate([self.rank, other.rank])
        image = np.concatenate([self.image, other.image])
        category = np.concatenate(
            [np.repeat(np.arange(len(each.offsets) - 1), np.diff(each.offsets)) for each in both]
        )
        keys = category * (rank.max(initial=0) + 1) + rank
        order = np.argsort(keys, kind="stable")  # two sorted runs, which it merges
        first, second = order[:-1], order[1:]
        turned = np.flatnonzero((keys[first] == keys[second]) & (image[first] > image[second]))
        order[turned], order[turned + 1] = order[turned + 1], order[turned]
        return Events(
            code=np.concatenate([self.code, other.code])[order],
            image=np.concatenate([self.image, other.image + np.int32(images)])[order],
            rank=rank[order],
            offsets=self.offsets + other.offsets,
            state=np.concatenate([self.state, other.state]),
            gt_image=np.concatenate([self.gt_image, other.gt_image + np.int32(images)]),
            gt_category=np.concatenate([self.gt_category, other.gt_category]),
        )


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
        rank=np.insert(rank[counts], place, rank[moved[order]]),
        offsets=np.concatenate([[0], np.cumsum(number)]).astype(np.int64),
        state=state,
        gt_image=matches.gt_image,
        gt_category=gt_category,
    )


@cache
def shapley_weights() -> NDArray[np.float64]:
    """What v(S) counts in the share of each kind, float64, shape (6, 64), made once."""
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


@frozen(eq=False, repr=False)
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
