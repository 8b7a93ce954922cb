"""Thresholds judged on images that did not choose them.

The images are split into halves. Thresholds that are the best of one half are applied to the other,
both ways, and what is kept is counted together: every image is judged once, by thresholds that have
not seen it.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.bootstrap import Replicates
from segeval.analysis.comparison.intervals import Interval, centred_intervals
from segeval.analysis.resampling.weighted_sums import LANES, Rows
from segeval.analysis.resampling.weights import in_lanes
from segeval.analysis.thresholds.best import Groups
from segeval.analysis.thresholds.curve import f_beta
from segeval.frozen import frozen


@frozen
class HeldOut:
    """What thresholds do on images that did not choose them; None is undefined.

    Attributes:
        precision: a fraction.
        recall: a fraction.
        f: F-beta, a fraction.
        interval: of F over bootstrap replicates of the images, at the same thresholds.
    """

    precision: float | None
    recall: float | None
    f: float | None
    interval: Interval


UNDEFINED = HeldOut(None, None, None, None)
"""Of a group without objects, and of too few images."""


@frozen(eq=False)
class Kept:
    """True and false positives kept, and objects, by group and image; entries without any left out.

    Attributes:
        group: of each of E entries, rising, int64, shape (E,).
        image: of each entry, int64, shape (E,).
        counts: true positives, false positives and objects, int64, shape (3, E).
        groups: number of groups, K.
    """

    group: NDArray[np.int64]
    image: NDArray[np.int64]
    counts: NDArray[np.int64]
    groups: int

    def together(self) -> Kept:
        """All groups as one."""
        return Kept(np.zeros_like(self.group), self.image, self.counts, 1)

    @cached_property
    def rows(self) -> Rows:
        """The counts as rows of images."""
        return Rows.of(self.group, self.image, self.counts.T, self.groups)

    def sums(self, weights: NDArray[np.uint16] | None = None) -> NDArray[np.int64]:
        """The counts of every group for weights of the images, int64, shape (3, R, K).

        Args:
            weights: copies of each image in R replicates, at most `LANES`, shape (R, I); None for
                one of each.
        """
        if weights is None:
            edges = np.searchsorted(self.group, np.arange(self.groups + 1))
            total = np.zeros((3, len(self.group) + 1), np.int64)
            np.cumsum(self.counts, axis=1, out=total[:, 1:])
            return (total[:, edges[1:]] - total[:, edges[:-1]])[:, np.newaxis]
        found = self.rows.sums(in_lanes(weights, LANES, np.float64))
        return found.astype(np.int64).transpose(1, 2, 0)[:, : len(weights)]


def kept(groups: Groups, least: NDArray[np.float64], half: NDArray[np.bool_]) -> Kept:
    """What is kept of groups.

    Args:
        groups: K groups.
        least: the least score kept of each group, outside of the half and inside, (2, K).
        half: images of the half, bool, shape (I,).
    """
    images, number = len(half), len(groups.offsets) - 1
    group = np.repeat(np.arange(number), np.diff(groups.offsets))
    gt_group = np.repeat(np.arange(number), np.diff(groups.gt_offsets))
    rows = groups.score >= least[half[groups.image].astype(np.int64), group]
    key = group[rows] * images + groups.image[rows]
    gt_key = gt_group * images + groups.gt_image
    every, place = np.unique(np.concatenate([key, gt_key]), return_inverse=True)
    own, of_gt = place[: len(key)], place[len(key) :]
    kinds = own[groups.true[rows]], own[~groups.true[rows]], of_gt
    counts = np.stack([np.bincount(each, minlength=len(every)) for each in kinds])
    return Kept(every // max(images, 1), every % max(images, 1), counts, number)


def crossed(groups: Groups, replicates: Replicates, beta: float) -> Kept:
    """What is kept of each half by the thresholds that are the best of the other."""
    half = replicates.half
    chosen = groups.best(np.stack([half, ~half]).astype(np.uint16), beta, 1)
    return kept(groups, np.where(np.isnan(chosen), np.inf, chosen), half)


def held_out(
    found: Kept, replicates: Replicates, beta: float, workers: int | None = None
) -> list[HeldOut]:
    """The numbers of every group, with their intervals."""
    tp, fp, gt = found.sums()[:, 0]
    f = f_beta(tp, fp, gt, beta)
    _ = found.rows  # made once, and not in every thread

    def scores(weights: NDArray[np.uint16]) -> NDArray[np.float64]:
        own_tp, own_fp, own_gt = found.sums(weights)
        return f_beta(own_tp, own_fp, own_gt, beta)

    intervals = centred_intervals(f, replicates.each(scores, workers)).ends
    return [
        HeldOut(
            precision=_ratio(tp[k], tp[k] + fp[k]),
            recall=_ratio(tp[k], gt[k]),
            f=None if np.isnan(f[k]) else float(f[k]),
            interval=intervals[k],
        )
        for k in range(found.groups)
    ]


def _ratio(part: np.int64, whole: np.int64) -> float | None:
    """A fraction; None of nothing."""
    return float(part / whole) if whole else None
