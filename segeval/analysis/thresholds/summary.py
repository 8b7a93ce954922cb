"""From what is true and false to the numbers of an operating point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.bootstrap import Replicates, percentile_interval
from segeval.analysis.comparison.intervals import Interval
from segeval.analysis.outcomes import Outcomes
from segeval.analysis.thresholds.best import Groups, by_category, together
from segeval.analysis.thresholds.curve import NO_COUNTS, Counts, counts_of, f_beta
from segeval.analysis.thresholds.held_out import (
    UNDEFINED,
    HeldOut,
    Kept,
    crossed,
    held_out,
    kept,
)
from segeval.analysis.thresholds.scores import (
    LRP,
    CategoryThreshold,
    Number,
    Point,
    SizePoint,
    ThresholdScores,
)
from segeval.data.keys import written
from segeval.metrics.coco.matches import Matches


def summarise(
    outcomes: Outcomes,
    replicates: Replicates,
    *,
    threshold: float,
    beta: float,
    workers: int | None = None,
) -> ThresholdScores:
    """The best thresholds, overall and by category.

    Args:
        outcomes: predictions at the IoU threshold.
        replicates: for intervals and halves.
        threshold: IoU.
        beta: weight of recall against precision in F.
        workers: threads, None for all cores; the numbers do not depend on it.
    """
    matches = outcomes.matches
    one, own = together(outcomes), by_category(outcomes)
    counts = counts_of(outcomes)
    point = best_point(counts, beta)
    [interval] = _intervals(one, replicates, beta, workers)
    [unseen] = _held_out(one, replicates, beta, workers)
    categories = _categories(outcomes, own, replicates, threshold, beta, workers)
    least = np.array([_least(each.point.score) for each in categories])
    all_images = np.zeros(len(matches.image_ids), np.bool_)
    chosen = kept(own, np.stack([least, least]), all_images).together()
    olrp = [each.lrp.lrp for each in categories if each.lrp.lrp is not None]
    return ThresholdScores(
        iou=matches.request.iou,
        threshold=threshold,
        beta=beta,
        gt=len(outcomes.gt_category),
        preds=len(outcomes.score),
        point=point,
        interval=interval,
        held_out=unseen,
        lrp=_best_lrp(counts, threshold),
        olrp=float(np.mean(olrp)) if olrp else None,
        by_category=_point(None, *chosen.sums()[:, 0, 0].tolist(), beta=beta),
        by_category_held_out=_held_out_together(own, replicates, beta, workers),
        sizes=_sizes(matches, point.score, beta),
        categories=categories,
        counts=counts,
    )


def _categories(
    outcomes: Outcomes,
    own: Groups,
    replicates: Replicates,
    threshold: float,
    beta: float,
    workers: int | None,
) -> tuple[CategoryThreshold, ...]:
    """The operating points of all categories."""
    matches, positives = outcomes.matches, outcomes.positives
    intervals = _intervals(own, replicates, beta, workers)
    unseen = _held_out(own, replicates, beta, workers)
    ids = written(matches.category_ids, matches.category_keys)
    found = []
    for k, (name, offset) in enumerate(zip(matches.category_names, outcomes.offsets, strict=False)):
        counts = counts_of(outcomes, k) if positives[k] else NO_COUNTS
        found.append(
            CategoryThreshold(
                id=ids[k],
                name=name,
                gt=int(positives[k]),
                preds=int(outcomes.offsets[k + 1] - offset),
                point=best_point(counts, beta),
                interval=intervals[k],
                held_out=unseen[k],
                lrp=_best_lrp(counts, threshold),
            )
        )
    return tuple(found)


def _point(score: Number, tp: int, fp: int, gt: int, *, beta: float) -> Point:
    """The numbers of some counts."""
    return Point(
        score=score,
        precision=tp / (tp + fp) if tp + fp else None,
        recall=tp / gt if gt else None,
        f=float(f_beta(np.array(tp), np.array(fp), np.array(gt), beta)) if gt else None,
        tp=tp,
        fp=fp,
        fn=gt - tp,
    )


def best_point(counts: Counts, beta: float) -> Point:
    """The point of the best F, the highest score of equals; nothing kept if none is above 0.

    Args:
        counts: at every score.
        beta: weight of recall against precision in F.
    """
    f = counts.f(beta)
    at = int(f.argmax()) if counts.gt and len(f) else -1
    if at < 0 or not f[at] > 0:
        return _point(None, 0, 0, counts.gt, beta=beta)
    return _point(
        float(counts.score[at]), int(counts.tp[at]), int(counts.fp[at]), counts.gt, beta=beta
    )


def _best_lrp(counts: Counts, threshold: float) -> LRP:
    """The smallest LRP error, the highest score of equals; that of nothing kept is 1."""
    if not counts.gt or threshold >= 1:
        return LRP(None, None, None, None, None)
    error = counts.lrp(threshold)
    at = int(error.argmin()) if len(error) else -1
    if at < 0 or not error[at] < 1:
        return LRP(None, 1.0, None, None, 1.0)
    tp, fp = int(counts.tp[at]), int(counts.fp[at])
    return LRP(
        score=float(counts.score[at]),
        lrp=float(error[at]),
        localisation=float(counts.missing[at] / tp) if tp else None,
        fp=fp / (tp + fp),
        fn=1 - tp / counts.gt,
    )


def _intervals(
    groups: Groups, replicates: Replicates, beta: float, workers: int | None
) -> list[Interval]:
    """95 % percentile intervals of the best score of each group, over replicates of the images."""
    number = len(groups.offsets) - 1
    if not replicates.is_enough or not number:
        return [None] * number
    _ = groups.is_tested, groups.objects  # made once, and not in every thread
    found = replicates.each(lambda weights: groups.best(weights, beta, 1), workers)
    return [percentile_interval(column) for column in found.T]


def _held_out(
    groups: Groups, replicates: Replicates, beta: float, workers: int | None
) -> list[HeldOut]:
    """What the thresholds of one half do on the other, for every group."""
    if not replicates.is_enough:
        return [UNDEFINED] * (len(groups.offsets) - 1)
    return held_out(crossed(groups, replicates, beta), replicates, beta, workers)


def _held_out_together(
    groups: Groups, replicates: Replicates, beta: float, workers: int | None
) -> HeldOut:
    """The same of all groups as one, each with thresholds of its own."""
    if not replicates.is_enough:
        return UNDEFINED
    found: Kept = crossed(groups, replicates, beta).together()
    return held_out(found, replicates, beta, workers)[0]


def _sizes(matches: Matches, score: Number, beta: float) -> tuple[SizePoint, ...]:
    """What a threshold does to the objects of each size bucket."""
    rows: NDArray[np.bool_] = (matches.score >= _least(score)) & matches.within_cap
    found = []
    for place, bucket in enumerate(matches.buckets[1:], 1):
        matched, ignored = matches.matched_bits[place] != 0, matches.ignored_bits[place] != 0
        tp = int((rows & matched & ~ignored).sum())
        fp = int((rows & ~matched & ~ignored).sum())
        gt = int(matches.gt_counted[place].sum())
        own = _point(score, tp, fp, gt, beta=beta)
        found.append(SizePoint(bucket.name, gt, own.precision, own.recall, own.f))
    return tuple(found)


def _least(score: Number) -> float:
    """The least score kept; nothing is kept without one."""
    return np.inf if score is None else score
