"""Which categories are taken for which: objects and predictions matched whatever their category."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.pairs import overlapping_pairs
from segeval.analysis.ranks import score_ranks
from segeval.brief import Brief
from segeval.data.keys import Key, written
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.filling import ALMOST_ONE
from segeval.metrics.coco.matches import Matches

THRESHOLD = 0.5
"""IoU from which a prediction may be of an object."""

MIN_SCORE = 0.5
"""Predictions with a lower score are left out."""

MOST_PAIRS = 20
"""Pairs of categories that are shown."""


@frozen
class ConfusedPair:
    """Objects, or pixels, of one category that were taken for another; None is the background.

    Attributes:
        gt: id of the objects' category; None for predictions that hit no object.
        pred: id of the predictions' category; None for objects that nothing hit, and for pixels
            that are predicted as labels that are not evaluated.
        gt_name: name of the former, "background" for None.
        pred_name: name of the latter, likewise, or "ignored" for pixels.
        count: number of them.
        share: of the objects or pixels of the category, or of the predictions that hit no object.
    """

    gt: Key | None
    pred: Key | None
    gt_name: str
    pred_name: str
    count: int
    share: float

    def to_dict(self) -> dict[str, Any]:
        """The pair as plain values."""
        return dict(vars(self))


@frozen(eq=False, repr=False)
class Confusion(Brief):
    """How often objects, or pixels of label maps, of each category were taken for each.

    Attributes:
        iou: what IoU compares; None for label maps.
        threshold: IoU from which a prediction may be of an object; None for label maps.
        min_score: predictions with a lower score are left out; None for label maps.
        ids: of K categories.
        names: their names.
        gt: place in ids of the category of objects or pixels, of the P pairs that occur, by which
            they are sorted; K for predictions that hit no object, int64, shape (P,).
        pred: place of the category that they were taken for; K for objects that nothing hit, or
            pixels predicted as labels that are not evaluated, like gt.
        number: objects or pixels of each pair, at least 1, like gt.
        notes: what the user should know about label maps.
        void: pixels of label maps whose true label is not evaluated, and which are in no pair.
    """

    iou: str | None
    threshold: float | None
    min_score: float | None
    ids: tuple[Key, ...]
    names: tuple[str, ...]
    gt: NDArray[np.int64]
    pred: NDArray[np.int64]
    number: NDArray[np.int64]
    notes: tuple[Note, ...] = ()
    void: int = 0

    @classmethod
    def of_table(cls, counts: NDArray[np.int64], **others: Any) -> Confusion:
        """The same from a table of all categories by all.

        Args:
            counts: as the property.
            others: all other attributes.
        """
        gt, pred = np.nonzero(counts)
        return cls(gt=gt, pred=pred, number=counts[gt, pred], **others)

    @property
    def counts(self) -> NDArray[np.int64]:
        """All pairs as a table, rows by gt and columns by pred, int64, shape (K + 1, K + 1)."""
        found = np.zeros((len(self.ids) + 1, len(self.ids) + 1), np.int64)
        found[self.gt, self.pred] = self.number
        return found

    def right(self) -> list[tuple[Key, str, int]]:
        """Id, name and number of what was taken for what it is, of categories that have any."""
        same = self.gt == self.pred
        both = zip(self.gt[same].tolist(), self.number[same].tolist(), strict=True)
        return [(self.ids[place], self.names[place], count) for place, count in both]

    @property
    def outside(self) -> str:
        """What the last row and the last column are called."""
        return "ignored" if self.iou is None else "background"

    def worst(self, most: int | None = MOST_PAIRS) -> list[ConfusedPair]:
        """Pairs of different categories, background included, the most frequent first.

        Args:
            most: number of pairs, at most half of them with the background as long as there are
                others; None for all that occur.
        """
        order = np.argsort(-self.number, kind="stable")
        order = order[self.gt[order] != self.pred[order]]
        if most is not None:
            beside = (self.gt[order] == len(self.ids)) | (self.pred[order] == len(self.ids))
            others = int((~beside).sum())
            of_background = max(most // 2, most - others)
            order = order[~beside | (np.cumsum(beside) <= of_background)][:most]
        totals = np.zeros(len(self.ids) + 1, np.int64)
        np.add.at(totals, self.gt, self.number)
        columns = (self.gt, self.pred, self.number, totals[self.gt])
        ids, names = [*self.ids, None], [*self.names, self.outside]
        return [
            ConfusedPair(ids[gt], ids[pred], names[gt], names[pred], count, count / total)
            for gt, pred, count, total in np.stack(columns)[:, order].T.tolist()
        ]

    def to_dict(self) -> dict[str, Any]:
        """The settings and the worst pairs as plain values."""
        return {
            "threshold": self.threshold,
            "min_score": self.min_score,
            "pairs": [pair.to_dict() for pair in self.worst()],
        }


def confusion(
    evaluation: Evaluation,
    *,
    threshold: float = THRESHOLD,
    min_score: float = MIN_SCORE,
    workers: int | None = None,
) -> Confusion:
    """Match objects and predictions whatever their category, and count which is taken for which.

    Predictions choose by falling score: each takes the free object of highest IoU, of equals one of
    its own category. What hits no object but lies in a crowd region of any category, or where the
    own category is not judged, counts neither way.

    Args:
        evaluation: both files, matched by one kind of IoU.
        threshold: IoU from which a prediction may be of an object, above 0.
        min_score: predictions with a lower score are left out.
        workers: threads, None for all cores.

    Raises:
        InputError: for a threshold that is not above 0 and at most 1.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> from segeval.metrics.coco.arguments import Arguments
        >>> from segeval.metrics.coco.average_precision import evaluations
        >>> scene = furniture(images=8)
        >>> [found] = evaluations(scene.weaker, scene.ground_truth, Arguments(iou="bbox"), None)
        >>> table = confusion(found, min_score=0.3)
        >>> len(table.names)
        10
    """
    if not 0 < threshold <= 1:
        raise InputError(
            f"`threshold` is {threshold!r}, expected a number above 0 and at most 1.",
            code="thresholds",
            option="threshold",
        )
    matches = evaluation.matches
    least = min(threshold, ALMOST_ONE)
    pairs = overlapping_pairs(evaluation, across=True, least=least, workers=workers)
    counted = matches.gt_counted[0]
    beside = np.zeros(len(matches), np.bool_)
    beside[pairs.row[~counted[pairs.gt]]] = True  # crowd regions, and what does not count
    real = counted[pairs.gt]
    own = Hits(pairs.row[real], pairs.gt[real], pairs.iou[real], beside)
    return confusion_of(matches, own, threshold=threshold, min_score=min_score)


@frozen(eq=False)
class Hits:
    """What N predictions overlap, whatever its category.

    Attributes:
        row: of each of P pairs with objects that count, int64, shape (P,).
        gt: place of the object in `Matches.gt`, int64, shape (P,).
        iou: at least the threshold, float64, shape (P,).
        beside: whether each prediction reaches the threshold with what does not count, bool, (N,).
    """

    row: NDArray[np.int64]
    gt: NDArray[np.int64]
    iou: NDArray[np.float64]
    beside: NDArray[np.bool_]


def confusion_of(
    matches: Matches, hits: Hits, *, threshold: float, min_score: float = MIN_SCORE
) -> Confusion:
    """Which is taken for which, once it is known what overlaps; as in `confusion`."""
    kept = matches.within_cap & (matches.score >= min_score)
    counted = matches.gt_counted[0]
    taken = _taken(matches, hits, kept)
    excused = hits.beside | (matches.ignored_bits[0] & ~matches.matched_bits[0] != 0)
    hit = taken >= 0
    false = kept & ~hit & ~excused
    missed = counted.copy()
    missed[taken[hit]] = False
    background = len(matches.category_ids)
    gt = [
        matches.gt_category[taken[hit]],
        np.full(int(false.sum()), background),
        matches.gt_category[missed],
    ]
    pred = [
        matches.category[hit],
        matches.category[false],
        np.full(int(missed.sum()), background),
    ]
    # a table of all categories by all would fill the memory where these are many
    places = np.concatenate(gt).astype(np.int64) * (background + 1) + np.concatenate(pred)
    pair, number = np.unique(places, return_counts=True)
    return Confusion(
        iou=matches.request.iou,
        threshold=threshold,
        min_score=min_score,
        ids=tuple(written(matches.category_ids, matches.category_keys)),
        names=matches.category_names,
        gt=pair // (background + 1),
        pred=pair % (background + 1),
        number=number.astype(np.int64),
    )


def _taken(matches: Matches, hits: Hits, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Place of the object that each kept prediction takes, -1 for none, int64, shape (N,)."""
    rank = score_ranks(matches)
    some = kept[hits.row]
    rows, gts = hits.row[some], hits.gt[some]
    is_other = matches.category[rows] != matches.gt_category[gts]
    order = np.lexsort((gts, is_other, -hits.iou[some], rank[rows]))
    taken = np.full(len(matches), -1, np.int64)
    free = np.ones(len(matches.gt), np.bool_)
    for row, gt in zip(rows[order].tolist(), gts[order].tolist(), strict=True):
        if taken[row] < 0 and free[gt]:
            taken[row] = gt
            free[gt] = False
    return taken
