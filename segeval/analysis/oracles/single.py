"""What one model would reach if one thing about it were perfect.

Each oracle changes one thing and leaves the rest, so their gains overlap and must not be added.
Objects are those that count; crowd regions excuse predictions as they do in AP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.oracles.assignment import assigned
from segeval.analysis.oracles.candidates import Candidates, Truth, curves_of
from segeval.frozen import frozen
from segeval.metrics.coco.curves import Curves
from segeval.metrics.coco.filling import ALMOST_ONE
from segeval.metrics.coco.overlaps import BACKGROUND

HALF = 0.5
"""IoU at which a prediction finds an object, for oracles that do not go by the thresholds."""

Flags = NDArray[np.bool_]


@frozen(eq=False)
class Base:
    """A model as it is, in one size bucket.

    Attributes:
        preds: its N predictions.
        truth: the ground truth.
    """

    preds: Candidates
    truth: Truth

    @cached_property
    def found(self) -> NDArray[np.int64]:
        """The ground truth that each takes at each threshold, -1 for none, int64, shape (T, N)."""
        return self.preds.found(self.truth, self.truth.thresholds.tolist())

    @cached_property
    def flags(self) -> tuple[Flags, Flags]:
        """What is true, and what is left out of the count, both (T, N)."""
        flags = [self.preds.flags(self.truth, each) for each in self.found]
        return np.stack([true for true, _ in flags]), np.stack([drop for _, drop in flags])

    @cached_property
    def hits(self) -> Flags:
        """Whether each ground truth is found at each threshold, bool, shape (T, G)."""
        return np.stack([hits_of(self.truth, found) for found in self.found])

    @property
    def false(self) -> Flags:
        """What is false, bool, shape (T, N)."""
        true, ignored = self.flags
        return ~true & ~ignored

    @cached_property
    def best(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Highest IoU of each with an object of its category, 0 without, and which, -1 without."""
        own = self.preds.own(self.truth)
        return best_pairs(self.preds, own)

    def curves(self) -> Curves:
        """Precision and recall as they are."""
        return self.preds.curves(self.truth, *self.flags)

    def without(self, dropped: Flags) -> Curves:
        """Precision and recall without some of what is false, bool, shape (T, N)."""
        true, ignored = self.flags
        return self.preds.curves(self.truth, true, ignored | (dropped & ~true))

    def with_scores(self, score: NDArray[np.float64]) -> Curves:
        """Precision and recall with other scores, matched anew."""
        return replace(self.preds, score=score).matched_curves(self.truth)


def hits_of(truth: Truth, found: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each object that counts is among those found, bool, shape (G,)."""
    hit = np.zeros(len(truth.counted), np.bool_)
    hit[found[found >= 0]] = True
    return hit & truth.counted


def best_pairs(
    preds: Candidates, kept: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The highest IoU of each prediction in some of its pairs, and the last such ground truth."""
    iou = np.zeros(len(preds.score))
    gt = np.full(len(preds.score), -1, np.int64)
    np.maximum.at(iou, preds.row[kept], preds.iou[kept])
    highest = kept & (preds.iou == iou[preds.row])
    gt[preds.row[highest]] = preds.gt[highest]  # of equals the last, as matching takes it
    return iou, gt


def recall(base: Base) -> Curves:
    """As many objects found as any matching can find, all of them ranked before what is false."""
    preds, truth = base.preds, base.truth
    number = np.zeros((len(truth.thresholds), truth.categories), np.int64)
    for t, threshold in enumerate(truth.thresholds):
        own = preds.own(truth, min(threshold, ALMOST_ONE))
        taken = assigned(
            preds.row[own], preds.gt[own], np.zeros(int(own.sum())), len(preds.score),
            len(truth.counted),
        )  # fmt: skip
        number[t] = np.bincount(truth.category[taken >= 0], minlength=truth.categories)
    most = number.max(axis=0, initial=0)
    offsets = np.concatenate([[0], np.cumsum(most)])
    place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], most)
    true = place < np.repeat(number, most, axis=1)
    positives = np.tile(truth.positives, (len(truth.thresholds), 1))
    return curves_of(truth.thresholds, true, ~true, offsets, positives)


def assignment_scores(preds: Candidates, truth: Truth) -> NDArray[np.float64]:
    """IoU of each prediction in the assignment with most pairs at .5, then most IoU; others 0."""
    own = preds.own(truth, HALF)
    row, gt, iou = preds.row[own], preds.gt[own], preds.iou[own]
    taken = assigned(row, gt, iou, len(preds.score), len(truth.counted))
    score = np.zeros(len(preds.score))
    chosen = taken[gt] == row
    score[row[chosen]] = iou[chosen]
    return score


def score(base: Base) -> Curves:
    """Scores that equal the IoU with the object to be found, and 0 for all others."""
    return base.with_scores(assignment_scores(base.preds, base.truth))


def mask_quality(base: Base) -> Curves:
    """Scores times the true IoU: the bound of what a predicted IoU can give."""
    return base.with_scores(base.preds.score * base.best[0])


def category(base: Base) -> Curves:
    """Predictions on an object of another category get its category."""
    preds, truth = base.preds, base.truth
    at_object = truth.counted[preds.gt] & (preds.iou >= HALF)
    wrong = np.ones(len(preds.score), np.bool_)
    wrong[preds.row[preds.own(truth, HALF)]] = False
    _, gt = best_pairs(preds, at_object)
    moved = np.flatnonzero(wrong & (gt >= 0))
    open_ones = ~hits_of(truth, preds.found(truth, [HALF])[0])
    winners = _winners(preds, moved[open_ones[gt[moved]]], gt)
    kept = np.ones(len(preds.score), np.bool_)
    kept[moved] = False
    kept[winners] = True
    own = preds.category.copy()
    own[winners] = truth.category[gt[winners]]
    return replace(preds, category=own).take(kept).matched_curves(truth)


def localisation(base: Base) -> Curves:
    """False predictions near an object of their category become right if it is still to be found.

    Their mask becomes the object's; of several for one object the best-scored one stays, and those
    whose object is found already are dropped.
    """
    true, ignored = (each.copy() for each in base.flags)
    iou, gt = base.best
    for t, threshold in enumerate(base.truth.thresholds):
        near = np.flatnonzero(base.false[t] & (iou >= BACKGROUND) & (iou < threshold))
        winners = _winners(base.preds, near[~base.hits[t, gt[near]]], gt)
        ignored[t, near] = True
        ignored[t, winners] = False
        true[t, winners] = True
    return base.preds.curves(base.truth, true, ignored)


def duplicate(base: Base) -> Curves:
    """No false prediction on an object that is found already."""
    preds, truth = base.preds, base.truth
    dropped = np.zeros_like(base.false)
    for t, threshold in enumerate(truth.thresholds):
        own = preds.own(truth, min(threshold, ALMOST_ONE))
        dropped[t, preds.row[own & base.hits[t, preds.gt]]] = True
    return base.without(dropped)


def background(base: Base) -> Curves:
    """No false prediction away from all objects of its category."""
    return base.without(np.broadcast_to(base.best[0] < BACKGROUND, base.false.shape))


def missed(base: Base) -> Curves:
    """Objects that are not found do not count; a category without any left is perfect."""
    truth, order = base.truth, base.preds.order
    true, ignored = base.flags
    counts = np.bincount(base.preds.category, minlength=truth.categories)
    positives = np.stack(
        [np.bincount(truth.category[hit], minlength=truth.categories) for hit in base.hits]
    )
    found = curves_of(
        truth.thresholds, true[:, order], ignored[:, order],
        np.concatenate([[0], np.cumsum(counts)]), positives,
    )  # fmt: skip
    defined = truth.positives > 0
    values = np.ones((int(defined.sum()), *found.defined.shape[1:]))
    values[(found.gt > 0)[defined]] = found.defined
    return replace(found, defined=values, gt=truth.positives)


def _winners(
    preds: Candidates, rows: NDArray[np.int64], gt: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Of some predictions the best-scored one for each object that they are for."""
    ranked = rows[np.argsort(-preds.score[rows], kind="stable")]
    _, first = np.unique(gt[ranked], return_index=True)
    return ranked[first]


ORACLES: Mapping[str, Callable[[Base], Curves]] = {
    "recall": recall,
    "score": score,
    "mask_quality": mask_quality,
    "class": category,
    "localisation": localisation,
    "duplicate": duplicate,
    "background": background,
    "missed": missed,
}
"""Every oracle by its name in results."""
