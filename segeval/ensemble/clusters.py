"""Fusion in clusters: weighted boxes fusion (WBF) and non-maximum weighted (NMW)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from segeval.ensemble.cluster import cluster_groups
from segeval.ensemble.merged import LEAD, SUPPORT, Merged
from segeval.ensemble.order import canonical_order
from segeval.ensemble.pool import Pool
from segeval.ensemble.shapes import Iou, shapes_of
from segeval.ensemble.suppression import check_share, in_batches
from segeval.errors import InputError

Confidence = Literal["absent_aware", "avg", "overflow", "model_avg", "max"]
"""How the scores of a cluster become one."""

WBF_THRESHOLD = 0.55
NMW_THRESHOLD = 0.5


@dataclass(frozen=True, eq=False)
class Clusters:
    """K clusters of the n rows of a pool.

    Attributes:
        members: rows of the pool, cluster by cluster, the best first, int64, shape (n,).
        offsets: cluster k has `members[offsets[k]:offsets[k + 1]]`, int64, shape (K + 1,).
        overlap: IoU of each member with the first of its cluster, float64, shape (n,).
    """

    members: NDArray[np.int64]
    offsets: NDArray[np.int64]
    overlap: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums of values of the members (n, ...) by cluster, (K, ...)."""
        if not len(self):
            return np.zeros((0, *values.shape[1:]))
        return np.add.reduceat(values, self.offsets[:-1])

    def highest(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The highest value of the members (n,) by cluster, (K,)."""
        return np.maximum.reduceat(values, self.offsets[:-1]) if len(self) else np.zeros(0)

    def merged(self, pool: Pool, score: NDArray[np.float64], boxes: NDArray[np.float64]) -> Merged:
        """A row for each cluster."""
        roles = np.full(len(self.members), SUPPORT, np.int8)
        roles[self.offsets[:-1]] = LEAD
        lead = self.members[self.offsets[:-1]]
        base = pool.score[lead]
        return Merged(
            pool=pool,
            lead=lead,
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
        Solovyev et al. 2021 (arXiv 1910.13302). `absent_aware` and `model_avg` are ours.
    """
    check_share("iou_threshold", iou_threshold)
    if confidence not in get_args(Confidence):
        raise InputError(
            f"`confidence` is {confidence!r}, expected one of {', '.join(get_args(Confidence))}",
            code="confidence",
            option="confidence",
        )
    pool = pool.take(np.flatnonzero(pool.score >= min_score))
    clusters = _clusters(pool, iou, iou_threshold, workers, moves=iou == "bbox")
    present = _Present.of(pool, clusters, coverage)
    kept = np.flatnonzero(present.models >= np.minimum(min_votes, present.covering))
    score = present.scores(confidence)
    weights = pool.score[clusters.members]
    boxes = _mean_boxes(pool, clusters, weights)
    return clusters.merged(pool, score, boxes).take(kept)


def nmw(
    pool: Pool,
    *,
    iou: Iou = "bbox",
    iou_threshold: float = NMW_THRESHOLD,
    min_score: float = 0.0,
    workers: int | None = None,
) -> Merged:
    """Non-maximum weighted: the best of each cluster keeps its score and moves to the mean.

    The mean is weighted by score times IoU with the best. Args and errors as in `wbf`.

    Source:
        Zhou et al. 2017, CAD: scale invariant framework for real-time object detection.
    """
    check_share("iou_threshold", iou_threshold)
    pool = pool.take(np.flatnonzero(pool.score >= min_score))
    clusters = _clusters(pool, iou, iou_threshold, workers, moves=False)
    weights = pool.score[clusters.members] * clusters.overlap
    boxes = _mean_boxes(pool, clusters, weights)
    return clusters.merged(pool, pool.score[clusters.members[clusters.offsets[:-1]]], boxes)


def _clusters(
    pool: Pool, iou: Iou, iou_threshold: float, workers: int | None, *, moves: bool
) -> Clusters:
    """The clusters of a pool."""
    order = canonical_order(pool, pool.cells)
    cluster = np.empty(len(pool), np.int64)
    overlap = np.empty(len(pool))

    def one(groups: NDArray[np.int64], part: Pool, at: slice) -> None:
        shapes = shapes_of(part, iou).arguments
        cluster_groups(groups, shapes, part.score, moves, iou_threshold, cluster[at], overlap[at])
        cluster[at] += at.start

    in_batches(pool, order, one, workers)
    by_cluster = np.argsort(cluster, kind="stable")
    first = np.flatnonzero(cluster[by_cluster] == by_cluster)
    return Clusters(order[by_cluster], np.append(first, len(pool)), overlap[by_cluster])


def _mean_boxes(
    pool: Pool, clusters: Clusters, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weighted mean boxes of clusters (K, 4); plain ones where all weights are 0."""
    counts = np.diff(clusters.offsets)
    none = np.repeat(clusters.sums(weights) <= 0, counts)
    weights = np.where(none, 1.0, weights)
    own = pool.boxes[clusters.members]
    mean = clusters.sums(own * weights[:, np.newaxis]) / clusters.sums(weights)[:, np.newaxis]
    alone = np.flatnonzero(counts == 1)
    mean[alone] = own[clusters.offsets[:-1][alone]]
    return np.asarray(mean)


@dataclass(frozen=True, eq=False)
class _Present:
    """What the scores of K clusters are made from.

    Attributes:
        clusters: the clusters.
        score: weighted, of each member, float64, shape (n,).
        weight: of each member's model, float64, shape (n,).
        models: number of models in each cluster, int64, shape (K,).
        own: sum of the weights of those models, float64, shape (K,).
        covering: number of models that know the class, int64, shape (K,).
        whole: sum of their weights, float64, shape (K,).
        most: the highest of them, float64, shape (K,).
    """

    clusters: Clusters
    score: NDArray[np.float64]
    weight: NDArray[np.float64]
    models: NDArray[np.int64]
    own: NDArray[np.float64]
    covering: NDArray[np.int64]
    whole: NDArray[np.float64]
    most: NDArray[np.float64]

    @classmethod
    def of(cls, pool: Pool, clusters: Clusters, coverage: NDArray[np.float64]) -> _Present:
        """Counts and sums of the models of each cluster."""
        members = clusters.members
        number = np.repeat(np.arange(len(clusters)), np.diff(clusters.offsets))
        pairs = np.unique(number * len(pool.files) + pool.model[members])
        of, model = np.divmod(pairs, len(pool.files))
        category = pool.category[members[clusters.offsets[:-1]]]
        weights = coverage[model, category[of]]
        in_order = np.lexsort((weights, of))  # sums in an order that no model's place decides
        of, weights = of[in_order], weights[in_order]
        known = np.sort(np.nan_to_num(coverage), axis=0)
        return cls(
            clusters=clusters,
            score=pool.score[members],
            weight=pool.weight[members],
            models=np.bincount(of, minlength=len(clusters)),
            own=np.bincount(of, weights, minlength=len(clusters)).astype(np.float64),
            covering=(~np.isnan(coverage)).sum(axis=0)[category],
            whole=known.sum(axis=0)[category],
            most=known.max(axis=0)[category],
        )

    def scores(self, confidence: Confidence) -> NDArray[np.float64]:
        """One score for each cluster."""
        clusters = self.clusters
        counts = np.diff(clusters.offsets)
        total = clusters.sums(self.score)
        if confidence == "max":
            return np.asarray(clusters.highest(self.score) / self.most)
        if confidence in ("avg", "overflow"):
            votes = counts if confidence == "overflow" else np.minimum(counts, self.covering)
            return np.asarray(total / counts * votes / self.whole)
        weights = clusters.sums(self.weight)
        if confidence == "model_avg":
            return np.asarray(total / weights * self.own / self.whole)
        return np.asarray(total / (weights + self.whole - self.own))
