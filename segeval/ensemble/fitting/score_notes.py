"""Scores of one model that are nearly always the higher ones: whether ground truth shows why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.calibration.errors import d_ece_of
from segeval.analysis.calibration.targets import Target
from segeval.checks.together.scores import ALWAYS_HIGHER
from segeval.ensemble.fitting.fitted import Evidence
from segeval.errors import Note
from segeval.findings import Finding, note_of
from segeval.words import percent

OFF = 0.1
"""Mean distance of a score and what it stands for from which on scores count as not calibrated."""

LEAST = 100
"""Predictions from which on that distance is more than chance."""

MEANT: dict[Target, str] = {"precision": "share of true predictions", "iou": "IoU with the objects"}
"""What a calibrated score equals."""


HERE = 'calibrate scores first (`calibrate="isotonic"`), or give `weights`'
BEFORE = (
    "calibrate the files of all models first (`rescore_calibrate`), and search, or make the "
    "recipe, with what it writes"
)
"""What to do about scores, where a merge may change them and where it may not."""

ASK = "Do the scores of both mean the same? Then it may be the better model. If not, "


def together_notes(
    findings: Sequence[Finding],
    evidence: Evidence | None,
    *,
    is_calibrated: bool,
    takes_calibrate: bool = True,
) -> Iterator[Note]:
    """What models have together as notes; what is said of their scores was measured.

    Args:
        findings: of the predictions as they were given.
        evidence: how the models do on ground truth; None without any.
        is_calibrated: whether the scores are calibrated before they are merged, so that those that
            were given do not count.
        takes_calibrate: whether `calibrate` and `weights` may be given, which a search and a recipe
            refuse.
    """
    for each in findings:
        if each.code != ALWAYS_HIGHER:
            yield note_of(each)
        elif not is_calibrated:
            first = None if takes_calibrate else BEFORE
            hint = None if evidence is None else _measured(evidence, first or HERE)
            hint = hint or (first and f"{ASK}{first}")
            yield note_of(each if hint is None else replace(each, hint=hint))


def _measured(evidence: Evidence, advice: str) -> str | None:
    """How far scores are from what they should mean; None where too little is known."""
    models = [each.preds for each in evidence.evaluations]
    if not models or not all(_are_probabilities(each.score) for each in models):
        return None
    by_target = {target: evidence.targets(target) for target in get_args(Target)}
    if min(len(each.score) for each in by_target["precision"]) < LEAST:
        return None
    errors: list[tuple[float, Target]] = [
        min(
            (d_ece_of(own[model].score, own[model].target) or 0.0, target)
            for target, own in by_target.items()
        )
        for model in range(len(models))
    ]
    worst = int(np.argmax([error for error, _ in errors]))
    error, target = errors[worst]
    gt, preds = evidence.gt.source, models[worst].source
    if error < OFF:
        return (
            f"By {gt} the scores of all models are on average within {percent(error)} points of "
            "what they stand for, so the model with the higher scores may well be the better one"
        )
    return (
        f"By {gt} the scores of {preds} are on average {percent(error)} points from the "
        f"{MEANT[target]}: {advice}"
    )


def _are_probabilities(score: NDArray[np.float64]) -> bool:
    """Whether all scores are from 0 to 1."""
    return bool(((score >= 0) & (score <= 1)).all())
