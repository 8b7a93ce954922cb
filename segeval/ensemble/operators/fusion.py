"""Fusion in clusters: weighted boxes fusion (WBF) and non-maximum weighted (NMW)."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import edges_of
from segeval.ensemble.operators.clustering import (
    cluster_boxes,
    cluster_masks,
    count_voters,
    mean_boxes,
    sum_members,
)
from segeval.ensemble.operators.merged import LEAD, SUPPORT, Merged
from segeval.ensemble.operators.suppression import in_batches
from segeval.ensemble.pools.order import canonical_order
from segeval.ensemble.pools.pool import Pool
from segeval.ensemble.pools.shapes import Iou, shapes_of
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.kernels.threads import map_slices
from segeval.metrics.choices import check_share

Confidence = Literal["absent_aware", "avg", "overflow", "model_avg", "max"]
"""How the scores of a cluster become one."""

WBF_THRESHOLD = 0.55
NMW_THRESHOLD = 0.5


@frozen(eq=False)
class Clusters:
    """K clusters of the n rows of a pool.

    Attributes:
        members: rows of the pool, cluster by cluster, the best first, int64, shape (n,).
        offsets: cluster k has `members[offsets[k]:offsets[k + 1]]`, int64, shape (K + 1,).
        overlap: IoU of each member with its cluster when it joined; 1 for the first, float64, shape
            (n,).
    """

    members: NDArray[np.int64]
    offsets: NDArray[np.int64]
    overlap: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums of a column of the pool (N,) by cluster, (K,)."""
        sums = np.empty(len(self))
        sum_members(self.members, self.offsets, np.ascontiguousarray(values), sums)
        return sums

    @property
    def leads(self) -> NDArray[np.int64]:
        """The best member of each, int64, shape (K,)."""
        return self.members[self.offsets[:-1]]

    def mean_boxes(self, pool: Pool, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean boxes (K, 4) weighted by a share of each member (n,); plain where all are 0."""
        mean = np.empty((len(self), 4))
        mean_boxes(self.members, self.offsets, pool.boxes, share, mean)
        return mean

    def merged(self, pool: Pool, score: NDArray[np.float64], boxes: NDArray[np.float64]) -> Merged:
        """A row for each cluster."""
        roles = np.full(len(self.members), SUPPORT, np.int8)
        roles[self.offsets[:-1]] = LEAD
        base = pool.score[self.leads]
        return Merged(
            pool=pool,
            lead=self.leads,
            score=score,
            boxes=boxes,
            members=self.members,
            offsets=self.offsets,
            roles=roles,
            terms={"base": base, "votes": score - base},
            moved=np.diff(self.offsets) > 1,
        )


def wbf(
    pool: Pool,
    coverage: NDArray[np.float64],
    *,
    iou: Iou = "bbox",
    iou_threshold: float = WBF_THRESHOLD,
    min_score: float = 0.0,
    confidence: Confidence = "absent_aware",
    min_votes: int = 1,
    workers: int | None = None,
) -> Merged:
    """Weighted boxes fusion: one row for each cluster, at the mean of its members.

    A prediction joins the cluster of its class whose mean box, weighted by scores, overlaps it
    most; where masks are compared, whose first mask does. With the default score, models that know
    the class and are silent lower it, and a model that repeats itself gains nothing.

    Args:
        pool: the predictions.
        coverage: weight of each model for each class, shape (M, C); NaN where a model does not know
            the class.
        iou: what overlaps are measured by.
        iou_threshold: IoU above which a prediction joins, from 0 to 1.
        min_score: lowest weighted score that takes part.
        confidence: how scores become one: `absent_aware`, the weighted mean with zeros for absent
            models; `avg` and `overflow` of ensemble-boxes, which let one model count twice;
            `model_avg`, the mean times the share of models present; `max`.
        min_votes: models that a row needs, or all that know the class if they are fewer.
        workers: threads, None for all cores.

    Raises:
        InputError: for settings out of their range.
        FormatError: if masks are compared and one is missing or malformed.

    Source:
        Solovyev et al. 2021 (arXiv 1910.13302). `absent_aware` and `model_avg` are what
        ensemble-boxes calls `absent_model_aware_avg` and `box_and_model_avg`.

    Example:
        >>> from segeval import load_predictions
        >>> from segeval.ensemble import pooled
        >>> box = {"image_id": 1, "category_id": 1}
        >>> a = load_predictions([{**box, "bbox": [0, 0, 9, 9], "score": 0.75}])
        >>> b = load_predictions([{**box, "bbox": [0, 1, 9, 9], "score": 0.25}])
        >>> found = wbf(pooled([a, b]), coverage=np.ones((2, 1)))
        >>> found.boxes, found.score
        (array([[0.  , 0.25, 9.  , 9.25]]), array([0.5]))
    """
    check_share("iou_threshold", iou_threshold)
    if confidence not in get_args(Confidence):
        raise InputError(
            f"`confidence` is {confidence!r}, expected one of {', '.join(get_args(Confidence))}",
            code="confidence",
            option="confidence",
        )
    pool = _of_score(pool, min_score)
    clusters = clusters_of(pool, iou, iou_threshold, workers, moves=iou == "bbox")
    present = _Present.of(pool, clusters, coverage)
    boxes = clusters.mean_boxes(pool, pool.score[clusters.members])
    found = clusters.merged(pool, present.scores(confidence), boxes)
    least = min(max(min_votes, 0), len(pool.files))
    has_votes = present.models >= np.minimum(least, present.covering)
    return found if has_votes.all() else found.take(np.flatnonzero(has_votes))


def nmw(
    pool: Pool,
    *,
    iou: Iou = "bbox",
    iou_threshold: float = NMW_THRESHOLD,
    min_score: float = 0.0,
    workers: int | None = None,
) -> Merged:
    """Non-maximum weighted: the best of each cluster keeps its score and moves to the mean.

    The mean is weighted by score times IoU with the best.

    Args:
        pool: the predictions.
        iou: what overlaps are measured by.
        iou_threshold: IoU with the best above which a prediction is of its cluster, 0 to 1.
        min_score: lowest score that takes part.
        workers: threads, None for all cores.

    Raises:
        InputError: for a threshold outside of 0 to 1.
        FormatError: if masks are compared and one is missing or malformed.

    Source:
        Zhou et al. 2017, CAD: scale invariant framework for real-time object detection.

    Example:
        >>> from segeval import load_predictions
        >>> from segeval.ensemble import pooled
        >>> box = {"image_id": 1, "category_id": 1}
        >>> a = load_predictions([{**box, "bbox": [0, 0, 9, 9], "score": 0.75}])
        >>> b = load_predictions([{**box, "bbox": [0, 1, 9, 9], "score": 0.25}])
        >>> nmw(pooled([a, b])).score
        array([0.75])
    """
    check_share("iou_threshold", iou_threshold)
    pool = _of_score(pool, min_score)
    clusters = clusters_of(pool, iou, iou_threshold, workers, moves=False)
    boxes = clusters.mean_boxes(pool, pool.score[clusters.members] * clusters.overlap)
    return clusters.merged(pool, pool.score[clusters.leads], boxes)


def _of_score(pool: Pool, min_score: float) -> Pool:
    """The predictions of a least score."""
    takes_part = pool.score >= min_score
    return pool if takes_part.all() else pool.take(np.flatnonzero(takes_part))


def clusters_of(
    pool: Pool, iou: Iou, iou_threshold: float, workers: int | None, *, moves: bool
) -> Clusters:
    """The clusters of a pool; where masks are compared, they stay at their first members."""
    order = canonical_order(pool, pool.cells)
    if iou == "bbox":
        return _box_clusters(pool, order, iou_threshold, workers, moves=moves)
    cluster = np.empty(len(pool), np.int64)
    overlap = np.empty(len(pool))

    def one(groups: NDArray[np.int64], part: Pool, at: slice) -> None:
        shapes = shapes_of(part, iou).arguments
        cluster_masks(groups, shapes, iou_threshold, cluster[at], overlap[at])
        cluster[at] += at.start

    in_batches(pool, order, one, workers)
    by_cluster = np.argsort(cluster, kind="stable")
    first = np.flatnonzero(cluster[by_cluster] == by_cluster)
    return Clusters(order[by_cluster], np.append(first, len(pool)), overlap[by_cluster])


def _box_clusters(
    pool: Pool, order: NDArray[np.int64], iou_threshold: float, workers: int | None, *, moves: bool
) -> Clusters:
    """The same by boxes, straight from the columns."""
    offsets = edges_of(pool.cells[order])
    members = np.empty(len(pool), np.int64)
    is_first = np.zeros(len(pool), np.bool_)
    overlap = np.empty(len(pool))

    def one(start: int, stop: int) -> None:
        cluster_boxes(
            order, offsets[start : stop + 1], pool.boxes, pool.score, moves, iou_threshold,
            members, is_first, overlap,
        )  # fmt: skip

    map_slices(one, len(offsets) - 1, workers)
    return Clusters(members, np.append(np.flatnonzero(is_first), len(pool)), overlap)


@frozen(eq=False)
class _Present:
    """What the scores of K clusters are made from.

    Attributes:
        pool: the predictions.
        clusters: the clusters.
        models: number of models in each cluster, int64, shape (K,).
        own: sum of the weights of those models, float64, shape (K,).
        covering: number of models that know the class, int64, shape (K,).
        whole: sum of their weights, float64, shape (K,).
        most: the highest of them, float64, shape (K,).
    """

    pool: Pool
    clusters: Clusters
    models: NDArray[np.int64]
    own: NDArray[np.float64]
    covering: NDArray[np.int64]
    whole: NDArray[np.float64]
    most: NDArray[np.float64]

    @classmethod
    def of(cls, pool: Pool, clusters: Clusters, coverage: NDArray[np.float64]) -> _Present:
        """Counts and sums of the models of each cluster."""
        models, own = np.empty(len(clusters), np.int64), np.empty(len(clusters))
        count_voters(
            clusters.members, clusters.offsets, pool.model, pool.category, coverage, models, own
        )
        category = pool.category[clusters.leads]
        known = np.sort(np.nan_to_num(coverage), axis=0)
        return cls(
            pool=pool,
            clusters=clusters,
            models=models,
            own=own,
            covering=(~np.isnan(coverage)).sum(axis=0)[category],
            whole=known.sum(axis=0)[category],
            most=known.max(axis=0)[category],
        )

    def scores(self, confidence: Confidence) -> NDArray[np.float64]:
        """One score for each cluster."""
        clusters = self.clusters
        if confidence == "max":
            return _shares(self.pool.score[clusters.leads], self.most)
        counts = np.diff(clusters.offsets)
        total = clusters.sums(self.pool.score)
        if confidence in ("avg", "overflow"):
            votes = counts if confidence == "overflow" else np.minimum(counts, self.covering)
            return _shares(total / counts * votes, self.whole)
        weights = clusters.sums(self.pool.weight)
        if confidence == "model_avg":
            return _shares(_shares(total, weights) * self.own, self.whole)
        return _shares(total, weights + self.whole - self.own)


def _shares(parts: NDArray[np.float64], wholes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parts of wholes, (K,); 0 where only models of weight 0 know the class."""
    return np.divide(parts, wholes, out=np.zeros(len(parts)), where=wholes > 0)
