"""Scores of the set as a whole: all equal, or of two scales."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import Records
from segeval.data.columns import Predictions
from segeval.data.ids import distinct, index_of
from segeval.data.keys import shown_id
from segeval.findings import Finding
from segeval.words import counted

LEAST = 10
"""Equal scores of fewer predictions may be chance."""

LARGE = 10.0
"""Score that probabilities are far below."""

BELOW = 0.25
"""Largest chance of a right prediction to score above a wrong one where scores are inverted."""

UNLIKELY = 3.5
"""Least standard deviations of the test of Mann and Whitney by which that is no accident."""

OFTEN = 0.5
"""Share of an image's scores above 1 in a file of percent."""


def equal_scores(
    records: Records[Predictions], rows: NDArray[np.int64] | None = None
) -> Iterator[Finding]:
    """Predictions that all have one score, so that nothing ranks them but the file.

    Args:
        records: the predictions.
        rows: rows that take part; None for all.
    """
    score = records.columns.score if rows is None else records.columns.score[rows]
    if len(score) >= LEAST and score[0] == score[-1] and (score == score[0]).all():
        yield records.finding(
            "warn",
            "ties",
            f"all {len(score):,} predictions have the score {score[0]:g}: file order decides",
            code="equal-scores",
            count=len(score),
            hint="Write the confidence of the model as score.",
            field="score",
        )


def two_scales(
    records: Records[Predictions], rows: NDArray[np.int64] | None = None
) -> Iterator[Finding]:
    """Scores of percent in some images, and of at most 1 in all others.

    Args:
        records: the predictions.
        rows: rows that take part; None for all.
    """
    preds = records.columns
    rows = np.arange(len(preds)) if rows is None else rows
    score = preds.score[rows]
    if not len(score) or not score.max() >= LARGE or score.min() < 0:
        return
    images = distinct(preds.image_id[rows])
    place = index_of(preds.image_id[rows], images)
    above = np.bincount(place, weights=score > 1, minlength=len(images))
    percent = above >= OFTEN * np.bincount(place, minlength=len(images))
    if above[~percent].any() or percent.sum() < 2 or (~percent).sum() < 2:
        return
    first = shown_id(images[np.argmax(percent)], preds.image_keys)
    yield records.finding(
        "warn",
        "score range",
        f"scores go up to {score.max():g} in {counted(int(percent.sum()), 'image')} and up to "
        f"{score[~percent[place]].max():g} in the {int((~percent).sum()):,} others, first image "
        f"{first}",
        code="two-score-scales",
        rows=rows[percent[place]],
        hint="Were files of two scales joined?",
        field="score",
    )


def inverted_scores(
    records: Records[Predictions], score: NDArray[np.float64], right: NDArray[np.bool_]
) -> Iterator[Finding]:
    """Scores that are lower the better a prediction is.

    Args:
        records: the predictions.
        score: of those that were judged, shape (n,).
        right: whether each finds an object, shape (n,).
    """
    is_finite = np.isfinite(score)  # a compat mode takes others too
    good, bad = score[right & is_finite], score[~right & is_finite]
    with np.errstate(over="ignore"):
        if not len(good) or not len(bad) or not good.mean() < bad.mean():
            return
    bad.sort()
    above = np.searchsorted(bad, good, "left") + np.searchsorted(bad, good, "right")
    chance = float(above.mean()) / (2 * len(bad))
    spread = np.sqrt((len(good) + len(bad) + 1) / (12.0 * len(good) * len(bad)))
    if chance > BELOW or 0.5 - chance < UNLIKELY * spread:
        return
    yield records.finding(
        "warn",
        "score order",
        f"predictions that find an object have lower scores (median {np.median(good):.2g}) than "
        f"those that find none (median {np.median(bad):.2g})",
        code="inverted-scores",
        count=len(score),
        hint="Is score a distance, or 1 - confidence? The highest score must be the best.",
        field="score",
    )
