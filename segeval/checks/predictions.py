"""Mistakes in readable predictions, alone and against the ground truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import Records
from segeval.checks.repeats import equal_records, keys_of
from segeval.checks.whole_scores import equal_scores
from segeval.data.columns import Predictions
from segeval.data.ids import index_of, rank_among, repeated
from segeval.data.wrong_ids import Kind, shown_range, unknown_ids_of
from segeval.findings import Finding
from segeval.words import counted, more_like_it, thousands

TIES_WORTH_SAYING = 0.01
"""Ties are reported if a larger share of the scores is tied."""


def no_predictions(records: Records[Predictions]) -> Iterator[Finding]:
    """A file without a single prediction."""
    if not records.total:
        yield records.finding(
            "warn",
            "predictions",
            "the file holds no predictions: AP is 0",
            code="no-predictions",
            hint="If a model wrote it, its score threshold may be too high.",
        )


def unknown_images(records: Records[Predictions]) -> Iterator[Finding]:
    """Predictions for images that the ground truth lacks."""
    yield from _unknown(records, "image", _other_split(records))


def unknown_categories(records: Records[Predictions]) -> Iterator[Finding]:
    """Predictions of categories that the ground truth lacks."""
    if records.gt is not None and len(records.gt.categories):
        yield from _unknown(records, "category", "Correct them, or drop them: `skip_unknown=True`")


def scores_not_finite(records: Records[Predictions]) -> Iterator[Finding]:
    """Scores that are NaN or infinite and so cannot be ranked."""
    preds = records.columns
    rows = np.flatnonzero(~np.isfinite(preds.score))
    if len(rows):
        first = int(rows[0])
        yield records.finding(
            "error",
            "score",
            f"{records.name(first)}: score is {shown_score(preds.score[first])}, expected a "
            f"finite number.{more_like_it(len(rows))}",
            code="score",
            rows=rows,
            field="score",
        )


def scores_outside(records: Records[Predictions]) -> Iterator[Finding]:
    """Scores below 0 or above 1, which are allowed: only their order counts."""
    preds = records.columns
    rows = np.flatnonzero(np.isfinite(preds.score) & ((preds.score < 0) | (preds.score > 1)))
    if len(rows):
        values = preds.score[rows]
        yield records.finding(
            "warn",
            "score range",
            f"{records.many(rows, 'has a score', 'have scores')} outside 0..1 "
            f"({values.min():g} .. {values.max():g}): AP needs only their order",
            code="score-range",
            rows=rows,
        )


def tied_scores(records: Records[Predictions]) -> Iterator[Finding]:
    """Predictions of one category with equal scores, whose order the file decides.

    Of records that are repeated only the first counts: more digits would not part them.
    """
    preds = records.columns
    equal_ones = list(equal_scores(records))
    if equal_ones:
        yield from equal_ones
        return
    alike = repeated(keys_of([preds.score + 0.0, preds.category_id]))  # -0.0 is equal to 0.0
    order = alike[np.lexsort((preds.score[alike], preds.category_id[alike]))]
    score, category = preds.score[order], preds.category_id[order]
    equal = (score[1:] == score[:-1]) & (category[1:] == category[:-1])
    tied = np.zeros(len(preds), bool)
    tied[order[1:][equal]] = True
    tied[order[:-1][equal]] = True
    if tied.sum() > TIES_WORTH_SAYING * len(preds):
        groups = equal_records(records)
        if groups:
            left = np.ones(len(preds), bool)
            left[[row for group in groups for row in group[1:]]] = False
            yield from tied_scores(_some(records, np.flatnonzero(left)))
            return
    rows = np.flatnonzero(tied)
    if len(rows) > TIES_WORTH_SAYING * len(preds):
        yield records.finding(
            "warn",
            "ties",
            f"{_percent(len(rows), len(preds))} of predictions share their score with another of "
            "their category: file order decides",
            hint="Write scores with more digits.",
            code="ties",
            rows=rows,
        )


def beyond_max_dets(records: Records[Predictions], cap: int, scope: str) -> Iterator[Finding]:
    """Predictions that an evaluation with the usual cap leaves out.

    Args:
        records: the predictions.
        cap: maximum number of predictions.
        scope: what the cap counts over, "image" or "image and category".
    """
    preds = records.columns
    group = preds.image_id
    if scope != "image":
        images, categories = np.unique(preds.image_id), np.unique(preds.category_id)
        place = index_of(preds.image_id, images).astype(np.int64)
        group = place * len(categories) + index_of(preds.category_id, categories)
    ordered = np.sort(group)
    beyond = ordered[cap:][ordered[cap:] == ordered[:-cap]]  # of groups of more than the cap
    large = np.flatnonzero(np.isin(group, beyond))  # others need no ranks
    rows = large[rank_among(group[large], preds.score[large]) >= cap]
    if len(rows):
        found = counted(len(np.unique(preds.image_id[rows])), "image")
        yield records.finding(
            "warn",
            "max-dets",
            f"{records.many(rows, 'is', 'are')} beyond the best {cap} per {scope}, in {found}: "
            "the usual evaluation leaves them out",
            code="max-dets",
            rows=rows,
            hint="`max_dets=0` uses all.",
            option="max_dets",
        )


def box_areas(records: Records[Predictions], edges: Sequence[float]) -> Iterator[Finding]:
    """Boxes beside masks: pycocotools uses their area for the size buckets, or stops.

    Args:
        records: the predictions.
        edges: areas between size buckets in pixels squared, which belong to both.
    """
    preds = records.columns
    if len(preds) and preds.has_box.any() and not preds.has_box.all():
        yield _some_boxes(records)
        return
    with np.errstate(invalid="ignore", over="ignore"):
        box, mask = preds.boxes[:, 2] * preds.boxes[:, 3], records.shapes.area
    elsewhere = np.zeros(len(preds), np.bool_)
    for edge in edges:  # which belongs to both buckets
        elsewhere |= ((box <= edge) != (mask <= edge)) | ((box >= edge) != (mask >= edge))
    rows = np.flatnonzero(elsewhere & preds.has_box & (mask >= 0))
    if len(rows):
        yield records.finding(
            "warn",
            "area",
            "bbox present beside masks: pycocotools takes the box's area for the size buckets, "
            f"the mask's area puts {counted(len(rows), 'prediction')} elsewhere",
            code="box-area",
            rows=rows,
            hint='Leave bbox out; `area_from="bbox"` follows pycocotools.',
            option="area_from",
        )


def _some_boxes(records: Records[Predictions]) -> Finding:
    """Predictions with and without a box in one file, which the first record decides about."""
    preds = records.columns
    bare = np.flatnonzero(~preds.has_box)
    is_lvis = records.gt is not None and records.gt.is_lvis
    package = "lvis" if is_lvis else "pycocotools"
    if is_lvis or records.place(0):  # lvis drops records first; or the first one is unreadable
        told = (
            f"{package} stops if the first record that it reads has one, else it goes by the mask"
        )
    elif preds.has_box[0]:
        told = "the first one has it, so pycocotools stops (KeyError: 'bbox')"
    else:
        told = "the first one has none, so pycocotools goes by the masks for size buckets"
    return records.finding(
        "warn",
        "boxes",
        f"{counted(len(preds) - len(bare), 'prediction has', 'predictions have')} a bbox, "
        f"{len(bare):,} {'has' if len(bare) == 1 else 'have'} none, "
        f"{records.first(int(bare[0]))}; {told}",
        code="some-boxes",
        rows=bare,
        hint="Write bbox in all records or in none.",
        field="bbox",
    )


def _other_split(records: Records[Predictions]) -> str:
    """The hint about unknown images: another split only if none is known."""
    gt = records.gt
    known = np.isin(records.columns.image_id, [] if gt is None else gt.images.id)
    if known.any():
        return "Drop them: `skip_unknown=True`"
    if gt is not None and not len(gt.images):  # none at all, or none of those of one file
        return "Are they for another split?"
    own = shown_range(records.columns.image_id, records.columns.image_keys)
    other = "none" if gt is None else shown_range(gt.images.id, gt.images.keys)
    return (
        f"No image of the predictions is known (image ids {own}, ground truth {other}): are they "
        "for another split?"
    )


def _unknown(records: Records[Predictions], kind: Kind, otherwise: str) -> Iterator[Finding]:
    """Predictions with an id that the ground truth, if given, lacks."""
    if records.gt is not None:
        yield from unknown_ids_of(
            kind,
            records.columns,
            records.gt,
            place=records.place,
            otherwise=otherwise,
            option="skip_unknown",
        )


def _some(records: Records[Predictions], rows: NDArray[np.int64]) -> Records[Predictions]:
    """Some of the predictions, which keep their places in the file."""
    places = records.columns.places if records.places is None else records.places
    others = records.total - len(rows)
    return Records(records.columns.take(rows), records.gt, places[rows], others)


def shown_score(score: float) -> str:
    """A score that is not finite, as messages and JSON write it."""
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(float(score))]


def _percent(part: int, whole: int) -> str:
    """A share in whole percent, "100 %" only if it is all."""
    percent = 100 * part / whole
    return f"{'more than 99' if 99 <= percent < 100 else thousands(round(percent))} %"
