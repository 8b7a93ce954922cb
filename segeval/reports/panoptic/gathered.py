"""All results of a page of panoptic files: every picture is read once for its numbers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from segeval.analysis.comparison.models import path_of
from segeval.analysis.comparison.own_intervals import ResultIntervals, result_intervals
from segeval.analysis.comparison.own_slices import SliceNumbers
from segeval.analysis.comparison.result import Comparison
from segeval.analysis.comparison.steps import Steps
from segeval.analysis.errors.options import Resampling
from segeval.analysis.errors.panoptic_against import (
    PanopticErrorDifferences,
    panoptic_differences_of,
)
from segeval.analysis.errors.panoptic_errors import panoptic_errors
from segeval.analysis.errors.panoptic_outcomes import SegmentOutcomes
from segeval.analysis.errors.panoptic_result import PanopticErrors
from segeval.analysis.model_names import model_names
from segeval.brief import Brief
from segeval.checks.report import CheckReport
from segeval.checks.search import check
from segeval.data.keys import written
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.read import load_panoptic
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.panoptic.per_image import ImageQuality, image_qualities
from segeval.pictures import SeenSegments
from segeval.reports.asked import Asked, hash_of
from segeval.reports.slices import Numbers, compared, errors_of_slices, numbers_of_slices

STEPS = 4
"""Steps of progress for each model."""


@frozen(eq=False, repr=False)
class Model(Brief):
    """Everything that is known of one file of predictions.

    Attributes:
        letter: what a page with two models calls it, "A" or "B"; "" for the only one.
        name: of its file.
        sha256: of the file's bytes; None for data in memory.
        errors: where PQ is lost, and PQ itself, by every kind of IoU.
        intervals: of the numbers of PQ.
        error_intervals: of the shares of errors.
        check: what is wrong with the files; None where they are in memory.
        seen: the segments by the first kind of IoU, for pictures.
        images: what every image alone would score, in the order of the ground truth.
    """

    letter: str
    name: str
    sha256: str | None
    errors: PanopticErrors
    intervals: ResultIntervals
    error_intervals: ResultIntervals
    check: CheckReport | None
    seen: SeenSegments
    images: tuple[ImageQuality, ...]

    @property
    def outcomes(self) -> SegmentOutcomes:
        """Every segment with what became of it, by the first kind of IoU."""
        return self.seen.outcomes


@frozen(eq=False, repr=False)
class Gathered(Brief):
    """All results of a page.

    Attributes:
        models: one or two.
        gt_sha256: of the ground truth; None for data in memory.
        comparison: of two models; None for one, and where images are too few to compare.
        differences: where two models lose PQ; None for one.
        slices: numbers of each model on parts of the images, where there is no comparison.
        label_notes: on images that slices or groups name and that do not exist.
        slice_errors: what errors cost one model on parts of the images.
    """

    models: tuple[Model, ...]
    gt_sha256: str | None
    comparison: Comparison | None = None
    differences: PanopticErrorDifferences | None = None
    slices: Numbers = ()
    label_notes: tuple[Note, ...] = ()
    slice_errors: tuple[SliceNumbers, ...] = ()

    @property
    def first(self) -> Model:
        """The first model."""
        return self.models[0]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of IoU."""
        return tuple(self.first.errors.scores)


def gathered(asked: Asked) -> Gathered:
    """The results of one model, or of two.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.
    """
    preds, several = asked.preds, len(asked.preds) > 1
    advance = Steps(asked.on_progress, total=STEPS * len(preds) + several).advance
    arguments = dict(asked.arguments)
    gt_dir = arguments.pop("gt_dir", None)
    if several and arguments.get("preds_dir") is not None:
        raise InputError(
            "`preds_dir` is one folder, and two models have pictures of their own, expected each "
            "in the path of its file without `.json`.",
            code="preds-dir",
            option="preds_dir",
        )
    truth = asked.truth
    if not isinstance(truth, PanopticSegments):
        truth = load_panoptic(truth, gt_dir, option="gt_dir")
    truth = replace(truth, categories=truth.categories.told_apart())
    said = asked.check_labels(written(truth.image_id, truth.images.keys), truth.photographs())
    folders = {"preds_dir": arguments.get("preds_dir"), "gt_dir": gt_dir}
    models = [
        _model(letter, each, truth, arguments, folders, asked, advance)
        for letter, each in zip(asked.letters, preds, strict=True)
    ]
    options, workers = asked.options, asked.workers
    if not several:
        slices = numbers_of_slices([models[0].errors.quality], asked)
        return Gathered(
            tuple(models), hash_of(asked.gt), slices=slices, label_notes=said,
            slice_errors=errors_of_slices(models[0].errors, asked),
        )  # fmt: skip
    names = model_names([path_of(model.errors) for model in models])
    a, b = (replace(model, name=name) for model, name in zip(models, names, strict=True))
    drawn = Resampling(resamples=options.resamples, seed=options.seed, groups=options.groups)
    differences = panoptic_differences_of(
        a.errors, b.errors, drawn, started=time.perf_counter(), gt=asked.gt, workers=workers
    )
    comparison, slices = compared((a.intervals, b.intervals), asked)
    advance()
    return Gathered((a, b), hash_of(asked.gt), comparison, differences, slices, said)


def _model(
    letter: str,
    preds: Any,
    truth: PanopticSegments,
    arguments: dict[str, Any],
    folders: dict[str, Any],
    asked: Asked,
    advance: Callable[[], None],
) -> Model:
    """Everything that is known of one model."""
    options, workers = asked.options, asked.workers
    errors = panoptic_errors(preds, truth, workers=workers, **arguments)
    advance()
    drawn: dict[str, Any] = {
        "resamples": options.resamples, "seed": options.seed, "groups": options.groups,
        "gt": asked.gt, "workers": workers,
    }  # fmt: skip
    intervals = result_intervals(errors.quality, **drawn)
    advance()
    error_intervals = result_intervals(errors, **drawn)
    advance()
    are_files = all(isinstance(each, str | Path) for each in (preds, asked.gt))
    report = check(preds, asked.gt, **folders) if are_files else None
    advance()
    kind = next(iter(errors.scores))
    statistics = errors.quality.statistics[kind]
    outcomes = errors.outcomes[kind]
    of_images = dict(zip(outcomes.order.tolist(), image_qualities(statistics), strict=True))
    return Model(
        letter=letter,
        name=Path(path_of(errors)).name,
        sha256=hash_of(preds),
        errors=errors,
        intervals=intervals,
        error_intervals=error_intervals,
        check=report,
        seen=SeenSegments.of(letter, outcomes, statistics),
        images=tuple(of_images[place] for place in range(len(truth))),
    )
