"""The kind of every prediction that is not a true positive, and the objects that were missed.

A kind is the first of these that applies, at an IoU threshold t and with IoUs to the objects that
count: poor localisation (loc), best IoU with an object of its category from 0.1 to t; wrong
category (cls), best IoU with one of another category at least t; duplicate (dupe), IoU of at least
t with an object of its category that is matched; background (bkg), no IoU above 0.1; both, the
others. An object is missed (miss) if nothing matches it and no loc or cls error points to it.

Source: Bolya et al. 2020, TIDE; the edges are those of tidecv 1.0.1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.frozen import frozen
from segeval.kernels.promise import kernel
from segeval.metrics.coco.filling import ALMOST_ONE
from segeval.metrics.coco.image_pairs import ImagePairs
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import BACKGROUND

KINDS = ("cls", "loc", "both", "dupe", "bkg", "miss")
"""Kinds of errors, by their names in files; all but the last are of predictions."""

CLS, LOC, BOTH, DUPE, BKG, MISS = range(6)

TRUE = 6
"""In place of a kind: a true positive."""

EXCUSED = 7
"""In place of a kind: a prediction that counts neither way."""

STATES = (*KINDS, "tp", "excused")
"""Names of all that a prediction or an object can be, by code."""


@frozen(eq=False, repr=False)
class KindsAt(Brief):
    """The kinds at one IoU threshold and in one size bucket.

    Attributes:
        kind: code of each row of `Matches`, an index in `STATES`, int8, shape (N,).
        target: place in `Matches.gt` of the object that a true positive took, or that a loc, cls,
            dupe or both error is about; -1 for others, int64, shape (N,).
        iou: its IoU with the target; of bkg errors the best of all, where it is at least 0.1,
            float64, shape (N,).
        taker: row that took each object, -1 for none, int64, shape (G,).
        winner: row of the best-scored loc or cls error that points to an object which nothing took,
            -1 for none, int64, shape (G,).
        counted: whether each object counts, bool, shape (G,).
    """

    kind: NDArray[np.int8]
    target: NDArray[np.int64]
    iou: NDArray[np.float64]
    taker: NDArray[np.int64]
    winner: NDArray[np.int64]
    counted: NDArray[np.bool_]

    @property
    def missed(self) -> NDArray[np.bool_]:
        """Whether each object was missed, bool, shape (G,)."""
        return self.counted & (self.taker < 0) & (self.winner < 0)

    def counts(self) -> NDArray[np.int64]:
        """Number of errors of each of the `KINDS`, int64, shape (6,)."""
        found = np.bincount(self.kind, minlength=len(STATES))[: len(KINDS)]
        found[MISS] = int(self.missed.sum())
        return found


def kinds_at(matches: Matches, pairs: ImagePairs, *, threshold: int, bucket: int = 0) -> KindsAt:
    """The kind of every prediction by COCO's matching.

    Args:
        matches: predictions matched to ground truth.
        pairs: their IoUs with the objects that count, of at least `BACKGROUND` and the threshold.
        threshold: place of the IoU threshold.
        bucket: place of the size bucket.
    """
    bit = matches.matched_bits.dtype.type(1 << threshold)
    excused = (matches.ignored_bits[bucket] & bit) != 0
    at = min(float(matches.thresholds[threshold]), ALMOST_ONE)
    return assigned(matches, pairs, matches.gt_counted[bucket], excused, at, takes_last=True)


def assigned(
    matches: Matches,
    pairs: ImagePairs,
    counted: NDArray[np.bool_],
    excused: NDArray[np.bool_],
    threshold: float,
    *,
    takes_last: bool,
) -> KindsAt:
    """The kind of every prediction.

    Args:
        matches: whose rows take objects in their order.
        pairs: IoUs with the objects.
        counted: whether each object counts, bool, shape (G,).
        excused: whether each row counts neither way if it takes no object, bool, shape (N,).
        threshold: lowest IoU of a match.
        takes_last: whether the last of several objects with equal IoU is taken, or the first.
    """
    rows, objects = len(matches), len(matches.gt)
    found = KindsAt(
        kind=np.full(rows, BKG, np.int8),
        target=np.full(rows, -1, np.int64),
        iou=np.zeros(rows),
        taker=np.full(objects, -1, np.int64),
        winner=np.full(objects, -1, np.int64),
        counted=counted,
    )
    own = matches.category
    take_objects(
        pairs.offsets, pairs.gt, pairs.iou, own, matches.gt_category, counted, threshold,
        takes_last, found.kind, found.target, found.iou, found.taker,
    )  # fmt: skip
    find_kinds(
        pairs.offsets, pairs.gt, pairs.iou, own, matches.gt_category, counted, threshold,
        BACKGROUND, found.kind, found.target, found.iou, found.taker,
    )  # fmt: skip
    found.kind[excused & (found.kind != TRUE)] = EXCUSED
    find_winners(
        found.kind, found.target, matches.score, matches.prediction, found.taker, found.winner
    )
    return found


@kernel
def take_objects(
    offsets: NDArray[np.int64],
    gt: NDArray[np.int64],
    iou: NDArray[np.float64],
    category: NDArray[np.int32],
    gt_category: NDArray[np.int32],
    counted: NDArray[np.bool_],
    threshold: float,
    takes_last: bool,  # noqa: FBT001
    kind: NDArray[np.int8],
    target: NDArray[np.int64],
    target_iou: NDArray[np.float64],
    taker: NDArray[np.int64],
) -> None:
    """Let each row (N,) take the free object (G,) of its category with the highest IoU.

    Row r has the pairs gt, iou (P,) from offsets[r] on. Sets kind, target, target_iou of rows that
    take one, and taker of these objects.

    Assumes the pairs of `image_pairs`, whose places are those of one `Matches`.
    """
    for row in range(category.size):
        best = -1
        best_iou = threshold
        for pair in range(offsets[row], offsets[row + 1]):
            each = gt[pair]
            if gt_category[each] != category[row] or not counted[each] or taker[each] >= 0:
                continue
            if iou[pair] > best_iou or (iou[pair] == best_iou and (takes_last or best < 0)):
                best = each
                best_iou = iou[pair]
        if best >= 0:
            kind[row] = TRUE
            target[row] = best
            target_iou[row] = best_iou
            taker[best] = row


@kernel
def find_kinds(
    offsets: NDArray[np.int64],
    gt: NDArray[np.int64],
    iou: NDArray[np.float64],
    category: NDArray[np.int32],
    gt_category: NDArray[np.int32],
    counted: NDArray[np.bool_],
    threshold: float,
    background: float,
    kind: NDArray[np.int8],
    target: NDArray[np.int64],
    target_iou: NDArray[np.float64],
    taker: NDArray[np.int64],
) -> None:
    """Set the kind, the target and its IoU of rows that took no object; as in `take_objects`.

    Of objects with equal IoU the first is the target.

    Assumes the pairs of `image_pairs`, whose places are those of one `Matches`.
    """
    for row in range(category.size):
        if kind[row] == TRUE:
            continue
        same = other = used = best = -1
        same_iou = other_iou = used_iou = best_iou = 0.0
        for pair in range(offsets[row], offsets[row + 1]):
            each = gt[pair]
            value = iou[pair]
            if not counted[each]:
                continue
            if value > best_iou:
                best = each
                best_iou = value
            if gt_category[each] != category[row]:
                if value > other_iou:
                    other = each
                    other_iou = value
                continue
            if value > same_iou:
                same = each
                same_iou = value
            if taker[each] >= 0 and value > used_iou:
                used = each
                used_iou = value
        if same >= 0 and background <= same_iou <= threshold:
            kind[row] = LOC
            target[row] = same
            target_iou[row] = same_iou
        elif other >= 0 and other_iou >= threshold:
            kind[row] = CLS
            target[row] = other
            target_iou[row] = other_iou
        elif used >= 0 and used_iou >= threshold:
            kind[row] = DUPE
            target[row] = used
            target_iou[row] = used_iou
        elif best_iou <= background:
            kind[row] = BKG
            target_iou[row] = best_iou
        else:
            kind[row] = BOTH
            target[row] = best
            target_iou[row] = best_iou


@kernel
def find_winners(
    kind: NDArray[np.int8],
    target: NDArray[np.int64],
    score: NDArray[np.float64],
    prediction: NDArray[np.int64],
    taker: NDArray[np.int64],
    winner: NDArray[np.int64],
) -> None:
    """Set the best-scored row (N,) of those that point to each free object (G,).

    Of equal scores it is the first in the file.

    Assumes targets that are places of objects or -1, as `find_kinds` sets them.
    """
    for row in range(kind.size):
        each = target[row]
        if (kind[row] != LOC and kind[row] != CLS) or taker[each] >= 0:
            continue
        best = winner[each]
        if (
            best < 0
            or score[row] > score[best]
            or (score[row] == score[best] and prediction[row] < prediction[best])
        ):
            winner[each] = row
