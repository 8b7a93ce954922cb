"""Whether the models differ by more than chance, where weights stretch what differs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segeval.analysis import compare
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.ensemble.fitting.fitted import Evidence
from segeval.ensemble.plan import Plan
from segeval.ensemble.weighing.worth import Worth
from segeval.errors import Note
from segeval.words import percent

WIDE = 0.05
"""Difference of AP that needs no test: five points are beyond any standard error."""


def spread_notes(
    plan: Plan, worth: Worth | None, evidence: Evidence | None, *, seed: int = 0
) -> Iterator[Note]:
    """Says if weights by AP stretch a difference that is smaller than its standard error.

    Args:
        plan: how models are merged.
        worth: what the models are worth, which the weights follow from.
        evidence: the evaluations that tell so; None if somebody else says.
        seed: of the draws of images.
    """
    if plan.weighing != "interp" or worth is None or evidence is None:
        return
    if worth is not evidence.worth() or len(evidence.gt.images) < FEWEST_IMAGES:
        return
    low, high = int(np.argmin(worth.overall)), int(np.argmax(worth.overall))
    spread = float(worth.overall[high] - worth.overall[low])
    if not 0 < spread < WIDE:  # NaN too
        return
    results = evidence.results
    se = compare(results[low], results[high], seed=seed, workers=plan.workers).difference.se
    settings = plan.weights
    if se is not None and max(spread, settings["min_spread"]) < se:
        yield Note(
            "small-spread",
            f"AP of the models differs by {percent(spread)}, less than its standard error of "
            f"{percent(se)}, and weights from {settings['theta_min']:g} to "
            f"{settings['theta_max']:g} are made of it. `min_spread={se:.2g}` gives weights that "
            "differ as little as the models do",
            1,
            None,
        )
