"""Votes of boxes: a row that survives suppression gains by what others say of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import edges_of
from segeval.ensemble.operators.clustering import find_supporters
from segeval.ensemble.operators.merged import LEAD, SUPPORT, Merged
from segeval.ensemble.operators.suppression import Suppressed, adj_nms, in_batches
from segeval.ensemble.pools.order import canonical_order
from segeval.ensemble.pools.pool import Pool
from segeval.ensemble.pools.shapes import Iou, shapes_of
from segeval.errors import InputError
from segeval.metrics.choices import check_share

MOST = 4
ALPHA = 0.05
BETA = 0.7
MIN_IOU = 0.5

MOST_ALPHA = 1e100
"""Largest part of a score that is added, with which sums stay finite."""

ANY = 2**31
"""In place of a limit: more than a model has predictions of one class in an image."""


def vote(
    pool: Pool,
    *,
    iou: Iou = "bbox",
    k: int = MOST,
    alpha: float = ALPHA,
    beta: float = BETA,
    min_iou: float = MIN_IOU,
    max_per_model: int = 1,
    exclusive: bool = False,
    literal: bool = False,
    anchors: Suppressed | None = None,
    workers: int | None = None,
) -> Merged:
    """Raise the scores of the rows that survive suppression by the predictions that support them.

    Supporters of a row are the predictions of other models, by default one of each, that overlap it
    most. The row gains alpha times their scores, and its box moves towards their mean. Scores may
    exceed 1: up to 1 + alpha * k.

    Args:
        pool: the predictions.
        iou: what overlaps are measured by.
        k: most supporters of a row, at least 1.
        alpha: part of each supporter's score that is added, 0 or more.
        beta: part of the box that stays, from 0 to 1.
        min_iou: least IoU of a supporter, from 0 to 1.
        max_per_model: most supporters of a row that one model has, at least 1; 0 for any number.
        exclusive: whether a prediction supports only the row that it overlaps most.
        literal: as the paper is printed: supporters of any overlap and any model, and the mean over
            k even where there are fewer, which pulls boxes to the corner of the image.
        anchors: the rows that survive, by default those of `adj_nms`.
        workers: threads, None for all cores.

    Raises:
        InputError: for settings out of their range.
        FormatError: if masks are compared and one is missing or malformed.

    Source:
        Open Images paper (arXiv 2003.07557), eqs. 8 and 9. The least IoU, the rule of one supporter
        per model and the mean over those found are ours.

    Example:
        >>> from segeval import load_predictions
        >>> from segeval.ensemble import pooled
        >>> box = {"image_id": 1, "category_id": 1}
        >>> a = load_predictions([{**box, "bbox": [0, 0, 9, 9], "score": 0.8}])
        >>> b = load_predictions([{**box, "bbox": [0, 1, 9, 9], "score": 0.6}])
        >>> vote(pooled([a, b])).score.round(3)
        array([0.83])
    """
    check_share("beta", beta)
    check_share("min_iou", min_iou)
    if max_per_model < 0:
        raise InputError(
            f"`max_per_model` is {max_per_model}, expected 0 for any number, or more",
            code="votes",
            option="max_per_model",
        )
    if k < 1 or not 0 <= alpha <= MOST_ALPHA:
        raise InputError(
            f"`k` is {k} and `alpha` {alpha:g}, expected at least 1, and from 0 to {MOST_ALPHA:g}",
            code="votes",
            option="k" if k < 1 else "alpha",
        )
    if anchors is None:
        anchors = adj_nms(pool, iou=iou, workers=workers)
    rows = anchors.rows
    supporters = supporters_of(
        pool, rows, iou, k=k, min_iou=min_iou, max_per_model=max_per_model, exclusive=exclusive,
        literal=literal, workers=workers,
    )  # fmt: skip
    found = supporters >= 0
    number = found.sum(axis=1)
    base = anchors.pool.score
    votes = alpha * np.where(found, pool.score[supporters], 0).sum(axis=1)
    boxes = anchors.pool.boxes.copy()
    own = np.where(found[:, :, np.newaxis], pool.boxes[supporters], 0).sum(axis=1)
    parts = np.full(len(number), float(k)) if literal else np.maximum(number, 1)
    moved = number > 0
    mean = (1 - beta) * (own / parts[:, np.newaxis])
    boxes[moved] = beta * boxes[moved] + mean[moved]
    members = np.concatenate([rows[:, np.newaxis], supporters], axis=1)
    kept = members >= 0
    roles = np.full(members.shape, SUPPORT, np.int8)
    roles[:, 0] = LEAD
    return Merged(
        pool=pool,
        lead=rows,
        score=base + votes,
        boxes=boxes,
        members=members[kept],
        offsets=np.concatenate([[0], np.cumsum(kept.sum(axis=1))]),
        roles=roles[kept],
        terms={"base": pool.score[rows], "decay": base - pool.score[rows], "votes": votes},
        moved=moved,
    )


def supporters_of(
    pool: Pool,
    rows: NDArray[np.int64],
    iou: Iou,
    *,
    k: int = 1,
    min_iou: float = MIN_IOU,
    max_per_model: int = 1,
    exclusive: bool = False,
    literal: bool = False,
    workers: int | None = None,
) -> NDArray[np.int64]:
    """The predictions of other models that overlap some rows of a pool most.

    Args:
        pool: the predictions.
        rows: A of them, each once, int64, shape (A,).
        iou: what overlaps are measured by.
        k: most supporters of a row, at least 1.
        min_iou: least IoU of a supporter, from 0 to 1.
        max_per_model: most supporters of a row that one model has; 0 for any number.
        exclusive: whether a prediction supports only the row that it overlaps most.
        literal: of any overlap, of any model, and any number of each.
        workers: threads, None for all cores.

    Returns:
        Rows of the pool, by falling IoU, -1 behind them, int64, shape (A, k).
    """
    order = canonical_order(pool, pool.cells)
    most = int(np.diff(edges_of(pool.cells[order])).max(initial=1))
    k = min(k, most)  # there are no more, and a huge k would take room for them
    place = np.empty(len(pool), np.int64)
    place[order] = np.arange(len(pool))
    at = place[rows]
    by_group = np.argsort(at)
    starts = at[by_group]
    found = np.full((len(at), k), -1)

    def one(groups: NDArray[np.int64], part: Pool, span: slice) -> None:
        inside = np.searchsorted(starts, groups + span.start)
        own = np.full((inside[-1] - inside[0], k), -1)
        find_supporters(
            groups,
            shapes_of(part, iou).arguments,
            starts[inside[0] : inside[-1]] - span.start,
            inside - inside[0],
            part.model,
            0.0 if literal else min_iou,
            ANY if literal or max_per_model == 0 else max_per_model,
            literal,
            exclusive,
            own,
        )
        found[by_group[inside[0] : inside[-1]]] = np.where(own >= 0, own + span.start, -1)

    in_batches(pool, order, one, workers)
    return np.where(found >= 0, order[found], -1)
