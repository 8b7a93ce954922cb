"""The score of the best F, of images that count several times or never."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.outcomes import Outcomes
from segeval.analysis.resampling.weighted_sums import LANES, Rows
from segeval.analysis.resampling.weights import fill_in_blocks, in_lanes
from segeval.analysis.thresholds.curve import ends_of_equals
from segeval.frozen import frozen
from segeval.kernels.promise import kernel


@frozen(eq=False)
class Groups:
    """Predictions in groups that share a threshold: those of a category, or all together.

    Attributes:
        score: by group, falling in each, float64, shape (n,).
        image: index of the image, int32, shape (n,).
        true: whether each is a true positive, bool, shape (n,).
        offsets: group k has `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        gt_image: index of the image of each object, by group, int32, shape (m,).
        gt_offsets: group k has the objects `gt_offsets[k]:gt_offsets[k + 1]`, int64, (K + 1,).
    """

    score: NDArray[np.float64]
    image: NDArray[np.int32]
    true: NDArray[np.bool_]
    offsets: NDArray[np.int64]
    gt_image: NDArray[np.int32]
    gt_offsets: NDArray[np.int64]

    @cached_property
    def is_tested(self) -> NDArray[np.bool_]:
        """Whether the best F may be at each prediction, bool, shape (n,).

        It is the last of its score in its group, and one of this score is true: without a further
        true positive F only falls.
        """
        last = ends_of_equals(self.score)
        last[self.offsets[1:][self.offsets[1:] > 0] - 1] = True
        ends = np.flatnonzero(last)
        true = np.concatenate([[0], np.cumsum(self.true)[ends]])
        last[ends] = np.diff(true) > 0
        return last

    @cached_property
    def objects(self) -> Rows:
        """The objects of each group, by image."""
        groups = len(self.gt_offsets) - 1
        group = np.repeat(np.arange(groups), np.diff(self.gt_offsets))
        return Rows.of(group, self.gt_image, np.ones(len(group), np.uint8), groups)

    def best(
        self, weights: NDArray[np.uint16], beta: float, workers: int | None = None
    ) -> NDArray[np.float64]:
        """The score of the best F of every group, the highest of equals.

        Args:
            weights: number of copies of each image in R replicates, shape (R, I).
            beta: weight of recall against precision.
            workers: threads, None for all cores; the scores do not depend on it.

        Returns:
            float64, shape (R, K); NaN for a group without an object, or without one that is found.
        """
        row = np.full((len(weights), len(self.offsets) - 1), -1)
        most = int(weights.max(initial=0)) * len(self.score)
        wide = np.int32 if most <= np.iinfo(np.int32).max else np.int64
        is_tested, objects = self.is_tested, self.objects

        def fill(start: int, stop: int) -> None:
            lanes = in_lanes(weights[start:stop], LANES, np.float64)
            found = np.full((row.shape[1], LANES), -1)
            best_rows(
                lanes, self.image, self.true, is_tested, self.offsets,
                objects.sums(lanes)[:, 0], beta * beta, np.empty((2, LANES), wide), found,
            )  # fmt: skip
            row[start:stop] = found.T[: stop - start]

        fill_in_blocks(fill, len(weights), LANES, workers)
        found = np.full(row.shape, np.nan)
        found[row >= 0] = self.score[row[row >= 0]]
        return found


def by_category(outcomes: Outcomes) -> Groups:
    """A group for each category."""
    order = np.argsort(outcomes.gt_category, kind="stable")
    return Groups(
        score=outcomes.score,
        image=outcomes.image,
        true=outcomes.true,
        offsets=outcomes.offsets,
        gt_image=outcomes.gt_image[order],
        gt_offsets=np.concatenate([[0], np.cumsum(outcomes.positives)]),
    )


def together(outcomes: Outcomes) -> Groups:
    """All categories as one group."""
    order = np.argsort(-outcomes.score, kind="stable")
    return Groups(
        score=outcomes.score[order],
        image=outcomes.image[order],
        true=outcomes.true[order],
        offsets=np.array([0, len(order)]),
        gt_image=outcomes.gt_image,
        gt_offsets=np.array([0, len(outcomes.gt_image)]),
    )


@kernel
def best_rows(
    weights: NDArray[Any],
    image: NDArray[np.int32],
    true: NDArray[np.bool_],
    is_tested: NDArray[np.bool_],
    offsets: NDArray[np.int64],
    objects: NDArray[np.float64],
    square: float,
    counts: NDArray[np.signedinteger[Any]],
    row: NDArray[np.int64],
) -> None:
    """Set row (K, LANES) to the last prediction that the best F of each group and replicate keeps.

    weights (I, LANES); image, true and is_tested (n,) by group, whose predictions offsets (K + 1,)
    cut, by falling score; objects (K, LANES) weighted; square is beta²; counts (2, LANES) is
    scratch of a dtype that holds every sum of weights. Stays -1 where F is 0 or undefined.

    Assumes images below I and offsets inside the columns, from `Outcomes`.
    """
    best = np.empty(LANES)
    scaled = np.empty(LANES)
    found, kept = counts[0], counts[1]
    for group in range(offsets.size - 1):
        for lane in range(LANES):
            best[lane] = 0.0
            scaled[lane] = square * objects[group, lane] if objects[group, lane] > 0 else np.inf
            found[lane] = 0
            kept[lane] = 0
        for at in range(offsets[group], offsets[group + 1]):
            own = image[at]
            for lane in range(LANES):
                kept[lane] += weights[own, lane]
            if true[at]:
                for lane in range(LANES):
                    found[lane] += weights[own, lane]
            if is_tested[at]:
                for lane in range(LANES):
                    value = found[lane] / (scaled[lane] + kept[lane])
                    if value > best[lane]:
                        best[lane] = value
                        row[group, lane] = at
