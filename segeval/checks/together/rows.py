"""Models that are one model: the same rows, or nearly, or with other scores."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from segeval.checks.records import Records
from segeval.checks.repeats import repeats
from segeval.checks.together.lineup import Lineup, Overlaps
from segeval.data.columns import Predictions
from segeval.errors import MismatchError
from segeval.findings import Finding
from segeval.words import counted

KIND = "models"
"""Kind of the findings."""

LEAST = 20
"""Fewer predictions on the same boxes may be chance."""

SAME = 0.999
"""IoU from which on two boxes are the same but for rounding."""

NEARLY = 0.9
"""Share of the predictions of both files on the same boxes from which on they are one model's."""

MOST = 0.99
"""Share of the scores that a constant must fit."""

MANY_VALUES = 0.3
"""Share of predictions that their scores must tell apart before equal ones are a sign."""

ROUNDED = 6e-4
"""Difference of scores that rounding to three digits can make, and of factors that are equal."""


def repeated_rows(lineup: Lineup) -> Iterator[Finding]:
    """Rows that one file holds more than once, which would vote for themselves."""
    for preds in lineup.models:
        yield from repeats(Records(preds))


def repeated_models(lineup: Lineup) -> Iterator[Finding]:
    """Files with the same predictions, or the same boxes with other scores."""
    for a, b in combinations(range(len(lineup.models)), 2):
        one, other = lineup.models[a], lineup.models[b]
        if len(one) and have_same_rows(one, other):
            yield lineup.finding(
                "error",
                KIND,
                f"holds the same {counted(len(other), 'prediction')} as {one.source}, which would "
                "count twice",
                model=b,
                code="same-model",
                count=len(other),
                hint="Give each model once. To let one count more, give `weights`.",
                error=MismatchError,
                option="models",
            )
        else:
            yield from _nearly(lineup, a, b)


def have_same_rows(one: Predictions, other: Predictions) -> bool:
    """Whether two files hold the same predictions in any order."""
    if len(one) != len(other) or not _have_like_scores(one.score, other.score):
        return False
    first, second = _in_order(one), _in_order(other)
    for name in ("image_id", "category_id", "score"):
        mine, theirs = getattr(one, name)[first], getattr(other, name)[second]
        if not np.array_equal(mine, theirs):
            return False
    if not np.array_equal(one.boxes[first], other.boxes[second], equal_nan=True):
        return False
    own, rival = one.segmentations, other.segmentations
    if not np.array_equal(own.format[first], rival.format[second]):
        return False
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    return all(own.strings.bytes_of(i) == rival.strings.bytes_of(k) for i, k in pairs)


def _have_like_scores(some: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    """Whether scores have equal ends and sums; cheap, and true of equal ones in any order."""
    if not len(some):
        return True
    ends = some.min() == others.min() and some.max() == others.max()
    return bool(ends and np.isclose(some.sum(), others.sum(), rtol=1e-9, atol=0))


def _in_order(preds: Predictions) -> NDArray[np.intp]:
    """An order of rows that the file does not decide."""
    lengths = preds.segmentations.strings.lengths
    keys = (lengths, *preds.boxes.T[::-1], preds.category_id, preds.image_id, preds.score)
    return np.lexsort(keys)


def same_boxes(lineup: Lineup, a: int, b: int) -> Overlaps:
    """Predictions of one category of two models on the same box."""
    found = lineup.overlaps[a, b]
    one, other = lineup.models[a], lineup.models[b]
    is_same = one.category_id[found.first] == other.category_id[found.second]
    return found.take((found.iou >= SAME) & is_same)


def share_on_same_boxes(lineup: Lineup, a: int, b: int) -> float:
    """The share of the predictions of the larger of two files on the boxes of the other."""
    found = same_boxes(lineup, a, b)
    most = max(found.looked_at)
    return len(found.first) / most if len(found.first) >= LEAST else 0.0


def _nearly(lineup: Lineup, a: int, b: int) -> Iterator[Finding]:
    """Files of which nearly all predictions are on the same boxes, or have the same scores."""
    found = same_boxes(lineup, a, b)
    one, other = lineup.models[a], lineup.models[b]
    mine, theirs = one.score[found.first], other.score[found.second]
    factor = _factor(mine, theirs)
    if share_on_same_boxes(lineup, a, b) >= NEARLY and factor not in (None, 1.0):
        share = share_on_same_boxes(lineup, a, b)
        yield lineup.finding(
            "warn",
            KIND,
            f"{_percent(share)} are on the same boxes as in {one.source}, with scores "
            f"{factor:.4g} times as high",
            model=b,
            code="constant-factor",
            rows=found.second,
            hint="Is it the same model, weighted already? Give each model once, with its own "
            "scores.",
            field="score",
        )
        return
    for share, what in (
        (_share_of_same_scores(lineup, a, b), "have the image, category and score of one"),
        (share_on_same_boxes(lineup, a, b), "are on the same boxes, with other scores, as"),
    ):
        if share >= NEARLY:
            yield lineup.finding(
                "warn",
                KIND,
                f"{_percent(share)} {what} in {one.source}",
                model=b,
                code="nearly-same-model",
                count=len(other),
                hint="Is it the same model twice? It counts twice then, and adds nothing.",
            )
            return


def _factor(mine: NDArray[np.float64], theirs: NDArray[np.float64]) -> float | None:
    """The constant by which scores differ; 1 if they are equal, None if there is none."""
    if not len(mine):
        return None
    with np.errstate(all="ignore"):
        ratio = theirs / mine
        factor = float(np.median(ratio))
        is_constant = np.isfinite(factor) and (
            (np.abs(theirs - factor * mine) <= ROUNDED).mean() >= MOST
        )
    if not is_constant:
        return None
    return 1.0 if abs(factor - 1) <= ROUNDED else factor


def _share_of_same_scores(lineup: Lineup, a: int, b: int) -> float:
    """The share of the predictions looked at with the image, category and score of another."""
    rows = [_told_by_scores(lineup.models[each], lineup.sampled[each][0]) for each in (a, b)]
    if min(map(len, rows)) < LEAST:
        return 0.0
    return len(rows[0] & rows[1]) / max(map(len, rows))


def _told_by_scores(preds: Predictions, rows: NDArray[np.int64]) -> set[tuple[int, int, float]]:
    """Image, category and score of some predictions; nothing if many have the same."""
    columns = (preds.image_id, preds.category_id, preds.score)
    told = set(zip(*(each[rows].tolist() for each in columns), strict=True))
    return told if len(told) >= MANY_VALUES * len(rows) else set()


def _percent(share: float) -> str:
    """How many of the predictions that were looked at."""
    return f"{'all' if share == 1 else f'{100 * share:.3g} % of'} the predictions looked at"
