"""What a merge gains on ground truth, and why it does not where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segeval.analysis.comparison.gain_notes import by_hand_note, few_images_note, gain_notes
from segeval.checks.part_known import known_part
from segeval.data import Predictions
from segeval.data.image_subsets import predictions_within
from segeval.ensemble.fitting.fitted import Evidence, Fitting
from segeval.ensemble.fitting.image_groups import units_of
from segeval.ensemble.fitting.truth import Truth
from segeval.ensemble.gains.gain import Gain, gain_elsewhere, gain_in_folds
from segeval.ensemble.gains.reasons import Reason, reasons_of
from segeval.ensemble.gathered import Gathered
from segeval.ensemble.plan import Plan
from segeval.ensemble.search.searched import Searched
from segeval.errors import Note


def judged(
    plan: Plan,
    own: Gathered,
    fitting: Fitting,
    evidence: Evidence | None,
    truth: Truth,
    merged: Predictions,
    *,
    seed: int,
) -> tuple[Gain | None, tuple[Reason, ...]]:
    """The gain on images that decide nothing, and what may keep it from being shown.

    Args:
        plan: how the models are merged.
        own: the predictions of the models.
        fitting: decides all else by any part of the images.
        evidence: how the models do on the ground truth; None without any.
        truth: the ground truth.
        merged: the merged predictions with what all images decide.
        seed: of the draws of images.

    Returns:
        The gain, None without ground truth or with too few images; and the reasons, none where
        the gain is shown.

    Raises:
        MismatchError: if predictions and ground truth do not belong together.
    """
    kept = fitting.kept_apart if isinstance(fitting, Searched) else {}
    gain: Gain | None = None
    if truth.can_judge and truth.both is not None:
        judge = truth.both[1]
        models = [known_part(each, judge) for each in own.models]
        gain = gain_elsewhere(
            plan, own.pool.within(judge), models, fitting, judge, seed=seed, groups=truth.labels
        )
    elif truth.can_judge and evidence is not None:
        pool = own.pool.within(evidence.gt)
        if pool is not own.pool:
            merged = predictions_within(merged, evidence.gt)
        gain = gain_in_folds(plan, pool, own.models, fitting, evidence, merged, seed=seed, **kept)
    judge_alone = None if truth.both is None else truth.both[1]
    pool = truth.pool_that_judges(own.pool)
    reasons = reasons_of(
        plan, pool, own.models, fitting, evidence, judge_alone, gain, seed=seed,
        groups=truth.labels, **kept,
    )  # fmt: skip
    return gain, reasons


def notes_of_gain(gain: Gain | None, truth: Truth, *, is_by_hand: bool) -> Iterator[Note]:
    """What to know of the gain.

    Args:
        gain: None where it was not measured.
        truth: the ground truth.
        is_by_hand: whether somebody stated what models are worth, or their weights.
    """
    if gain is None:
        if truth.last is not None:
            units = units_of(truth.last, truth.labels)
            yield few_images_note(units, are_groups=truth.labels is not None)
        return
    best = Path(gain.best).name
    yield from gain_notes(gain.over_best, against=f" against {best} alone", instead=f"Keep {best}")
    if is_by_hand:
        yield by_hand_note()
