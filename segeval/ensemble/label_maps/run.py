"""The label maps and the ground truth of one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segeval.checks.shared_images import refuse_shared_label_maps
from segeval.data.label_maps.classes import LabelClasses
from segeval.ensemble.label_maps.evidence import Evidence
from segeval.ensemble.label_maps.inputs import ModelMaps, TrueMaps, model_maps, true_maps
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress


@frozen(eq=False)
class Run:
    """What is read.

    Attributes:
        maps: label maps of the models.
        fit: ground truth that decides; None without any.
        gt: ground truth that only judges; None without any.
        classes: classes of the run; None if every label may occur.
    """

    maps: ModelMaps
    fit: TrueMaps | None
    gt: TrueMaps | None
    classes: LabelClasses | None

    @classmethod
    def of(
        cls,
        models: Sequence[str | Path],
        fit: str | Path | None,
        gt: str | Path | None,
        classes: LabelClasses | None,
        *,
        allow_fit_on_test: bool,
    ) -> Run:
        """Find the files of a run.

        Raises:
            InputError: for something else than folders of label maps, or images that both files of
                ground truth have.
            MismatchError: for folders with different images.
        """
        maps = model_maps(models, classes)
        truth, judge = (
            None if path is None else true_maps(path, maps, option=option)
            for option, path in (("fit", fit), ("gt", gt))
        )
        if truth is not None and judge is not None and not allow_fit_on_test:
            by_key = (
                dict(zip(each.keys(maps), each.files, strict=True)) for each in (truth, judge)
            )
            refuse_shared_label_maps(truth.source, next(by_key), judge.source, next(by_key))
        return cls(maps, truth, judge, classes)

    @property
    def first_truth(self) -> TrueMaps | None:
        """The ground truth on which all models are evaluated."""
        return self.gt if self.fit is None else self.fit

    @property
    def judge(self) -> TrueMaps | None:
        """The ground truth on which the gain is measured."""
        return self.fit if self.gt is None else self.gt

    def evidence(self, workers: int | None, on_progress: OnProgress | None) -> Evidence | None:
        """How the models do on the ground truth that decides, or else on that which judges."""
        if self.first_truth is None or self.classes is None:
            return None
        return Evidence.of(
            self.maps, range(len(self.maps.folders)), self.first_truth, self.classes, workers,
            on_progress,
        )  # fmt: skip

    def inputs(self) -> dict[str, dict[str, Any]]:
        """The inputs by role: path, and number of label maps."""
        found: dict[str, dict[str, Any]] = {
            f"model_{place}": {"path": name, "count": len(self.maps.keys)}
            for place, name in enumerate(self.maps.names, 1)
        }
        for role, truth in (("fit", self.fit), ("gt", self.gt)):
            if truth is not None:
                found[role] = {"path": truth.source, "count": len(truth.files)}
        return found

    def steps(self, on_progress: OnProgress | None) -> Steps:
        """What is told while models are evaluated, and while images are voted on."""
        truth = self.first_truth
        evaluated = 0 if truth is None else len(truth.files) * len(self.maps.folders)
        return Steps(on_progress, evaluated, len(self.maps.keys))


@frozen
class Steps:
    """Two parts of the work as one.

    Attributes:
        on_progress: told the number of steps done, and of all.
        evaluated: steps of the first part.
        voted: steps of the second.
    """

    on_progress: OnProgress | None
    evaluated: int
    voted: int

    def evaluating(self, done: int, total: int) -> None:
        """Tell a step of the first part."""
        del total
        if self.on_progress is not None:
            self.on_progress(done, self.evaluated + self.voted)

    def voting(self, done: int, total: int) -> None:
        """Tell a step of the second."""
        self.evaluating(self.evaluated + done, total)
