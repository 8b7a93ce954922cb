"""The score of the best F, of images that count several times or never."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.outcomes import Outcomes
from segeval.analysis.thresholds.curve import ends_of_equals
from segeval.kernels.promise import kernel
from segeval.kernels.threads import map_slices


@dataclass(frozen=True, eq=False)
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
    def last(self) -> NDArray[np.bool_]:
        """Whether each prediction is the last of its score in its group, bool, shape (n,)."""
        last = ends_of_equals(self.score)
        last[self.offsets[1:][self.offsets[1:] > 0] - 1] = True
        return last

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
        gts = [slice(*span) for span in np.stack([self.gt_offsets[:-1], self.gt_offsets[1:]], 1)]
        last = self.last

        def fill_slice(start: int, stop: int) -> None:
            some = np.ascontiguousarray(weights[start:stop])
            positives = np.stack(
                [some[:, self.gt_image[each]].sum(axis=1, dtype=np.int64) for each in gts], axis=1
            )
            best_rows(
                some, self.image, self.true, last, self.offsets, positives, beta * beta,
                row[start:stop],
            )  # fmt: skip

        if gts:
            map_slices(fill_slice, len(weights), workers, least=8)
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
    weights: NDArray[np.uint16],
    image: NDArray[np.int32],
    true: NDArray[np.bool_],
    last: NDArray[np.bool_],
    offsets: NDArray[np.int64],
    positives: NDArray[np.int64],
    square: float,
    row: NDArray[np.int64],
) -> None:
    """Set row (R, K) to the last prediction that the best F of each replicate and group keeps.

    weights (R, I); image, true and last (n,) by group, whose predictions offsets (K + 1,) cut, by
    falling score; positives (R, K) weighted objects; square is beta². Stays -1 where F is 0 or
    undefined.

    Assumes images below I and offsets inside the columns, from `Outcomes`.
    """
    for replicate in range(weights.shape[0]):
        own = weights[replicate]
        for group in range(offsets.size - 1):
            objects = positives[replicate, group]
            if objects == 0:
                continue
            found = np.int64(0)
            kept = np.int64(0)
            best = 0.0
            for at in range(offsets[group], offsets[group + 1]):
                copies = np.int64(own[image[at]])
                kept += copies
                if true[at]:
                    found += copies
                if last[at] and found > 0:
                    value = found / (square * objects + kept)
                    if value > best:
                        best = value
                        row[replicate, group] = at
