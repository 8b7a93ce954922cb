"""Precision, recall and scores at recall points, as `COCOeval.accumulate` leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.compat.pycocotools.matched import Matched
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.coco.caps import copies_within
from segeval.metrics.coco.curves import precision_recall


@frozen(eq=False)
class Accumulated:
    """Arrays of an accumulation, -1 where there is no ground truth.

    Attributes:
        precision: float64, shape (T, R, K, A, M).
        recall: float64, shape (T, K, A, M).
        scores: float64, shape (T, R, K, A, M).
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    scores: NDArray[np.float64]

    @classmethod
    def empty(cls, shape: Sequence[int]) -> Accumulated:
        """Without any ground truth.

        Args:
            shape: T, R, K, A and M.
        """
        number, points, *rest = shape
        return cls(
            np.full((number, points, *rest), -1.0),
            np.full((number, *rest), -1.0),
            np.full((number, points, *rest), -1.0),
        )


def accumulated(found: Matched, points: NDArray[np.float64]) -> Accumulated:
    """The curves of all categories, ranges and caps.

    Args:
        found: what was matched.
        points: R recall points, rising, float64, shape (R,).
    """
    settings = found.settings
    categories, order = len(settings.categories), settings.order
    shape = (len(order), len(points), categories, len(settings.ranges), len(settings.caps))
    result = Accumulated.empty(shape)
    score = found.score
    copies = copies_within(found.rank, None, settings.caps)
    for area, counted in enumerate(found.counted):
        positives = np.bincount(found.gts.category[counted], minlength=categories)
        for cap in range(len(settings.caps)):
            curves = _curves(
                found.matched[area],
                found.ignored[area],
                copies[cap : cap + 1],
                score,
                found.cells.category_offsets,
                positives.astype(np.int64),
                settings.thresholds[order],
                points,
            )
            precision, recall, scores = curves
            result.precision[order, :, :, area, cap] = precision.transpose(1, 2, 0)
            result.recall[order, :, area, cap] = recall.T
            result.scores[order, :, :, area, cap] = scores.transpose(1, 2, 0)
    return result


def accumulated_results(
    results: Sequence[Any],
    shape: Sequence[int],
    cells: Sequence[tuple[int, int, Sequence[int]]],
    caps: Sequence[tuple[int, int]],
    points: NDArray[np.float64],
) -> Accumulated:
    """The curves of results of images that the caller may have changed, or gathered.

    Args:
        results: an entry, or None, per category, range and image.
        shape: T, R, K, A and M of the arrays.
        cells: place of category and range in the arrays, and places in `results` of the images.
        caps: place in the arrays, and cap.
        points: R recall points, rising, float64, shape (R,).

    Raises:
        InputError: if the results have another number of thresholds.
    """
    found = Accumulated.empty(shape)
    thresholds = np.arange(shape[0], dtype=np.float64)
    for area in dict.fromkeys(area for _, area, _ in cells):
        own = [(category, places) for category, each, places in cells if each == area]
        categories = [category for category, _ in own]
        groups = [_group([results[place] for place in places], shape[0]) for _, places in own]
        score, rank, matched, ignored = (
            np.concatenate([getattr(group, name) for group in groups])
            for name in ("score", "rank", "matched", "ignored")
        )
        offsets = np.cumsum([0, *(len(group.score) for group in groups)])
        positives = np.array([group.positives for group in groups])
        for place, cap in caps:
            precision, recall, scores = _curves(
                matched, ignored, copies_within(rank, None, [cap]), score, offsets, positives,
                thresholds, points,
            )  # fmt: skip
            found.precision[:, :, categories, area, place] = precision.transpose(1, 2, 0)
            found.recall[:, categories, area, place] = recall.T
            found.scores[:, :, categories, area, place] = scores.transpose(1, 2, 0)
    return found


@frozen(eq=False)
class _Group:
    """The predictions of one category, in the order of its curve.

    Attributes:
        score: float64, shape (n,).
        rank: place in its image, int32, shape (n,).
        matched: bits of the thresholds, unsigned, shape (n,).
        ignored: the same of what counts neither way.
        positives: number of annotations that count.
    """

    score: NDArray[np.float64]
    rank: NDArray[np.int32]
    matched: NDArray[np.unsignedinteger[Any]]
    ignored: NDArray[np.unsignedinteger[Any]]
    positives: int


def _group(results: Sequence[Any], number: int) -> _Group:
    """The results of one category and range at so many thresholds."""
    own = [each for each in results if each is not None]
    if not own:
        none = np.zeros(0, np.min_scalar_type(2**number - 1))
        return _Group(np.zeros(0), np.zeros(0, np.int32), none, none, 0)
    score = np.concatenate([each["dtScores"] for each in own]).astype(np.float64)
    order = np.argsort(-score, kind="stable")
    rank = np.concatenate([np.arange(len(each["dtScores"]), dtype=np.int32) for each in own])
    gts = np.concatenate([each["gtIgnore"] for each in own])
    return _Group(
        score[order],
        rank[order],
        _bits([each["dtMatches"] for each in own], order, number),
        _bits([each["dtIgnore"] for each in own], order, number),
        int(np.count_nonzero(gts == 0)),
    )


def _bits(
    flags: Sequence[NDArray[Any]], order: NDArray[np.intp], number: int
) -> NDArray[np.unsignedinteger[Any]]:
    """Flags (T, D) of images, side by side in an order, as the bits of T thresholds."""
    joined = np.concatenate(flags, axis=1)[:, order] != 0
    if len(joined) != number:
        raise InputError(
            f"`evalImgs` has matches at {len(joined)} thresholds, but `params.iouThrs` {number}.",
            code="thresholds",
            option="params.iouThrs",
        )
    kind = np.min_scalar_type(2**number - 1)
    bits = np.zeros(len(order), kind)
    for place, row in enumerate(joined):
        bits |= row.astype(kind) << kind.type(place)
    return bits


def _curves(
    matched: NDArray[np.unsignedinteger[Any]],
    ignored: NDArray[np.unsignedinteger[Any]],
    copies: NDArray[np.integer[Any]],
    score: NDArray[np.float64],
    offsets: NDArray[np.int64],
    positives: NDArray[np.int64],
    thresholds: NDArray[np.float64],
    points: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Precision (K, T, R), recall (K, T) and scores (K, T, R) of groups under one cap."""
    curves = precision_recall(
        matched=matched,
        ignored=ignored,
        copies=copies,
        offsets=offsets,
        positives=positives,
        thresholds=thresholds,
        points=points,
    )
    scores = np.where(positives > 0, 0.0, -1.0)[:, None, None]
    scores = np.tile(scores, (1, len(thresholds), len(points)))
    within = copies[0] > 0
    needed = _hits_needed(positives, points)
    groups, places = np.nonzero(needed == 0)  # reached by the first prediction, right or wrong
    kept = np.flatnonzero(within)
    begins, ends = np.searchsorted(kept, offsets[:-1]), np.searchsorted(kept, offsets[1:])
    some = (begins < ends)[groups] & (positives > 0)[groups]
    groups, places = groups[some], places[some]
    scores[groups, :, places] = score[kept[begins[groups]]][:, None]
    hits = matched & ~ignored
    for t in range(len(thresholds)):
        rows = np.flatnonzero((hits >> hits.dtype.type(t)) & hits.dtype.type(1) & within)
        begins, ends = np.searchsorted(rows, offsets[:-1]), np.searchsorted(rows, offsets[1:])
        groups, places = np.nonzero((needed > 0) & (needed <= (ends - begins)[:, None]))
        scores[groups, t, places] = score[rows[begins[groups] + needed[groups, places] - 1]]
    return curves.precision, curves.recall[:, 0], scores


def _hits_needed(positives: NDArray[np.int64], points: NDArray[np.float64]) -> NDArray[np.int64]:
    """The least number of hits whose recall reaches a point, int64, shape (K, R).

    It is never reached where there is no ground truth.
    """
    total = np.maximum(positives, 1)[:, None]
    needed = np.ceil(points * total).astype(np.int64)
    needed -= (needed > 0) & ((needed - 1) / total >= points)
    needed += needed / total < points
    needed[positives == 0] = np.iinfo(np.int64).max
    return needed
