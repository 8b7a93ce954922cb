"""What several models find together, and what the best choice among them would reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.bootstrap import Replicates
from segeval.analysis.oracles.candidates import Candidates
from segeval.analysis.oracles.single import Base, assignment_scores
from segeval.frozen import frozen
from segeval.metrics.coco.matches import Matches

Number = float | None


@frozen
class FoundTogether:
    """Objects that several models find, as shares of all, means over the thresholds.

    Attributes:
        recall: share that each model finds, M of them; None without objects.
        together: share that any of them finds.
        unique: share that each finds alone.
        added: `added[a][b]` is the share that model b finds and model a does not.
    """

    recall: tuple[Number, ...]
    together: Number
    unique: tuple[Number, ...]
    added: tuple[tuple[Number, ...], ...]


@frozen
class BestPerCategory:
    """Each category by the model that is best at it, with AP as mean over categories.

    Attributes:
        in_sample: chosen and judged on all images.
        seen: chosen on one half of the images, judged on the same half; mean of both halves.
        unseen: the same choice judged on the other half.
        optimism: seen - unseen, what choosing by category only seems to gain.
        single: the one model that is the best of one half, judged on the other.
    """

    in_sample: Number
    seen: Number
    unseen: Number
    optimism: Number
    single: Number


def union_of(bases: Sequence[Base]) -> FoundTogether:
    """Who finds what, of all objects together.

    Args:
        bases: the models, on the same ground truth.
    """
    counted = bases[0].truth.counted
    return found_together(np.stack([base.hits[:, counted] for base in bases]))


def found_together(hits: NDArray[np.bool_]) -> FoundTogether:
    """Who finds what, from whether each of M models finds each of G objects at T thresholds.

    Args:
        hits: bool, shape (M, T, G).

    Example:
        >>> a, b = [True, True, False, False], [True, False, True, False]
        >>> found = found_together(np.array([[a], [b]]))
        >>> found.together, found.unique
        (0.75, (0.25, 0.25))
    """
    if not hits.size:
        nothing = (None,) * len(hits)
        return FoundTogether(nothing, None, nothing, (nothing,) * len(hits))
    number = hits.sum(axis=0)

    def share(found: NDArray[np.bool_]) -> float:
        return float(found.mean())

    return FoundTogether(
        recall=tuple(share(each) for each in hits),
        together=share(number > 0),
        unique=tuple(share(each & (number == 1)) for each in hits),
        added=tuple(tuple(share(b & ~a) for b in hits) for a in hits),
    )


def best_of_models(bases: Sequence[Base]) -> Number:
    """AP if each object had the best mask of all models, with its IoU as score, and nothing else.

    No method that selects among the predictions can reach more; one that averages masks can.
    """
    pooled, truth = pooled_of([base.preds for base in bases]), bases[0].truth
    score = assignment_scores(pooled, truth)
    chosen = Candidates(
        image=pooled.image,
        category=pooled.category,
        score=score,
        outside=pooled.outside,
        row=pooled.row,
        gt=pooled.gt,
        iou=pooled.iou,
    ).take(score > 0)
    return chosen.matched_curves(truth).ap()


def pooled_of(several: Sequence[Candidates]) -> Candidates:
    """The predictions of several models as those of one."""
    starts = np.cumsum([0, *(len(each.score) for each in several)])
    rows = [each.row + start for each, start in zip(several, starts, strict=False)]
    return Candidates(
        image=np.concatenate([each.image for each in several]),
        category=np.concatenate([each.category for each in several]),
        score=np.concatenate([each.score for each in several]),
        outside=np.concatenate([each.outside for each in several]),
        row=np.concatenate(rows),
        gt=np.concatenate([each.gt for each in several]),
        iou=np.concatenate([each.iou for each in several]),
    )


def best_per_category(
    models: Sequence[Matches], replicates: Replicates, workers: int | None = None
) -> BestPerCategory:
    """Each category by the model that is best at it, and what of the gain is luck."""
    everything = np.ones(len(models[0].image_ids), np.bool_)
    all_ap = _by_category(models, everything, workers)
    chosen = _chosen(all_ap)
    in_sample = _mean(all_ap[chosen, np.arange(all_ap.shape[1])])
    if not replicates.is_enough:
        return BestPerCategory(in_sample, None, None, None, None)
    half = replicates.half
    halves = [_by_category(models, each, workers) for each in (half, ~half)]
    seen, unseen, single = [], [], []
    for own, other in (halves, halves[::-1]):
        both = ~np.isnan(own).all(axis=0) & ~np.isnan(other).all(axis=0)
        places = np.arange(own.shape[1])
        by_category = _chosen(own)
        seen.append(_mean(own[by_category, places][both]))
        unseen.append(_mean(other[by_category, places][both]))
        means = [_mean(each[both]) for each in own]
        best = int(np.argmax([-1.0 if each is None else each for each in means]))
        single.append(_mean(other[best][both]))
    ends = [_mean_of(each) for each in (seen, unseen, single)]
    gap = None if ends[0] is None or ends[1] is None else ends[0] - ends[1]
    return BestPerCategory(in_sample, ends[0], ends[1], gap, ends[2])


def _by_category(
    models: Sequence[Matches], images: NDArray[np.bool_], workers: int | None
) -> NDArray[np.float64]:
    """AP of every model and category on some images, NaN where undefined, (M, K)."""
    return np.stack([
        each.curves(images=images, workers=workers).by_group() for each in models
    ])  # fmt: skip


def _chosen(ap: NDArray[np.float64]) -> NDArray[np.intp]:
    """The best model of each category, the first of equals, shape (K,)."""
    return np.asarray(np.where(np.isnan(ap), -1.0, ap).argmax(axis=0))


def _mean(values: NDArray[np.float64]) -> Number:
    """The mean of what is defined; None if nothing is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else None


def _mean_of(values: Sequence[Number]) -> Number:
    """The mean of several numbers; None if one is undefined."""
    defined = [each for each in values if each is not None]
    return sum(defined) / len(defined) if len(defined) == len(values) else None
