"""What is seen around true predictions and around false ones: likelihood ratios."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.evaluation import evaluated
from segeval.data import GroundTruth, Predictions
from segeval.data.image_subsets import rows_within
from segeval.data.keys import Key
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.rescore.statistics.around import Outlines
from segeval.rescore.statistics.contents import check_pairs
from segeval.rescore.statistics.evidence import BESIDE, INSIDE, count_evidence
from segeval.rescore.statistics.outlines import Iou, comparable_iou
from segeval.rescore.statistics.placed import Placed, placed
from segeval.rescore.statistics.surround import TAU, check_tau
from segeval.words import counted

SEEN = 0.5
"""Score from which a prediction is evidence."""

THRESHOLD = 0.5
"""IoU from which a prediction is true."""

MIN_PREDICTIONS = 20
CERTAINTY = 3.0

KINDS = {INSIDE: "inside", BESIDE: "beside"}


@frozen(eq=False, repr=False)
class Context:
    """What is seen around the predictions of C categories.

    Evidence is of two kinds: 0, the prediction is inside a confident one of another category; 1,
    the image has a confident one of it.

    Attributes:
        categories: their ids as written, in ascending order.
        names: their names, "" where there is none.
        source: name of the ground truth.
        true: true positives of each category, int64, shape (C,).
        false: false positives of each, int64, shape (C,).
        true_with: `[kind, a, b]`: true positives of b with evidence of a, int64, (2, C, C).
        false_with: false positives likewise.
        seen: score from which a prediction is evidence.
        tau: share of a prediction that must lie inside.
        iou: whether boxes or masks decide what lies inside.
    """

    categories: tuple[Key, ...]
    names: tuple[str, ...]
    source: str
    true: NDArray[np.int64]
    false: NDArray[np.int64]
    true_with: NDArray[np.int64]
    false_with: NDArray[np.int64]
    seen: float = SEEN
    tau: float = TAU
    iou: Iou = "bbox"

    def __repr__(self) -> str:
        """One line: where it comes from."""
        kinds = counted(len(self.categories), "category", "categories")
        number = counted(int(self.true.sum() + self.false.sum()), "prediction")
        return f"Context({self.source}: {kinds}, {number})"

    @property
    def q1(self) -> NDArray[np.float64]:
        """Share of true positives with each evidence, with one more of both, shape (2, C, C)."""
        return np.asarray((self.true_with + 1) / (self.true + 2))

    @property
    def q0(self) -> NDArray[np.float64]:
        """Share of false positives with each evidence, with one more of both, shape (2, C, C)."""
        return np.asarray((self.false_with + 1) / (self.false + 2))

    def valid(
        self, *, min_predictions: int = MIN_PREDICTIONS, certainty: float = CERTAINTY
    ) -> NDArray[np.bool_]:
        """Which evidence says something, bool, shape (2, C, C).

        Args:
            min_predictions: true positives of a category that this takes, and false ones.
            certainty: standard errors by which the two shares must differ.
        """
        enough = np.minimum(self.true, self.false) >= max(min_predictions, 1)
        both = np.maximum(self.true + self.false, 1)
        share = (self.true_with + self.false_with) / both
        ones = np.maximum(self.true, 1), np.maximum(self.false, 1)
        error = np.sqrt(share * (1 - share) * (1 / ones[0] + 1 / ones[1]))
        apart = np.abs(self.true_with / ones[0] - self.false_with / ones[1])
        found = enough & (error > 0) & (apart >= certainty * error)
        own = np.arange(len(self.categories))
        found[:, own, own] = False
        return np.asarray(found)

    def to_dict(self) -> dict[str, Any]:
        """The evidence that occurs, as plain values."""
        places = np.argwhere(self.true_with + self.false_with > 0).tolist()
        return {
            "categories": list(self.categories),
            "true": self.true.tolist(),
            "false": self.false.tolist(),
            "evidence": [
                {
                    "category": self.categories[b],
                    "kind": KINDS[kind],
                    "of": self.categories[a],
                    "q1": float(self.q1[kind, a, b]),
                    "q0": float(self.q0[kind, a, b]),
                }
                for kind, a, b in places
            ],
        }


def context_statistics(
    preds: Predictions,
    gt: GroundTruth,
    *,
    seen: float = SEEN,
    tau: float = TAU,
    iou: Iou = "bbox",
    workers: int | None = None,
) -> Context:
    """Count what is seen around true and false predictions.

    Args:
        preds: predictions of the images of the ground truth; those of other images are left out.
        gt: ground truth.
        seen: score from which a prediction is evidence, from 0 to 1.
        tau: share of a prediction that must lie inside of a larger one, above 0 to 1.
        iou: whether boxes or masks decide that. True is what overlaps an object of its category by
            an IoU of 0.5, of masks where all predictions have one.
        workers: threads, None for all cores.

    Raises:
        InputError: for a setting out of its range, or without predictions for these images.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: if predictions and ground truth do not belong together.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> preds = segeval.load_predictions(scene.weaker)
        >>> found = context_statistics(preds, segeval.load_ground_truth(scene.ground_truth))
        >>> int(found.true.sum() + found.false.sum()) <= len(preds)
        True
    """
    return Judged.of(preds, gt, seen=seen, tau=tau, iou=iou, workers=workers).counted()


@frozen(eq=False)
class Judged:
    """Predictions, and which of them are true.

    Attributes:
        own: the predictions for the images of a ground truth, by image.
        state: 1 for a true positive, 0 for a false one, -1 for what does not count, int64, (N,).
        gt: the ground truth.
        seen: score from which a prediction is evidence.
        tau: share of a prediction that must lie inside.
        iou: whether boxes or masks decide that.
    """

    own: Placed
    state: NDArray[np.int64]
    gt: GroundTruth
    seen: float
    tau: float
    iou: Iou

    @classmethod
    def of(
        cls,
        preds: Predictions,
        gt: GroundTruth,
        *,
        seen: float,
        tau: float,
        iou: Iou,
        workers: int | None,
    ) -> Judged:
        """Match predictions; arguments and errors as in `context_statistics`."""
        check_tau(tau)
        rows = rows_within(preds, gt)
        if not len(rows):
            raise InputError(
                f"{preds.source}: has no prediction for an image of {gt.source}, so nothing can be "
                "learned from it. Give the predictions for these images: `fit_preds`",
                code="nothing-to-fit",
                path=preds.source,
                option="fit_preds",
            )
        categories = sorted_keys(gt)
        check_pairs(len(categories), gt.source)
        state = np.full(len(preds), -1)
        state[rows] = _outcomes(preds.take(rows), gt, workers)
        own = placed(preds, categories, iou, rows=rows)
        return cls(own, state[own.rows], gt, seen, tau, iou)

    def counted(self, kept: NDArray[np.bool_] | None = None) -> Context:
        """The counts.

        Args:
            kept: which rows of the predictions count; None for all.
        """
        own, state = self.own, self.state
        if kept is not None:
            state = np.where(kept[own.rows], state, -1)
        keys = sorted_keys(self.gt)
        number = len(keys)
        counts = np.zeros((2, 2, number, number), np.int64)

        score = own.score

        def one(edges: NDArray[np.int64], outlines: Outlines, at: slice) -> None:
            part = own.category[at]
            count_evidence(
                edges, part, score[at], state[at], outlines, self.seen, self.tau,
                np.zeros(len(part), np.int64), np.zeros((2, number), np.int64), counts,
            )  # fmt: skip

        own.in_batches(one, 1)
        names = self.gt.categories.by_id
        return Context(
            categories=keys,
            names=tuple(names[key] for key in keys),
            source=self.gt.source,
            true=np.bincount(own.category[state == 1], minlength=number),
            false=np.bincount(own.category[state == 0], minlength=number),
            true_with=counts[1],
            false_with=counts[0],
            seen=self.seen,
            tau=self.tau,
            iou=self.iou,
        )


def sorted_keys(gt: GroundTruth) -> tuple[Key, ...]:
    """Ids of the categories as written, in ascending order of their numbers."""
    order = np.argsort(gt.categories.id, kind="stable").tolist()
    written = gt.categories.written_ids
    return tuple(written[place] for place in order)


def _outcomes(preds: Predictions, gt: GroundTruth, workers: int | None) -> NDArray[np.int64]:
    """1 for each true positive, 0 for each false one, -1 for what does not count."""
    matches = evaluated(
        preds, gt, iou=comparable_iou(preds, gt), thresholds=THRESHOLD, skip_unknown=True,
        workers=workers,
    ).matches  # fmt: skip
    ignored = matches.ignored_bits[0] != 0
    is_true = (matches.matched_bits[0] != 0) & ~ignored
    state = np.full(len(preds), -1)
    own = ~ignored & matches.within_cap
    state[matches.prediction[own]] = is_true[own]
    return state
