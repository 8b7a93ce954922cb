"""Mistakes in readable predictions, alone and against the ground truth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.masks import Found, Side
from segeval.data.columns import Predictions
from segeval.data.ids import rows_of
from segeval.words import counted, id_range, ids_hint, more_like_it, thousands

TIES_WORTH_SAYING = 0.01
"""Share of tied scores from which on it is said."""

MAX_DETS = 100
"""Most predictions that COCO uses per image and category."""

MAX_DETS_LVIS = 300
"""Most predictions that LVIS uses per image."""

EDGES = (32.0**2, 96.0**2)
"""Areas between COCO's small, medium and large, in pixels squared; they belong to both sides."""


def no_predictions(side: Side[Predictions]) -> Iterator[Found]:
    """A file without a single prediction."""
    if not side.total:
        yield Found(
            "warn",
            "predictions",
            np.empty(0, np.int64),
            "the file holds no predictions: AP is 0",
            "Was the score threshold too high?",
        )


def unknown_images(side: Side[Predictions]) -> Iterator[Found]:
    """Predictions for images that the ground truth does not have."""
    preds = side.columns
    if side.gt is None:
        return
    rows = np.flatnonzero(rows_of(preds.image_id, side.gt.images.id) < 0)
    if len(rows):
        ids = preds.image_id[rows]
        images = counted(len(np.unique(ids)), "image")
        yield Found(
            "error",
            "image ids",
            rows,
            f"{side.many(rows, 'is', 'are')} for {images} that {side.gt.source} does not have, "
            f"first image_id {ids[0]} (prediction #{side.places[rows[0]]})",
            ids_hint(preds.image_id, side.gt.images.id)
            or "Wrong split? Or drop them: --skip-unknown",
        )


def unknown_categories(side: Side[Predictions]) -> Iterator[Found]:
    """Predictions of categories that the ground truth does not list."""
    preds = side.columns
    if side.gt is None or not len(side.gt.categories):
        return
    known = side.gt.categories.id
    rows = np.flatnonzero(rows_of(preds.category_id, known) < 0)
    if not len(rows):
        return
    hint = ids_hint(preds.category_id, known)
    many = side.many(rows, "has", "have")
    listed = f"({counted(len(known), 'category', 'categories')}, {id_range(known)})"
    message = (
        f"category ids are {id_range(preds.category_id)}, {side.gt.source} has {id_range(known)}: "
        f"{many} an id that it does not list"
        if hint
        else f"{many} category_id {id_range(preds.category_id[rows])}, which {side.gt.source} "
        f"does not list {listed}"
    )
    yield Found("error", "category ids", rows, message, hint or "Or drop them: --skip-unknown")


def scores_not_finite(side: Side[Predictions]) -> Iterator[Found]:
    """Scores that are NaN or infinite: they sort anywhere."""
    preds = side.columns
    rows = np.flatnonzero(~np.isfinite(preds.score))
    if len(rows):
        value = preds.score[rows[0]]
        yield Found(
            "error",
            "score",
            rows,
            f"{side.name(int(rows[0]))}: score is {'NaN' if np.isnan(value) else value}, "
            f"expected a finite number.{more_like_it(len(rows))}",
        )


def scores_outside(side: Side[Predictions]) -> Iterator[Found]:
    """Scores below 0 or above 1: allowed, for only their order counts."""
    preds = side.columns
    rows = np.flatnonzero(np.isfinite(preds.score) & ((preds.score < 0) | (preds.score > 1)))
    if len(rows):
        values = preds.score[rows]
        yield Found(
            "warn",
            "score range",
            rows,
            f"{side.many(rows, 'has a score', 'have scores')} outside of 0..1 "
            f"({values.min():g} .. {values.max():g}): AP needs only their order",
        )


def tied_scores(side: Side[Predictions]) -> Iterator[Found]:
    """Predictions of one category with equal scores, whose order the file decides."""
    preds = side.columns
    order = np.lexsort((preds.score, preds.category_id))
    score, category = preds.score[order], preds.category_id[order]
    equal = (score[1:] == score[:-1]) & (category[1:] == category[:-1])
    tied = np.zeros(len(preds), bool)
    tied[order[1:][equal]] = True
    tied[order[:-1][equal]] = True
    rows = np.flatnonzero(tied)
    if len(rows) > TIES_WORTH_SAYING * len(preds):
        yield Found(
            "warn",
            "ties",
            rows,
            f"{_percent(len(rows), len(preds))} of predictions share their score with another of "
            "their category; order in the file decides",
            "Write scores with more digits.",
        )


def beyond_max_dets(side: Side[Predictions]) -> Iterator[Found]:
    """Predictions that no evaluation with the usual cap looks at."""
    preds = side.columns
    is_lvis = side.gt is not None and side.gt.is_lvis
    cap, scope = (MAX_DETS_LVIS, "image") if is_lvis else (MAX_DETS, "image and category")
    keys = [preds.image_id] if is_lvis else [preds.image_id, preds.category_id]
    # Best score first within a cell, so that the rows from the cap on are those left out.
    order = np.lexsort((-preds.score, *keys))
    changes = np.zeros(max(len(preds) - 1, 0), bool)
    for key in keys:
        changes |= key[order][1:] != key[order][:-1]
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    rank = np.arange(len(preds)) - np.repeat(starts, np.diff([*starts, len(preds)]))
    rows = np.sort(order[rank >= cap])
    if len(rows):
        images = counted(len(np.unique(preds.image_id[rows])), "image")
        yield Found(
            "warn",
            "max-dets",
            rows,
            f"{side.many(rows, 'is', 'are')} beyond the best {cap} per {scope}, in {images}: "
            "the usual evaluation leaves them out",
            "--max-dets 0 uses all.",
        )


def box_areas(side: Side[Predictions]) -> Iterator[Found]:
    """Boxes beside masks, whose area pycocotools takes for the size buckets."""
    preds = side.columns
    with np.errstate(invalid="ignore", over="ignore"):
        box = preds.boxes[:, 2] * preds.boxes[:, 3]
    both = np.flatnonzero(preds.has_box & (side.masks[0] >= 0))
    rows = both[(_buckets(box[both]) != _buckets(side.masks[0][both])).any(axis=1)]
    if len(rows):
        yield Found(
            "warn",
            "area",
            rows,
            "bbox present beside masks: pycocotools takes the box's area for the size buckets, "
            f"the mask's area puts {counted(len(rows), 'prediction')} elsewhere",
            "Leave bbox out; --area-from bbox does as pycocotools.",
        )


def bad_boxes(side: Side[Predictions]) -> Iterator[Found]:
    """Boxes of negative width or height."""
    preds = side.columns
    rows = np.flatnonzero((preds.boxes[:, 2:] < 0).any(axis=1))
    if len(rows):
        yield Found(
            "warn",
            "boxes",
            rows,
            f"{side.many(rows, 'has a box', 'have boxes')} of negative width or height",
            "Boxes are [x, y, width, height].",
        )


def _buckets(areas: NDArray[np.generic]) -> NDArray[np.bool_]:
    """On which side of each edge an area is: two columns per edge, for edges belong to both."""
    edges = np.array(EDGES)
    return np.hstack([areas[:, np.newaxis] <= edges, areas[:, np.newaxis] >= edges])


def _percent(part: int, whole: int) -> str:
    """A share in whole percent, "100 %" only if it is all."""
    percent = 100 * part / whole
    return f"{'more than 99' if 99 <= percent < 100 else thousands(round(percent))} %"
