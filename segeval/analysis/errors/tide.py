"""The numbers of the package tidecv, faults included.

It differs from the additive numbers in more than how errors are fixed: 100 predictions count per
image over all categories; of several objects with equal IoU the first is taken; a prediction in a
crowd region counts in no curve, but has a kind, and fixing this kind can make it a true positive;
the mean is over the categories that have anything left after the fix, so that one without objects
has AP 0 until its predictions are gone, and one that was missed entirely leaves with its objects.

Source: tidecv 1.0.1, quantify.py and ap.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.costs import NUMBERS
from segeval.analysis.errors.kinds import (
    CLS,
    KINDS,
    LOC,
    MISS,
    TRUE,
    KindsAt,
    assigned,
)
from segeval.analysis.errors.shapley import LEVELS
from segeval.brief import Brief
from segeval.data import GroundTruth
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.image_pairs import ImagePairs, image_pairs
from segeval.metrics.coco.overlaps import BACKGROUND
from segeval.metrics.coco.protocol import COCO

MOST = 100
"""Predictions that count per image, over all categories."""

IMAGE_CAP = replace(COCO, max_dets=(MOST,), cap_scope="image")
"""COCO's rules with tidecv's cap."""


def tide_arguments(arguments: Arguments) -> Arguments:
    """The arguments with tidecv's rules.

    Raises:
        InputError: for a protocol that tidecv does not follow.
    """
    if arguments.protocol not in (None, "coco"):
        raise InputError(
            f"`compat='tidecv'` follows COCO's rules, not `protocol={arguments.protocol!r}`.",
            code="compat",
            option="compat",
        )
    return replace(arguments, protocol=IMAGE_CAP)


def check_coco(gt: GroundTruth) -> None:
    """Refuse ground truth in LVIS's format, whose rules tidecv only imitates.

    Raises:
        InputError: for such a file.
    """
    if gt.is_lvis:
        raise InputError(
            f"{gt.source}: is in LVIS's format, and `compat='tidecv'` follows COCO's rules: "
            "`protocol='coco'` uses them all the same.",
            code="compat",
            path=gt.source,
            option="compat",
        )


@frozen(eq=False, repr=False)
class Points(Brief):
    """What tidecv sorts and counts: predictions in their categories.

    Attributes:
        category: place of the category, int32, shape (n,).
        score: float64, shape (n,).
        is_true: bool, shape (n,).
        order: rank that decides between equal scores, shape (n,).
    """

    category: NDArray[np.int32]
    score: NDArray[np.float64]
    is_true: NDArray[np.bool_]
    order: NDArray[np.int64]

    def take(self, rows: NDArray[np.bool_]) -> Points:
        """Those where rows, bool, shape (n,), is True."""
        return Points(self.category[rows], self.score[rows], self.is_true[rows], self.order[rows])


@frozen(eq=False, repr=False)
class TideNumbers(Brief):
    """tidecv's numbers at T thresholds.

    Attributes:
        numbers: fractions in the order of `costs.NUMBERS`, NaN where there is none, float64, shape
            (T, 21).
        kinds: the kind of every prediction at each threshold.
        notes: on numbers that tidecv cannot give.
    """

    numbers: NDArray[np.float64]
    kinds: tuple[KindsAt, ...]
    notes: tuple[Note, ...]


def tide_numbers(evaluation: Evaluation, workers: int | None = None) -> TideNumbers:
    """Tidecv's numbers at every threshold of an evaluation.

    Args:
        evaluation: both files, matched by `IMAGE_CAP`.
        workers: threads, None for all cores.
    """
    thresholds = evaluation.matches.thresholds
    lowest = float(thresholds[0])
    crowd = evaluation.gt.is_crowd[evaluation.matches.gt]
    pairs = image_pairs(evaluation, least=min(BACKGROUND, lowest), workers=workers)
    crowds = image_pairs(evaluation, least=lowest, gts=crowd, crowd=True, workers=workers)
    each = [_at(evaluation, pairs, crowds, float(threshold)) for threshold in thresholds]
    return TideNumbers(
        numbers=np.stack([numbers for numbers, _, _ in each]),
        kinds=tuple(kinds for _, kinds, _ in each),
        notes=tuple(dict.fromkeys(note for _, _, notes in each for note in notes)),
    )


def _at(
    evaluation: Evaluation, pairs: ImagePairs, crowds: ImagePairs, at: float
) -> tuple[NDArray[np.float64], KindsAt, list[Note]]:
    """The numbers, the kinds and notes at one threshold.

    Args:
        evaluation: both files, matched.
        pairs: IoUs with the objects that count.
        crowds: shares of predictions inside crowd regions.
        at: the threshold.
    """
    matches = evaluation.matches
    nobody = np.zeros(len(matches), np.bool_)
    counted = matches.gt_counted[0]
    kinds = assigned(matches, pairs, counted, nobody, at, takes_last=False)
    excused = _in_crowd(evaluation, crowds, at) & (kinds.kind != TRUE)
    positives = np.bincount(
        matches.gt_category[counted], minlength=len(matches.category_ids)
    ).astype(np.int64)
    base, order = _points(evaluation, kinds)
    found = np.full(NUMBERS, np.nan)
    now = mean_ap(base.take(~excused), positives)
    if now is None:
        return found, kinds, [_empty("every number")]
    found[0] = now
    notes: list[Note] = []
    behind = replace(base, order=order)  # true positives after errors of the same score
    for kind in range(len(KINDS)):
        points, left = _fixed(evaluation, kinds, behind, positives, excused, kind)
        then = mean_ap(points, left)
        if then is None:
            notes.append(_empty(f"what fixing {KINDS[kind]} gains"))
        else:
            found[1 + len(KINDS) + kind] = max(then - now, 0.0)
    last = replace(behind.take(~excused), score=behind.is_true[~excused].astype(np.float64))
    taken = np.bincount(matches.gt_category[kinds.taker >= 0], minlength=len(positives)).astype(
        np.int64
    )
    for place, (points, left) in enumerate(((last, positives), (behind.take(~excused), taken))):
        then = mean_ap(points, left)
        if then is None:
            notes.append(_empty("what taking unmatched objects out of the count gains"))
        else:
            found[place - 2] = then - now
    return found, kinds, notes


def _empty(what: str) -> Note:
    """A note on a number whose mean is over no category."""
    message = f"{what} is undefined: no category has anything left, where tidecv divides by zero"
    return Note("no-category-left", message)


def _in_crowd(evaluation: Evaluation, pairs: ImagePairs, threshold: float) -> NDArray[np.bool_]:
    """Whether each row lies in a crowd region of its category, bool, shape (N,)."""
    matches = evaluation.matches
    row = np.repeat(np.arange(len(matches)), np.diff(pairs.offsets))
    inside = np.zeros(len(matches), np.bool_)
    near = (pairs.iou > threshold) & (matches.category[row] == matches.gt_category[pairs.gt])
    inside[row[near]] = True
    return inside


def _points(evaluation: Evaluation, kinds: KindsAt) -> tuple[Points, NDArray[np.int64]]:
    """All rows as they are, and another order in which true positives come last.

    tidecv goes through the images in the order of the ground truth's file.
    """
    matches = evaluation.matches
    images = evaluation.gt.images.id
    ids, first = np.unique(images, return_index=True)
    position = first[np.searchsorted(ids, matches.image_ids)][matches.image]
    is_true = kinds.kind == TRUE
    order = np.empty(len(matches), np.int64)
    order[np.lexsort((matches.prediction, position))] = np.arange(len(matches))
    return (
        Points(matches.category, matches.score, is_true, order),
        order + is_true * np.int64(len(matches)),
    )


def _fixed(
    evaluation: Evaluation,
    kinds: KindsAt,
    points: Points,
    positives: NDArray[np.int64],
    excused: NDArray[np.bool_],
    kind: int,
) -> tuple[Points, NDArray[np.int64]]:
    """The points, and objects of each category, with the errors of one kind fixed alone."""
    gt_category = evaluation.matches.gt_category
    if kind == MISS:
        missed = np.bincount(gt_category[kinds.missed], minlength=len(positives))
        return points.take(~excused), positives - missed
    category, is_true, kept = points.category.copy(), points.is_true.copy(), ~excused
    kept[kinds.kind == kind] = False
    if kind in (CLS, LOC):
        won = np.flatnonzero(kinds.winner >= 0)
        rows = kinds.winner[won]
        own = kinds.kind[rows] == kind
        kept[rows[own]] = True
        is_true[rows[own]] = True
        category[rows[own]] = gt_category[won[own]]
    return replace(points, category=category, is_true=is_true).take(kept), positives


def mean_ap(points: Points, positives: NDArray[np.int64]) -> float | None:
    """Tidecv's AP, the mean over categories that have points or objects; None if none has any.

    Args:
        points: all categories together.
        positives: number of objects of each category, int64, shape (K,).

    Returns:
        A fraction.
    """
    order = np.lexsort((points.order, -points.score, points.category))
    is_true = points.is_true[order]
    number = np.bincount(points.category, minlength=len(positives))
    ends = np.cumsum(number)
    found = [
        _ap(is_true[ends[k] - number[k] : ends[k]], int(positives[k]))
        for k in np.flatnonzero((number > 0) | (positives > 0))
    ]
    return sum(found) / len(found) if found else None


def _ap(is_true: NDArray[np.bool_], positives: int) -> float:
    """AP of one category, by falling score; 0 without objects."""
    if not positives:
        return 0.0
    hits = np.cumsum(is_true)
    precision = hits / np.arange(1, len(hits) + 1)
    best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    return float(best[np.searchsorted(hits / positives, LEVELS, side="left")].sum() / len(LEVELS))
