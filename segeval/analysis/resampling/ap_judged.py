"""What the bootstrap and the swap test read of matches: of one model, or of two mixed by rank."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.ranks import score_ranks
from segeval.analysis.resampling.ap_columns import CapOrder, Judged
from segeval.data.ids import index_of
from segeval.frozen import frozen
from segeval.metrics.coco.caps import cap_limits
from segeval.metrics.coco.matches import Matches


def has_cap_over_the_set(matches: Matches) -> bool:
    """Whether a cap on each category depends on which images count, and how often."""
    rules = matches.request.protocol
    return rules.cap_scope == "category" and rules.max_dets[-1] != 0


def judged_alone(matches: Matches, *, pool: bool = False) -> Judged:
    """The judged predictions of one model.

    Sources are its I images, then one for all images that are not evaluated.

    Args:
        matches: of the model.
        pool: whether they get their ranks in the order of AP-pool.
    """
    cap = None
    if has_cap_over_the_set(matches):
        ranked = _ranked(matches)
        order = np.lexsort((ranked.rank, ranked.category))
        cap = _cap_order(matches, ranked.category, ranked.source[order], ranked.row[order])
        rows = np.arange(len(matches))
    else:
        rows = np.flatnonzero(matches.within_cap)
    counts = np.bincount(matches.category[rows], minlength=len(matches.category_ids))
    return Judged(
        matches.matched_bits[:, rows],
        matches.ignored_bits[:, rows],
        matches.image[rows].astype(np.int32),
        np.concatenate([[0], np.cumsum(counts)]),
        cap,
        _pool_ranks(matches)[rows] if pool else None,
    )


def judged_by_rank(first: Matches, second: Matches) -> Judged:
    """The judged predictions of two models on the same images, by rank instead of by score.

    A rank is the place of a prediction among all judged ones of its model, in the order of
    evaluation: score down, image, file row. Equal ranks go by image. Sources are those of the first
    model, then those of the second, as in `judged_alone`.
    """
    models = (first, second)
    number = len(first.image_ids) + 1
    capped = has_cap_over_the_set(first)
    rows = [np.arange(len(each)) if capped else np.flatnonzero(each.within_cap) for each in models]
    category, image = (
        np.concatenate([getattr(each, name)[own] for each, own in zip(models, rows, strict=True)])
        for name in ("category", "image")
    )
    rank = np.concatenate([score_ranks(each)[own] for each, own in zip(models, rows, strict=True)])
    model = np.repeat([0, 1], [len(own) for own in rows])
    order = _merged(category, rank, image)

    def bits(name: str) -> NDArray[Any]:
        own = [getattr(each, name)[:, kept] for each, kept in zip(models, rows, strict=True)]
        return np.concatenate(own, axis=1)[:, order]

    counts = np.bincount(category, minlength=len(first.category_ids))
    return Judged(
        bits("matched_bits"),
        bits("ignored_bits"),
        (image + model * number).astype(np.int32)[order],
        np.concatenate([[0], np.cumsum(counts)]),
        _mixed_cap(first, second, order) if capped else None,
        rank[order],
    )


def _merged(
    category: NDArray[np.int32], rank: NDArray[np.int64], image: NDArray[np.int32]
) -> NDArray[np.int64]:
    """The order of two models' predictions by category, rank, image and model, int64, shape (n,).

    Those of each are in that order already, the first model's first; two of a model never share a
    rank.
    """
    keys = category * (rank.max(initial=0) + 1) + rank
    order = np.argsort(keys, kind="stable")  # which merges what is sorted in one pass
    equal = np.flatnonzero(keys[order[:-1]] == keys[order[1:]])
    late = equal[image[order[equal]] > image[order[equal + 1]]]
    order[late], order[late + 1] = order[late + 1], order[late]
    return order


def _pool_ranks(matches: Matches) -> NDArray[np.int64]:
    """Place of each judged prediction in the order of AP-pool: score down, image, category."""
    return _places(np.lexsort((matches.category, matches.image, -matches.score)))


@frozen(eq=False)
class _Ranked:
    """All n predictions of a model under a cap over the whole set.

    Attributes:
        category: index of each category, shape (n,).
        source: its image, or the number of images if that is not evaluated, int32, shape (n,).
        row: its row in `Matches`, -1 if it is not judged, int64, shape (n,).
        rank: its place among the judged ones in the cap's order, which is that of the file for
            equal scores; between two of these if it is not judged, float64, shape (n,).
        image_id: int64, shape (n,).
    """

    category: NDArray[np.int32]
    source: NDArray[np.int32]
    row: NDArray[np.int64]
    rank: NDArray[np.float64]
    image_id: NDArray[np.int64]


def _ranked(matches: Matches) -> _Ranked:
    ranked, judged, others = matches.ranked(), len(matches), matches.unjudged
    number = len(ranked.score)
    place = index_of(others.image_id, matches.image_ids)
    outside = np.where(place < 0, len(matches.image_ids), place)
    order = np.lexsort((ranked.row, ranked.file, -ranked.score))
    is_judged = np.arange(number) < judged
    rank = np.empty(number)
    rank[order] = np.cumsum(is_judged[order]) - np.where(is_judged[order], 1.0, 0.5)
    # several between the same two judged ones stay in their order
    rank += np.where(is_judged, 0.0, _places(order) / (4.0 * max(number, 1)))
    return _Ranked(
        category=ranked.category,
        source=np.concatenate([matches.image, outside]).astype(np.int32),
        row=np.where(is_judged, np.arange(number), -1),
        rank=rank,
        image_id=np.concatenate([matches.image_ids[matches.image], others.image_id]),
    )


def _places(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each in an order, int64, shape (n,)."""
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return places


def _cap_order(
    matches: Matches,
    category: NDArray[np.int32],
    source: NDArray[np.int32],
    row: NDArray[np.int64],
) -> CapOrder:
    counts = np.bincount(category, minlength=len(matches.category_ids))
    limit = int(cap_limits(matches.request.protocol.max_dets)[-1])
    return CapOrder(limit, source, row, np.concatenate([[0], np.cumsum(counts)]))


def _mixed_cap(first: Matches, second: Matches, order: NDArray[np.int64]) -> CapOrder:
    """The order of two models' predictions under a cap, by rank, then image id.

    Args:
        first: matches of the first model.
        second: matches of the second model.
        order: of the judged predictions of both by category and rank, int64, shape (N,).
    """
    own, its = _ranked(first), _ranked(second)
    sources = np.concatenate([own.source, its.source + np.int32(len(first.image_ids) + 1)])
    rows = np.concatenate([own.row, np.where(its.row < 0, -1, its.row + len(first))])
    rows = np.append(_places(order), -1)[rows]  # among both
    category = np.concatenate([own.category, its.category])
    is_second = np.arange(len(category)) >= len(own.category)
    image_id = np.concatenate([own.image_id, its.image_id])
    by_rank = np.lexsort((is_second, image_id, np.concatenate([own.rank, its.rank]), category))
    return _cap_order(first, category, sources[by_rank], rows[by_rank])
