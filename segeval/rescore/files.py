"""The files of a rescoring, of COCO's format or Open Images'."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segeval.checks.shared_images import refuse_shared_images
from segeval.data import GroundTruth, Predictions
from segeval.data.open_images import (
    OpenImagesGroundTruth,
    OpenImagesPredictions,
    load_open_images_ground_truth,
    load_open_images_predictions,
)
from segeval.data.open_images.ground_truth import as_ground_truth
from segeval.data.open_images.predictions import as_predictions
from segeval.data.paths import is_csv
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.coco.inputs import (
    GroundTruthSource,
    PredictionsSource,
    loaded_ground_truth,
    loaded_predictions,
)
from segeval.rescore.gains import (
    Evaluate,
    coco_evaluation,
    is_of_these_images,
    open_images_evaluation,
)


@frozen(eq=False)
class Files:
    """The files, loaded.

    Attributes:
        preds: the predictions.
        fit: what statistics are of.
        gt: what the gain is measured on; None if that was not given.
        csv: path of the predictions, if they are Open Images'.
        original: these predictions, and what the gain is measured on, as Open Images has them.
    """

    preds: Predictions
    fit: GroundTruth
    gt: GroundTruth | None
    csv: str | None = None
    original: tuple[OpenImagesPredictions, OpenImagesGroundTruth] | None = None

    @classmethod
    def of(
        cls,
        preds: PredictionsSource,
        fit: GroundTruthSource,
        gt: GroundTruthSource | None,
        *,
        labels: str | Path | None,
        gt_labels: str | Path | None,
        allow_fit_on_test: bool,
    ) -> Files:
        """Load them, and refuse to judge on what was fitted to.

        Raises:
            InputError: if only some files are Open Images', or `gt` shares images with `fit`.
        """
        given = {"preds": preds, "fit": fit, "gt": gt}
        formats = {name: is_csv(each) for name, each in given.items() if each is not None}
        if len(set(formats.values())) > 1:
            raise InputError(
                "expected all files of one format, got CSV of Open Images for "
                f"{' and '.join(f'`{name}`' for name, own in formats.items() if own)} alone",
                code="formats",
                option=next(name for name, own in formats.items() if not own),
            )
        if formats["preds"]:
            found = cls._of_open_images(str(preds), fit, gt, labels, gt_labels)
        else:
            name = "labels" if labels is not None else "gt_labels"
            if labels is not None or gt_labels is not None:
                raise InputError(
                    f"`{name}` goes with CSV of Open Images, expected none with COCO's format",
                    code="formats",
                    option=name,
                )
            judge = None if gt is None else loaded_ground_truth(gt)
            found = cls(loaded_predictions(preds), loaded_ground_truth(fit), judge)
        if found.gt is not None and not allow_fit_on_test:
            refuse_shared_images(found.fit, found.gt)
        return found

    @classmethod
    def _of_open_images(cls, preds: str, fit: Any, gt: Any, labels: Any, gt_labels: Any) -> Files:
        """The files of Open Images."""
        original = load_open_images_predictions(preds)
        truth = load_open_images_ground_truth(fit, labels=labels)
        judge = None if gt is None else load_open_images_ground_truth(gt, labels=gt_labels)
        return cls(
            preds=as_predictions(original),
            fit=as_ground_truth(truth),
            gt=None if judge is None else as_ground_truth(judge, needs_labels=False),
            csv=preds,
            original=(original, truth if judge is None else judge),
        )

    def evaluation(self, seed: int, workers: int | None) -> Evaluate:
        """AP on `gt`, or on `fit` without it."""
        if self.original is not None:
            return open_images_evaluation(*self.original, seed=seed, workers=workers)
        on = self.fit if self.gt is None else self.gt
        return coco_evaluation(
            self.preds, on, skip_unknown=self.gt is None, seed=seed, workers=workers
        )

    @property
    def fit_is_theirs(self) -> bool:
        """Whether `fit` is ground truth of the images of the predictions."""
        return is_of_these_images(self.preds, self.fit)
