"""The ground truth of a merge: what decides, what judges, and which images belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from segeval.analysis.comparison.slices import LabelSource
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.checks.part_known import known_part
from segeval.checks.shared_images import refuse_shared_images
from segeval.data import GroundTruth, Predictions
from segeval.ensemble.fitting.fitted import Evidence
from segeval.ensemble.fitting.image_groups import group_labels, units_of
from segeval.ensemble.plan import Plan
from segeval.ensemble.pools.pool import Pool
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.coco.inputs import loaded_ground_truth

TruthSource = str | Path | GroundTruth
"""Ground truth as it is given."""


@frozen(eq=False)
class Truth:
    """The ground truth that a merge is given.

    Attributes:
        fit: what decides weights and all else; None for nothing.
        judge: other images that judge; None for folds of those that decide.
        labels: label of each image's group by its id as text; None where images stand alone.
        given: both as they were given.
        notes: on images that groups name and neither has.
    """

    fit: GroundTruth | None
    judge: GroundTruth | None
    labels: Mapping[str, str] | None = None
    given: tuple[TruthSource | None, TruthSource | None] = (None, None)
    notes: tuple[Note, ...] = ()

    @classmethod
    def of(cls, fit: TruthSource | None, gt: TruthSource | None) -> Truth:
        """Both loaded, each image on its own.

        Args:
            fit: what decides; None for nothing.
            gt: what judges; None for nothing else.

        Raises:
            InputError: for ground truth that cannot be used.
        """
        own, judge = (None if each is None else loaded_ground_truth(each) for each in (fit, gt))
        return cls(own, judge, given=(fit, gt))

    @property
    def first(self) -> GroundTruth | None:
        """What the models are evaluated on: that which decides, or else that which judges."""
        return self.judge if self.fit is None else self.fit

    @property
    def last(self) -> GroundTruth | None:
        """What the gain is measured on: that which judges, or else that which decides."""
        return self.fit if self.judge is None else self.judge

    @property
    def both(self) -> tuple[GroundTruth, GroundTruth] | None:
        """What decides and what judges, where these are two; None where they are not."""
        return None if self.fit is None or self.judge is None else (self.fit, self.judge)

    @property
    def can_judge(self) -> bool:
        """Whether there are enough images, or groups of them, for an interval of the gain."""
        return self.last is not None and units_of(self.last, self.labels) >= FEWEST_IMAGES

    def refuse_shared_images(self) -> None:
        """Refuse to judge on images that decide.

        Raises:
            InputError: names how many they are, and the first.
        """
        if self.both is not None:
            refuse_shared_images(*self.both)

    def grouped(self, groups: LabelSource | None) -> Truth:
        """The same with groups of images; arguments and errors as in `group_labels`."""
        pairs = zip(self.given, (self.fit, self.judge), strict=True)
        labels, notes = group_labels(groups, *pairs)
        return replace(self, labels=labels, notes=notes)

    def evidence(self, plan: Plan, models: Sequence[Predictions]) -> Evidence | None:
        """How the models do on the images that decide, or else on those that judge.

        Args:
            plan: how the models are merged.
            models: predictions of M models.

        Raises:
            MismatchError: if predictions and ground truth do not belong together.
        """
        gt = self.first
        if gt is None:
            return None
        own = [known_part(each, gt) for each in models]
        return Evidence.of(own, gt, plan.target, plan.workers, self.labels)

    def pool_that_decides(self, pool: Pool) -> Pool:
        """The predictions for the images that decide."""
        return pool if self.fit is None else pool.within(self.fit)

    def pool_that_judges(self, pool: Pool) -> Pool:
        """The predictions for the images that judge, or that decide where none else judge."""
        return pool if self.last is None else pool.within(self.last)
