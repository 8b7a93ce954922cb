"""Suppression: of predictions that overlap, the best stays, and the others go or lose score."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import edges_of
from segeval.ensemble.operators.greedy_suppression import (
    GAUSSIAN,
    HARD,
    LINEAR,
    matrix_decay,
    suppress_groups,
)
from segeval.ensemble.pools.order import canonical_order
from segeval.ensemble.pools.pool import Pool
from segeval.ensemble.pools.shapes import Iou, shapes_of
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.kernels.threads import map_slices
from segeval.metrics.choices import check_choice, check_share

Kind = Literal["linear", "gaussian"]
"""How the score of a prediction falls with its overlap."""

IOU_THRESHOLD = 0.5
SIGMA = 0.5
LEAST_SCORE = 0.001

BATCH = 8192
"""Predictions whose masks are decoded together."""


@frozen(eq=False)
class Suppressed:
    """What is left of a pool.

    Attributes:
        pool: the predictions that stay, with their new scores, by image and category.
        rows: their rows in the pool before, int64, shape (K,).
        by: for each prediction before, the row that removed it: its own if its score was too low,
            -1 if it stays. int64, shape (N,).
    """

    pool: Pool
    rows: NDArray[np.int64]
    by: NDArray[np.int64]


def nms(
    pool: Pool,
    *,
    iou: Iou = "bbox",
    iou_threshold: float = IOU_THRESHOLD,
    min_score: float = 0.0,
    inclusive: bool = False,
    workers: int | None = None,
) -> Suppressed:
    """Keep a prediction if its IoU with every better kept one of its class is at most a threshold.

    Args:
        pool: the predictions.
        iou: what overlaps are measured by.
        iou_threshold: IoU from 0 to 1.
        min_score: lowest score that is kept.
        inclusive: remove predictions at the threshold, too, as the code of the 3D-FUTURE paper.
        workers: threads, None for all cores.

    Raises:
        InputError: for a threshold outside of 0 to 1.
        FormatError: if masks are compared and one is missing or malformed.

    Example:
        >>> from segeval import load_predictions
        >>> from segeval.ensemble import pooled
        >>> box = {"image_id": 1, "category_id": 1}
        >>> a = load_predictions([{**box, "bbox": [0, 0, 9, 9], "score": 0.8}])
        >>> b = load_predictions([{**box, "bbox": [0, 1, 9, 9], "score": 0.6}])
        >>> nms(pooled([a, b])).pool.score
        array([0.8])
    """
    check_share("iou_threshold", iou_threshold)
    above = float(np.nextafter(iou_threshold, -1)) if inclusive else iou_threshold
    rule = _Rule(HARD, above, min_score=min_score)
    return _suppressed(pool, rule, iou, workers)


def nms_of_models(
    pool: Pool,
    subsets: Sequence[Sequence[int]],
    *,
    iou: Iou = "bbox",
    workers: int | None = None,
) -> list[Suppressed]:
    """NMS at the usual threshold of several subsets of models, whose masks are decoded once.

    Args:
        pool: predictions of M models.
        subsets: numbers of the models of each.
        iou: what overlaps are measured by.
        workers: threads, None for all cores.

    Returns:
        For each subset what `nms` leaves of the rows of its models, in their order.

    Raises:
        FormatError: if masks are compared and one is missing or malformed.
    """
    order = canonical_order(pool, pool.cells)
    model, ranked = pool.model[order], pool.score[order]
    by = np.full((len(subsets), len(pool)), -1)

    def one(groups: NDArray[np.int64], part: Pool, at: slice) -> None:
        shapes = shapes_of(part, iou)
        for number, subset in enumerate(subsets):
            own = np.flatnonzero(np.isin(part.model, subset))
            found = np.full(len(own), -1)
            suppress_groups(
                np.searchsorted(own, groups), part.weight[own], shapes.take(own).arguments, HARD,
                IOU_THRESHOLD, SIGMA, 0.0, ranked[at][own], found,
            )  # fmt: skip
            by[number, at.start + own] = np.where(found >= 0, at.start + own[found], -1)

    in_batches(pool, order, one, workers)
    results = []
    for subset, found in zip(subsets, by, strict=True):
        kept = np.isin(model, subset)
        place = np.append(np.cumsum(kept) - 1, -1)  # the last one for what stays
        rows = np.flatnonzero(np.isin(pool.model, subset))
        own_order = np.searchsorted(rows, order[kept])
        results.append(_result(pool.take(rows), own_order, ranked[kept], place[found[kept]]))
    return results


def soft_nms(
    pool: Pool,
    *,
    kind: Kind = "gaussian",
    iou: Iou = "bbox",
    iou_threshold: float = IOU_THRESHOLD,
    sigma: float = SIGMA,
    min_score: float = LEAST_SCORE,
    workers: int | None = None,
) -> Suppressed:
    """Lower the scores of predictions by their IoU with better ones of their class.

    The best of the remaining ones is taken again and again; the others are multiplied by 1 - IoU
    where it is above the threshold (linear), or by exp(-IoU² / sigma) (gaussian).

    Args:
        pool: the predictions.
        kind: how scores fall, "linear" or "gaussian".
        iou: what overlaps are measured by.
        iou_threshold: IoU above which linear scores fall, from 0 to 1.
        sigma: width of the gaussian, above 0.
        min_score: predictions of lower scores are removed.
        workers: threads, None for all cores.

    Raises:
        InputError: for settings out of their range.
        FormatError: if masks are compared and one is missing or malformed.

    Source:
        Bodla et al. 2017 (arXiv 1704.04503). The first prediction must reach `min_score` as well.

    Example:
        >>> from segeval import load_predictions
        >>> from segeval.ensemble import pooled
        >>> box = {"image_id": 1, "category_id": 1}
        >>> a = load_predictions([{**box, "bbox": [0, 0, 9, 9], "score": 0.8}])
        >>> b = load_predictions([{**box, "bbox": [0, 1, 9, 9], "score": 0.6}])
        >>> soft_nms(pooled([a, b])).pool.score.round(3)
        array([0.8  , 0.167])
    """
    check_choice("kind", kind, get_args(Kind))
    check_share("iou_threshold", iou_threshold)
    _check_sigma(sigma)
    is_linear = kind == "linear"
    rule = _Rule(
        LINEAR if is_linear else GAUSSIAN,
        iou_threshold if is_linear else 0.0,
        sigma=sigma,
        min_score=min_score,
    )
    return _suppressed(pool, rule, iou, workers)


def adj_nms(
    pool: Pool,
    *,
    iou: Iou = "bbox",
    iou_threshold: float = IOU_THRESHOLD,
    sigma: float = SIGMA,
    min_score: float = LEAST_SCORE,
    workers: int | None = None,
) -> Suppressed:
    """NMS at a threshold, then gaussian soft-NMS of what is left.

    Args:
        pool: the predictions.
        iou: what overlaps are measured by.
        iou_threshold: IoU above which NMS removes, from 0 to 1.
        sigma: width of the gaussian, above 0.
        min_score: predictions of lower scores are removed.
        workers: threads, None for all cores.

    Raises:
        InputError: for settings out of their range.
        FormatError: if masks are compared and one is missing or malformed.

    Source:
        Open Images paper (arXiv 2003.07557), eq. 7.

    Example:
        >>> from segeval import load_predictions
        >>> from segeval.ensemble import pooled
        >>> box = {"image_id": 1, "category_id": 1}
        >>> a = load_predictions([{**box, "bbox": [0, 0, 9, 9], "score": 0.8}])
        >>> b = load_predictions([{**box, "bbox": [0, 4, 9, 9], "score": 0.6}])
        >>> adj_nms(pooled([a, b])).pool.score.round(3)
        array([0.8  , 0.446])
    """
    first = nms(pool, iou=iou, iou_threshold=iou_threshold, workers=workers)
    second = soft_nms(first.pool, iou=iou, sigma=sigma, min_score=min_score, workers=workers)
    return _chained(first, second)


def matrix_nms(
    pool: Pool,
    *,
    kind: Kind = "gaussian",
    iou: Iou = "bbox",
    sigma: float = SIGMA,
    min_score: float = LEAST_SCORE,
    workers: int | None = None,
) -> Suppressed:
    """Lower all scores at once, each by the better prediction of its class that matters most.

    Args:
        pool: the predictions.
        kind: how scores fall, "linear" or "gaussian".
        iou: what overlaps are measured by.
        sigma: width of the gaussian, above 0.
        min_score: predictions of lower scores are removed.
        workers: threads, None for all cores.

    Raises:
        InputError: for settings out of their range.
        FormatError: if masks are compared and one is missing or malformed.

    Source:
        SOLOv2 (arXiv 2003.10152), section 3.3.

    Example:
        >>> from segeval import load_predictions
        >>> from segeval.ensemble import pooled
        >>> box = {"image_id": 1, "category_id": 1}
        >>> a = load_predictions([{**box, "bbox": [0, 0, 9, 9], "score": 0.8}])
        >>> b = load_predictions([{**box, "bbox": [0, 1, 9, 9], "score": 0.6}])
        >>> matrix_nms(pooled([a, b]), kind="linear").pool.score.round(3)
        array([0.8 , 0.12])
    """
    check_choice("kind", kind, get_args(Kind))
    _check_sigma(sigma)
    order = canonical_order(pool, pool.cells)
    decay = np.ones(len(pool))

    def one(groups: NDArray[np.int64], part: Pool, at: slice) -> None:
        shapes = shapes_of(part, iou).arguments
        matrix_decay(groups, shapes, LINEAR if kind == "linear" else GAUSSIAN, sigma, decay[at])

    in_batches(pool, order, one, workers)
    score = pool.score[order] * decay
    by = np.where(score < min_score, np.arange(len(pool)), -1)
    return _result(pool, order, score, by)


@frozen
class _Rule:
    """What happens to predictions whose IoU with a better one is above a number."""

    kind: int
    above: float
    sigma: float = SIGMA
    min_score: float = 0.0


def _suppressed(pool: Pool, rule: _Rule, iou: Iou, workers: int | None) -> Suppressed:
    """A pool after suppression by one rule."""
    order = canonical_order(pool, pool.cells)
    score = pool.score[order]
    by = np.full(len(pool), -1)

    def one(groups: NDArray[np.int64], part: Pool, at: slice) -> None:
        own = by[at]
        suppress_groups(
            groups,
            part.weight,
            shapes_of(part, iou).arguments,
            rule.kind,
            rule.above,
            rule.sigma,
            rule.min_score,
            score[at],
            own,
        )
        own[own >= 0] += at.start

    in_batches(pool, order, one, workers)
    return _result(pool, order, score, by)


def in_batches(
    pool: Pool,
    order: NDArray[np.int64],
    one: Callable[[NDArray[np.int64], Pool, slice], None],
    workers: int | None,
) -> None:
    """Call a function on groups of a few thousand predictions together, in threads.

    Args:
        pool: the predictions.
        order: their rows by image and category.
        one: called with the edges of some groups, their predictions in order, and the span of these
            in the order.
        workers: threads, None for all cores.
    """
    offsets = edges_of(pool.cells[order])

    def of_slice(start: int, stop: int) -> None:
        for first, last in batches(offsets, start, stop):
            at = slice(int(offsets[first]), int(offsets[last]))
            one(
                offsets[first : last + 1] - offsets[first],
                pool.take(order[at]),
                at,
            )

    map_slices(of_slice, len(offsets) - 1, workers, least=64)


def batches(offsets: NDArray[np.int64], start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Spans of groups from `start` to `stop` with a few thousand predictions together."""
    while start < stop:
        last = int(np.searchsorted(offsets, offsets[start] + BATCH, "right")) - 1
        last = min(max(last, start + 1), stop)
        yield start, last
        start = last


def _result(
    pool: Pool, order: NDArray[np.int64], score: NDArray[np.float64], by: NDArray[np.int64]
) -> Suppressed:
    """What stays of a pool whose rows in `order` have new scores, or were removed."""
    removed = np.full(len(pool), -1)
    removed[order] = np.where(by >= 0, order[by], -1)
    stays = order[by < 0]
    return Suppressed(replace(pool.take(stays), score=score[by < 0]), stays, removed)


def _chained(first: Suppressed, second: Suppressed) -> Suppressed:
    """One suppression after another, as one."""
    by = first.by.copy()
    own = second.by >= 0
    by[first.rows[own]] = first.rows[second.by[own]]
    return Suppressed(second.pool, first.rows[second.rows], by)


def _check_sigma(sigma: float) -> None:
    """Refuse a width that is no width."""
    if not 0 < sigma < np.inf:
        raise InputError(
            f"`sigma` is {sigma:g}, expected a number above 0", code="sigma", option="sigma"
        )
