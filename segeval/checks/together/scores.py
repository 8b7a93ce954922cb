"""Scores that do not go together: rounded, on another scale, or always the higher ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.together.lineup import Lineup, Overlaps
from segeval.checks.together.rows import NEARLY, share_on_same_boxes
from segeval.findings import Finding
from segeval.words import counted

KIND = "scores of models"
"""Kind of the findings."""

ALWAYS_HIGHER = "always-higher"
"""Code of the finding that a model has nearly always the higher score."""

LEAST = 100
"""Fewer scores may be round by chance."""

STEPS = (0.01, 0.001)
"""Steps that scores are rounded to."""

LARGE = 1.5
"""Score that probabilities are below."""

PAIRS = 30
"""Fewer predictions that overlap say nothing of all."""

ALWAYS = 0.95
"""Share of overlapping predictions that one model has the higher scores of."""

OFTEN = 0.01
"""Share of tied predictions that is worth saying."""


def rounded_scores(lineup: Lineup) -> Iterator[Finding]:
    """Scores that are multiples of 0.01 or 0.001, so that many are equal."""
    for model, preds in enumerate(lineup.models):
        score = preds.score
        step = next((each for each in STEPS if _are_multiples(score, each)), None)
        if step is None or len(score) < LEAST:
            continue
        tied = np.flatnonzero(_tied(preds.category_id, score))
        if len(tied) < OFTEN * len(score):
            continue
        yield lineup.finding(
            "warn",
            KIND,
            f"all {len(score):,} scores are multiples of {step:g}: "
            f"{counted(len(tied), 'prediction')} of one category share a score with another",
            model=model,
            code="rounded-scores",
            rows=tied,
            hint="Write scores with all their digits.",
            field="score",
        )


def other_scales(lineup: Lineup) -> Iterator[Finding]:
    """Scores of percent beside probabilities, and scores that are nearly always the higher ones."""
    highest = [float(each.score.max()) if len(each) else 0.0 for each in lineup.models]
    usual = [place for place, each in enumerate(highest) if 0 < each <= 1]
    told = set()
    for model, top in enumerate(highest):
        if top > LARGE and usual:
            other = usual[0]
            told.add(model)
            yield lineup.finding(
                "warn",
                KIND,
                f"scores reach {top:g}, those of {lineup.models[other].source} {highest[other]:g}",
                model=model,
                code="score-scales",
                rows=np.flatnonzero(lineup.models[model].score > 1),
                hint="Are they percent, or sums? Bring them to one scale first: divide them, or "
                "let them be calibrated.",
                field="score",
            )
    for (a, b), found in lineup.overlaps.items():
        if told.isdisjoint((a, b)) and share_on_same_boxes(lineup, a, b) < NEARLY:
            yield from _one_always_higher(lineup, a, b, found)


def _one_always_higher(lineup: Lineup, a: int, b: int, found: Overlaps) -> Iterator[Finding]:
    """One of two models whose scores are higher wherever both have an object."""
    one, other = lineup.models[a], lineup.models[b]
    pairs = found.take(one.category_id[found.first] == other.category_id[found.second])
    mine, theirs = one.score[pairs.first], other.score[pairs.second]
    if len(mine) < PAIRS:
        return
    above, below = float((mine > theirs).mean()), float((mine < theirs).mean())
    if max(above, below) < ALWAYS:
        return
    model, rival = (a, b) if above > below else (b, a)
    high, low = (mine, theirs) if above > below else (theirs, mine)
    rows = pairs.first if above > below else pairs.second
    yield lineup.finding(
        "warn",
        KIND,
        f"has the higher score in {100 * max(above, below):.3g} % of "
        f"{counted(len(mine), 'pair')} of overlapping predictions (median {np.median(high):.3g}, "
        f"in {lineup.models[rival].source} {np.median(low):.3g}): by suppression its rows are kept "
        "nearly always",
        model=model,
        code=ALWAYS_HIGHER,
        rows=rows,
        hint="Do the scores of both mean the same? Then it may be the better model. If not, "
        '`calibrate="isotonic"` makes them alike by ground truth (`fit`), and `weights` lower '
        "them.",
        field="score",
        option="calibrate",
    )


def _are_multiples(score: NDArray[np.float64], step: float) -> bool:
    """Whether scores are multiples of a step, after a look at some."""
    for part in (score[:1000], score):
        steps = part / step
        if (
            not len(part)
            or not (np.abs(steps - np.round(steps)) < 1e-6 * np.maximum(steps, 1)).all()
        ):
            return False
    return True


def _tied(category: NDArray[np.int64], score: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each prediction has the score of another of its category."""
    order = np.lexsort((score, category))
    equal = (score[order][1:] == score[order][:-1]) & (category[order][1:] == category[order][:-1])
    tied = np.zeros(len(score), np.bool_)
    tied[order[1:][equal]] = True
    tied[order[:-1][equal]] = True
    return tied
