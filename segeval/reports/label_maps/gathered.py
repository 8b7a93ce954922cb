"""All results of a report on label maps; label maps are read anew for each, one at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from segeval.analysis.comparison.models import path_of
from segeval.analysis.comparison.own_intervals import ResultIntervals, result_intervals
from segeval.analysis.comparison.own_slices import SliceNumbers
from segeval.analysis.comparison.result import Comparison
from segeval.analysis.comparison.steps import Steps
from segeval.analysis.errors.confusion import Confusion
from segeval.analysis.errors.label_against import LabelErrorDifferences, label_differences_of
from segeval.analysis.errors.label_confusion import MOST_CLASSES, label_confusion
from segeval.analysis.errors.label_maps import label_errors
from segeval.analysis.errors.label_result import LabelErrors
from segeval.analysis.errors.options import Resampling
from segeval.analysis.model_names import model_names
from segeval.brief import Brief
from segeval.checks.label_map_report import label_map_report
from segeval.checks.report import CheckReport
from segeval.data.files import sha256
from segeval.data.label_maps.classes import LabelClasses, label_classes
from segeval.data.label_maps.pairs import LabelPair, label_pairs
from segeval.data.paths import is_folder
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.semantic.mean_iou import mean_iou
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.reports.asked import Asked
from segeval.reports.slices import Numbers, compared, errors_of_slices, numbers_of_slices

STEPS = 5
"""Steps of progress for each model."""


@frozen(eq=False, repr=False)
class Model(Brief):
    """Everything that is known of the label maps of one model.

    Attributes:
        letter: what a page with two models calls it, "A" or "B"; "" for the only one.
        name: of its folder.
        sha256: of the label maps; None for arrays.
        miou: mean IoU, and what was asked for beside it.
        intervals: of its numbers.
        errors: where IoU is lost.
        error_intervals: of these.
        confusion: which classes are taken for which; None for too many classes.
        check: what is wrong with the files.
        pairs: its label maps beside the true ones.
    """

    letter: str
    name: str
    sha256: str | None
    miou: MeanIoUResult
    intervals: ResultIntervals
    errors: LabelErrors
    error_intervals: ResultIntervals
    confusion: Confusion | None
    check: CheckReport
    pairs: tuple[LabelPair, ...]


@frozen(eq=False, repr=False)
class Gathered(Brief):
    """All results of a report on label maps.

    Attributes:
        models: one or two.
        classes: of the run.
        gt_sha256: of the true label maps; None for arrays.
        comparison: of two models; None for one, and where images are too few to compare.
        differences: where two models lose IoU; None for one.
        slices: numbers of each model on parts of the images, where there is no comparison.
        label_notes: on images that slices or groups name and that do not exist.
        slice_errors: what errors cost one model on parts of the images.
    """

    models: tuple[Model, ...]
    classes: LabelClasses
    gt_sha256: str | None
    comparison: Comparison | None = None
    differences: LabelErrorDifferences | None = None
    slices: Numbers = ()
    label_notes: tuple[Note, ...] = ()
    slice_errors: tuple[SliceNumbers, ...] = ()

    @property
    def first(self) -> Model:
        """The first model."""
        return self.models[0]


def gathered(asked: Asked) -> Gathered:
    """The results of one model, or of two.

    Raises:
        InputError: for arguments that make no sense, or missing files.
        FormatError: for a file that is not a label map, or a label that is not a class.
        MismatchError: for files without a partner, or of different sizes.
    """
    total = STEPS * len(asked.preds) + (len(asked.preds) > 1)
    advance = Steps(asked.on_progress, total).advance
    given = asked.arguments
    classes = label_classes(label_classes(given["classes"]), given.get("ignore", ()))
    said: tuple[Note, ...] = ()
    if asked.options.slices is not None or asked.options.groups is not None:
        keys = [pair.key for pair in label_pairs(asked.preds[0], asked.gt, classes)]
        said = asked.check_labels(keys, keys)
    models = [
        _model(letter, preds, asked, classes, advance)
        for letter, preds in zip(asked.letters, asked.preds, strict=True)
    ]
    true = [pair.gt for pair in models[0].pairs]
    gt_sha256 = hash_of_maps(asked.gt, true)
    options, workers = asked.options, asked.workers
    if len(models) == 1:
        slices = numbers_of_slices([models[0].miou], asked)
        return Gathered(
            tuple(models), classes, gt_sha256, slices=slices, label_notes=said,
            slice_errors=errors_of_slices(models[0].errors, asked),
        )  # fmt: skip
    names = model_names([path_of(model.miou) for model in models])
    models = [replace(model, name=name) for model, name in zip(models, names, strict=True)]
    a, b = models
    comparison, slices = compared((a.intervals, b.intervals), asked)
    drawn = Resampling(resamples=options.resamples, seed=options.seed, groups=options.groups)
    differences = label_differences_of(a.errors, b.errors, drawn, gt=asked.gt, workers=workers)
    advance()
    return Gathered(tuple(models), classes, gt_sha256, comparison, differences, slices, said)


def _model(
    letter: str, preds: Any, asked: Asked, classes: LabelClasses, advance: Callable[[], None]
) -> Model:
    """Everything that is known of one model."""
    given, options, workers = asked.arguments, asked.options, asked.workers
    own = {name: given[name] for name in ("classes", "ignore") if name in given}
    miou = mean_iou(preds, asked.gt, workers=workers, **given)
    advance()
    drawn = partial(
        result_intervals, resamples=options.resamples, seed=options.seed, groups=options.groups,
        gt=asked.gt, workers=workers,
    )  # fmt: skip
    intervals = drawn(miou)
    errors = label_errors(preds, asked.gt, workers=workers, **own)
    advance()
    error_intervals = drawn(errors)
    advance()
    confusion = None
    if len(classes) <= MOST_CLASSES:
        confusion = label_confusion(preds, asked.gt, workers=workers, **own)
    advance()
    check = label_map_report(preds, asked.gt, own["classes"], own.get("ignore", ()))
    advance()
    pairs = label_pairs(preds, asked.gt, classes)
    return Model(
        letter=letter,
        name=Path(path_of(miou)).name,
        sha256=hash_of_maps(preds, [pair.pred for pair in pairs]),
        miou=miou,
        intervals=intervals,
        errors=errors,
        error_intervals=error_intervals,
        confusion=confusion,
        check=check,
        pairs=pairs,
    )


def hash_of_maps(source: Any, files: Sequence[Any]) -> str | None:
    """SHA-256 of label maps: of the file, or of what sha256sum prints for those of a folder.

    Args:
        source: the input.
        files: its label maps.

    Returns:
        For a folder the hash of a line "hash  path" for each, by their paths in the folder, in
        order; None for arrays, and for lists of files.
    """
    if not isinstance(source, str | Path):
        return None
    path = Path(source)
    if not is_folder(path):
        return sha256(path)
    lines = sorted((each.relative_to(path).as_posix(), sha256(each)) for each in files)
    text = "".join(f"{digest}  {name}\n" for name, digest in lines)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
