"""Predictions as oracles see them: with their overlaps, free to change scores and categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.pair_matching import choose_objects
from segeval.analysis.pairs import overlapping_pairs
from segeval.data import GroundTruth
from segeval.data.ids import index_of
from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.curves import RECALLS, Curves, precision_recall
from segeval.metrics.coco.filling import ALMOST_ONE
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.outside_buckets import outside_buckets


@frozen(eq=False)
class Truth:
    """The ground truth of one size bucket.

    Attributes:
        image: index of the image of each ground truth, int32, shape (G,).
        category: index of its category, int32, shape (G,).
        counted: whether it counts, bool, shape (G,).
        crowd: whether it is a crowd region, bool, shape (G,).
        images: number of images.
        categories: number of categories, K.
        thresholds: T IoU thresholds, float64, shape (T,).
    """

    image: NDArray[np.int32]
    category: NDArray[np.int32]
    counted: NDArray[np.bool_]
    crowd: NDArray[np.bool_]
    images: int
    categories: int
    thresholds: NDArray[np.float64]

    @cached_property
    def positives(self) -> NDArray[np.int64]:
        """Objects that count of each category, int64, shape (K,)."""
        return np.bincount(self.category[self.counted], minlength=self.categories)

    @cached_property
    def cells(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ground truths by category and image, and the number of both, rising, each shape (G,)."""
        key = self.category * np.int64(self.images) + self.image
        order = np.argsort(key, kind="stable")
        return order, key[order]


@frozen(eq=False)
class Candidates:
    """N predictions, in an order of their own in which equal scores go.

    Attributes:
        image: index of each image, int32, shape (N,).
        category: index of each category, int32, shape (N,).
        score: float64, shape (N,).
        outside: whether each is ignored if unmatched, bool, shape (N,).
        row: prediction of each of P pairs with a ground truth of its image, rising, int64, (P,).
        gt: ground truth of each pair, rising for a prediction, int64, shape (P,).
        iou: IoU of each pair, float64, shape (P,).
    """

    image: NDArray[np.int32]
    category: NDArray[np.int32]
    score: NDArray[np.float64]
    outside: NDArray[np.bool_]
    row: NDArray[np.int64]
    gt: NDArray[np.int64]
    iou: NDArray[np.float64]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Prediction r has the pairs `starts[r]:starts[r + 1]`, int64, shape (N + 1,)."""
        return np.searchsorted(self.row, np.arange(len(self.score) + 1))

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Predictions by category, then by falling score, int64, shape (N,)."""
        return np.lexsort((-self.score, self.category))

    def own(self, truth: Truth, least: float = 0.0) -> NDArray[np.bool_]:
        """Whether each pair is of one category, has an object that counts, and at least an IoU."""
        same = truth.category[self.gt] == self.category[self.row]
        return np.asarray(same & truth.counted[self.gt] & (self.iou >= least))

    def take(self, kept: NDArray[np.bool_]) -> Candidates:
        """Some of the predictions, bool, shape (N,), with their pairs."""
        number, pairs = np.cumsum(kept) - 1, kept[self.row]
        return Candidates(
            image=self.image[kept],
            category=self.category[kept],
            score=self.score[kept],
            outside=self.outside[kept],
            row=number[self.row[pairs]],
            gt=self.gt[pairs],
            iou=self.iou[pairs],
        )

    def found(self, truth: Truth, thresholds: Sequence[float]) -> NDArray[np.int64]:
        """The ground truth that each takes at some IoU thresholds, -1 for none, int64, (T, N)."""
        gts, keys = truth.cells
        own = self.category * np.int64(truth.images) + self.image
        spans = np.stack([np.searchsorted(keys, own, side) for side in ("left", "right")], axis=1)
        found = np.full((len(thresholds), len(self.score)), -1, np.int64)
        for row, threshold in zip(found, thresholds, strict=True):
            choose_objects(
                self.order, self.starts, self.gt, self.iou, spans, gts,
                min(threshold, ALMOST_ONE), ~truth.counted, truth.crowd,
                np.zeros(len(gts), np.bool_), row,
            )  # fmt: skip
        return found

    def flags(
        self, truth: Truth, found: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each is true, and whether it is left out of the count, bool, shape (N,)."""
        hit = found >= 0
        counts = truth.counted[found] if len(truth.counted) else np.zeros(len(found), np.bool_)
        return hit & counts, np.where(hit, ~counts, self.outside)

    def curves(self, truth: Truth, true: NDArray[np.bool_], ignored: NDArray[np.bool_]) -> Curves:
        """Precision and recall of what is true and what is left out at each threshold, (T, N)."""
        order = self.order
        counts = np.bincount(self.category, minlength=truth.categories)
        return curves_of(
            truth.thresholds,
            true[:, order],
            ignored[:, order],
            np.concatenate([[0], np.cumsum(counts)]),
            np.tile(truth.positives, (len(truth.thresholds), 1)),
        )

    def matched_curves(self, truth: Truth) -> Curves:
        """Precision and recall of the predictions, matched at every threshold."""
        found = self.found(truth, truth.thresholds.tolist())
        flags = [self.flags(truth, each) for each in found]
        return self.curves(
            truth, np.stack([true for true, _ in flags]), np.stack([drop for _, drop in flags])
        )


def curves_of(
    thresholds: NDArray[np.float64],
    true: NDArray[np.bool_],
    ignored: NDArray[np.bool_],
    offsets: NDArray[np.int64],
    positives: NDArray[np.int64],
) -> Curves:
    """Precision and recall where objects differ by threshold.

    Args:
        thresholds: T IoU thresholds, float64, shape (T,).
        true: by category, then by falling score, bool, shape (T, N).
        ignored: like true.
        offsets: category k has `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        positives: objects of each category, int64, shape (T, K); 0 at a threshold counts as found.
    """
    defined = positives.max(axis=0, initial=0) > 0
    values = np.ones((int(defined.sum()), len(thresholds), len(RECALLS)))
    recall = np.full((len(defined), 1, len(thresholds)), -1.0)
    copies = np.ones((1, true.shape[1]), np.uint8)
    for t, threshold in enumerate(thresholds):
        one = precision_recall(
            matched=true[t].astype(np.uint8),
            ignored=ignored[t].astype(np.uint8),
            copies=copies,
            offsets=offsets,
            positives=positives[t],
            thresholds=np.array([threshold]),
        )
        has = positives[t] > 0
        values[has[defined], t] = one.defined[:, 0]
        recall[:, 0, t] = one.recall[:, 0, 0]
    return Curves(values, recall, defined.astype(np.int64), thresholds)


def truth_of(matches: Matches, crowd: NDArray[np.bool_], bucket: int) -> Truth:
    """The ground truth of one size bucket."""
    return Truth(
        image=matches.gt_image,
        category=matches.gt_category,
        counted=matches.gt_counted[bucket],
        crowd=crowd,
        images=len(matches.image_ids),
        categories=len(matches.category_ids),
        thresholds=matches.thresholds,
    )


@frozen(eq=False)
class Model:
    """The judged predictions of one file, for every size bucket.

    Attributes:
        evaluation: both files, matched.
        truths: the ground truth of each bucket, "all" first.
        outside: whether each prediction is ignored in a bucket if unmatched, bool, shape (A, N).
        candidates: the predictions in the bucket "all".
    """

    evaluation: Evaluation
    truths: tuple[Truth, ...]
    outside: NDArray[np.bool_]
    candidates: Candidates

    def of_bucket(self, bucket: int) -> Candidates:
        """The predictions in a bucket."""
        return replace(self.candidates, outside=self.outside[bucket])


def model_of(evaluation: Evaluation, workers: int | None = None) -> Model:
    """The judged predictions of one file, with all their overlaps."""
    matches = evaluation.matches
    evaluation = replace(evaluation, matches=matches.take(matches.within_cap))
    matches = evaluation.matches
    pairs = overlapping_pairs(evaluation, across=True, workers=workers)
    image_id = matches.image_ids[matches.image]
    outside = outside_buckets(pairs.area, image_id, evaluation.gt, matches.request)
    outside |= _tolerated(matches, evaluation.gt)
    return Model(
        evaluation=evaluation,
        truths=tuple(
            truth_of(matches, pairs.is_crowd, place) for place in range(len(matches.buckets))
        ),
        outside=outside,
        candidates=Candidates(
            image=matches.image,
            category=matches.category,
            score=matches.score,
            outside=outside[0],
            row=pairs.row,
            gt=pairs.gt,
            iou=pairs.iou,
        ),
    )


def _tolerated(matches: Matches, gt: GroundTruth) -> NDArray[np.bool_]:
    """Predictions of categories that are not annotated exhaustively in their image, bool (N,)."""
    lists = gt.images.not_exhaustive
    if lists is None or not matches.request.protocol.federated:
        return np.zeros(len(matches), np.bool_)
    image = np.repeat(index_of(gt.images.id, matches.image_ids), np.diff(lists.offsets))
    category = index_of(lists.ids, matches.category_ids)
    known = (image >= 0) & (category >= 0)
    number = np.int64(len(matches.category_ids))
    keys = image[known] * number + category[known]
    return np.isin(matches.image * number + matches.category, keys)
