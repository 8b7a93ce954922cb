"""Why merging does not help: causes that are tested, each by what happens if it is taken away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis import compare
from segeval.analysis.calibration.errors import d_ece
from segeval.analysis.calibration.fits import Method
from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.verdicts import Verdict
from segeval.analysis.folds import FOLDS
from segeval.data import GroundTruth, Predictions
from segeval.data.image_subsets import predictions_within
from segeval.ensemble.fitting.fitted import Evidence, Fitting, Images
from segeval.ensemble.gains.found import Found, found_by
from segeval.ensemble.gains.gain import Gain, fold_of_rows
from segeval.ensemble.plan import Fitted, Plan
from segeval.ensemble.pools.pool import Pool
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluate_with
from segeval.metrics.coco.result import APResult

Part = tuple[Pool, Images]
"""Predictions for some images that judge, and the images that decide for them."""

LITTLE = 0.01
"""AP that the finds of other models are worth, up to which they are little."""

METHOD: Method = "isotonic"
"""The function by which it is tested whether calibration helps."""


@frozen
class Reason:
    """One possible cause, and what its test found.

    Attributes:
        name: "nothing-unique", "few-images", "masks-disagree", "uncalibrated" or "weights".
        holds: whether the test shows it to be a cause.
        numbers: what the test measured, fractions.
        difference: AP after the change of the test against AP as it is; None without a change.
    """

    name: str
    holds: bool
    numbers: dict[str, Any] = field(default_factory=dict)
    difference: Difference | None = None

    def to_dict(self) -> dict[str, Any]:
        """The cause as plain values."""
        found = None if self.difference is None else self.difference.to_dict()
        return {**vars(self), "difference": found}


@frozen(eq=False)
class Trial:
    """An ensemble on images that chose nothing, to be repeated with one thing changed.

    Attributes:
        plan: how models are merged.
        parts: predictions for the images that judge, with the images that decide for them.
        fitting: what some images decide.
        deciding: the ground truth that decides.
        judging: the ground truth that judges, with the models' evaluations.
        judged: the predictions that are evaluated there.
        images: which of its images judge, bool, shape (I,); None for all.
        resamples: draws of the images for intervals.
        seed: of the draws.
    """

    plan: Plan
    parts: Sequence[Part]
    fitting: Fitting
    deciding: Evidence
    judging: Evidence
    judged: Pool
    images: Images = None
    resamples: int = 1000
    seed: int = 0

    def reasons(self, gain: Difference) -> tuple[Reason, ...]:
        """The causes that can be tested.

        Args:
            gain: over the best model.
        """
        found = found_by(self.judging.evaluations, self.plan.workers)
        best = self.fitting.best()
        unique = self._nothing_unique(found, best, gain.detectable)
        tests = (
            unique,
            _few_images(unique, gain),
            self._masks_disagree(found, best),
            self._uncalibrated(),
            self._weights(),
        )
        return tuple(each for each in tests if each is not None)

    def _merged(
        self, plan: Plan, changed: Callable[[Fitted, Images], Fitted] = lambda fitted, _: fitted
    ) -> Predictions:
        """The merged predictions of all parts, each by what other images decide."""
        merged = [
            plan.merged(own, changed(self.fitting.fitted(images), images)).to_predictions()
            for own, images in self.parts
        ]
        return Predictions.concatenate(merged, source=plan.strategy.name)

    @cached_property
    def _as_it_is(self) -> APResult:
        """The evaluation of the ensemble as it is."""
        return self._evaluated(self._merged(self.plan))

    def _evaluated(self, preds: Predictions) -> APResult:
        """The evaluation of merged predictions."""
        ids = self.judging.gt.images.written_ids
        some = None if self.images is None else np.array(ids, object)[self.images].tolist()
        arguments = Arguments(iou=self.plan.target, images=some)
        return evaluate_with(preds, self.judging.gt, arguments, workers=self.plan.workers)

    def _difference(self, other: Predictions) -> Difference:
        """AP of other merged predictions against those as they are."""
        return compare(
            self._as_it_is, self._evaluated(other), resamples=self.resamples, seed=self.seed,
            groups=self.judging.groups, workers=self.plan.workers,
        ).difference  # fmt: skip

    def _nothing_unique(self, found: Found, best: int, detectable: float | None) -> Reason | None:
        """Whether what only the other models find is worth less than a gain that would show."""
        shares = found.together
        own = shares.recall[best]
        if own is None or shares.together is None:
            return None
        difference = self._difference(self._without(found.beside(best)))
        worth = None if difference.difference is None else -difference.difference
        numbers = {
            "recall": list(shares.recall),
            "unique": list(shares.unique),
            "together": shares.together,
            "added": shares.together - own,
            "worth": worth,
            "detectable": detectable,
        }
        limit = None if detectable is None else min(detectable, LITTLE)
        holds = worth is not None and limit is not None and worth <= limit
        return Reason("nothing-unique", holds, numbers, difference)

    def _without(self, rows: Sequence[NDArray[np.int64]]) -> Predictions:
        """The merged predictions as they would be without some rows of each model's judged ones."""
        pools, judged = [own for own, _ in self.parts], self.judged
        leave = [
            np.sort(judged.row[judged.model == model])[self.judging.rows[model][left_out]]
            for model, left_out in enumerate(rows)
        ]
        parts = [
            own.take(
                ~np.logical_or.reduce([
                    (own.model == model) & np.isin(own.row, each)
                    for model, each in enumerate(leave)
                ])
            )
            for own in pools
        ]  # fmt: skip
        images = [each for _, each in self.parts]
        trial = replace(self, parts=list(zip(parts, images, strict=True)))
        return trial._merged(self.plan)

    def _masks_disagree(self, found: Found, best: int) -> Reason | None:
        """Whether the masks of the best members are better than those voted for."""
        plan = self.plan
        if plan.target != "segm":
            return None
        numbers = {"agreement": found.agreement(best)}
        if not plan.strategy.fuses or self.fitting.fitted().tree is not None:
            return Reason("masks-disagree", holds=False, numbers=numbers)
        plain = replace(plan, strategy=replace(plan.strategy, fuses=False))
        difference = self._difference(self._merged(plain))
        return Reason("masks-disagree", _helps(difference), numbers, difference)

    def _uncalibrated(self) -> Reason | None:
        """Whether the result is better if scores mean the same, by other images."""
        if self.plan.calibrate is not None:
            return None
        deciding = self.deciding
        if any(
            ((each.preds.score < 0) | (each.preds.score > 1)).any()
            for evidence in (deciding, self.judging)
            for each in evidence.evaluations
        ):
            return None
        errors = [d_ece(each.score, each.target > 0) for each in deciding.targets("precision")]

        def calibrated(fitted: Fitted, images: Images) -> Fitted:
            return replace(fitted, calibrations=deciding.calibrations(METHOD, "iou", images))

        difference = self._difference(self._merged(self.plan, calibrated))
        return Reason("uncalibrated", _helps(difference), {"d_ece": errors}, difference)

    def _weights(self) -> Reason | None:
        """Whether the result is better if all models count alike."""
        fitted = self.fitting.fitted()
        if (fitted.weights[~np.isnan(fitted.weights)] == 1).all():
            return None
        difference = self._difference(
            self._merged(
                self.plan,
                lambda each, _: replace(each, weights=each.weights * 0 + 1),  # NaN stays
            )
        )
        return Reason("weights", _helps(difference), {}, difference)


def _few_images(unique: Reason | None, gain: Difference) -> Reason | None:
    """That what the others find is worth something, and less than what shows on the images."""
    if unique is None or unique.holds or gain.verdict is Verdict.WORSE:
        return None
    worth, detectable = unique.numbers["worth"], unique.numbers["detectable"]
    if worth is None or detectable is None or worth > detectable:
        return None
    return Reason("few-images", holds=True, numbers=unique.numbers)


def reasons_of(
    plan: Plan,
    pool: Pool,
    models: Sequence[Predictions],
    fitting: Fitting,
    evidence: Evidence | None,
    judge: GroundTruth | None,
    gain: Gain | None,
    *,
    folds: int = FOLDS,
    judges: Sequence[int] | None = None,
    seed: int = 0,
    groups: Mapping[str, str] | None = None,
) -> tuple[Reason, ...]:
    """Why the gain over the best model is not shown; nothing where it is.

    Args:
        plan: how models are merged.
        pool: predictions of M models, without weights.
        models: the same by model.
        fitting: decides how they are merged.
        evidence: how the models do on the images that decide; None without ground truth.
        judge: ground truth of other images that judge; None for folds of those that decide.
        gain: of the ensemble; None if it was not measured.
        folds: number of folds.
        judges: the folds that judge; None for all of them.
        seed: of the draws of images.
        groups: label of each image's group by its id as text; None where images stand alone.

    Raises:
        FormatError: for a malformed mask.
    """
    if evidence is None or gain is None or gain.over_best.difference is None:
        return ()
    if len(models) < 2:  # a single model on views or tiles: all reasons are about others
        return ()
    if _helps(gain.over_best):
        return ()
    images: NDArray[np.bool_] | None = None
    if judge is None:
        judging, fold = evidence, evidence.folds(min(folds, len(evidence.gt.images)))
        parts = _folds(pool, evidence.gt, fold, judges)
        images = None if judges is None else np.isin(fold, judges)
    else:
        own = [predictions_within(each, judge) for each in models]
        judging = Evidence.of(own, judge, plan.target, plan.workers, groups)
        pool = pool.within(judge)
        parts = [(pool, None)]
    trial = Trial(plan, parts, fitting, evidence, judging, pool, images, seed=seed)
    return trial.reasons(gain.over_best)


def _folds(
    pool: Pool, gt: GroundTruth, fold: NDArray[np.int64], judges: Sequence[int] | None
) -> list[Part]:
    """The predictions for the images of each fold that judges, with the others, which decide."""
    of_row = fold_of_rows(pool, gt, fold)
    return [
        (pool.take(np.flatnonzero(of_row == each)), fold != each)
        for each in (range(int(fold.max()) + 1) if judges is None else judges)
    ]


def _helps(difference: Difference) -> bool:
    """Whether a change is shown to raise AP."""
    return difference.verdict is Verdict.BETTER
