"""All results of a report: every file is read once, and its predictions are matched once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from segeval.analysis.bootstrap import Bootstrap
from segeval.analysis.comparison.models import path_of
from segeval.analysis.comparison.own_intervals import ResultIntervals, result_intervals
from segeval.analysis.comparison.result import Comparison
from segeval.analysis.comparison.steps import Steps
from segeval.analysis.errors.against import ErrorDifferences, differences_of
from segeval.analysis.errors.columns import KindColumns
from segeval.analysis.errors.error_kinds import kinds_of
from segeval.analysis.errors.measure import Measured, measured_of
from segeval.analysis.errors.options import ErrorOptions, Resampling
from segeval.analysis.errors.result import ErrorKinds
from segeval.analysis.evaluation import at_iou
from segeval.analysis.files_in_order import call_to, ground_truth_last
from segeval.analysis.image_errors import ImageErrors, image_errors
from segeval.analysis.model_names import model_names
from segeval.analysis.pairs import overlapping_pairs
from segeval.analysis.suspects.result import KINDS, LabelSuspects
from segeval.analysis.suspects.search import suspects_of
from segeval.analysis.thresholds.operating_point import OperatingPoint, operating_point_of
from segeval.brief import Brief
from segeval.checks.report import CheckReport
from segeval.checks.search import check
from segeval.data import GroundTruth, load_ground_truth
from segeval.data.file_lists import names_told_apart
from segeval.data.keys import written
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.kernels.threads import side_by_side
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import Evaluation, evaluations, result_of
from segeval.metrics.coco.curves import half_or_first
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.metrics.coco.result import APResult
from segeval.pictures import Seen
from segeval.reports.asked import Asked, hash_of
from segeval.reports.options import ReportOptions
from segeval.reports.slices import Numbers, compared, numbers_of_slices

STEPS = 5
"""Steps of progress for each model."""


@frozen(eq=False, repr=False)
class Model(Brief):
    """Everything that is known of one file of predictions.

    Attributes:
        letter: what a page with two models calls it, "A" or "B"; "" for the only one.
        name: of its file.
        sha256: of the file's bytes; None for data in memory.
        ap: AP by every kind of IoU.
        intervals: of its numbers.
        measured: errors by every kind of IoU, for their difference to another model.
        errors: where AP is lost at `at`.
        point: the scores to deploy at, at `at`.
        check: what is wrong with the files.
        seen: the predictions at or above `least_score`, by the first kind of IoU, for pictures.
        least_score: the score of the best F1 at `at`; None where there is none.
        at: IoU at which errors have kinds.
    """

    letter: str
    name: str
    sha256: str | None
    ap: APResult
    intervals: ResultIntervals
    measured: tuple[Measured, ...]
    errors: ErrorKinds
    point: OperatingPoint
    check: CheckReport
    seen: Seen
    least_score: float | None
    at: float

    @property
    def columns(self) -> KindColumns:
        """Every prediction with its kind of error, by the first kind of IoU."""
        return self.errors.columns[self.seen.matches.request.iou]


@frozen(eq=False, repr=False)
class Gathered(Brief):
    """All results of a report.

    Attributes:
        models: one or two.
        gt_sha256: of the ground truth; None for data in memory.
        suspects: what may be wrong in the ground truth, by the first kind of IoU.
        comparison: of two models; None for one, and where images are too few to compare.
        differences: where two models lose AP; None for one.
        slices: numbers of each model on parts of the images, where there is no comparison.
        label_notes: on images that slices or groups name and that do not exist.
    """

    models: tuple[Model, ...]
    gt_sha256: str | None
    suspects: LabelSuspects
    comparison: Comparison | None = None
    differences: ErrorDifferences | None = None
    slices: Numbers = ()
    label_notes: tuple[Note, ...] = ()

    @property
    def first(self) -> Model:
        """The first model."""
        return self.models[0]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of IoU."""
        return tuple(self.first.ap.scores)


def gathered(asked: Asked) -> Gathered:
    """The results of one model, or of two.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.
    """
    preds, gt, workers = asked.preds, asked.truth, asked.workers
    arguments = Arguments(**asked.arguments)
    advance = Steps(asked.on_progress, total=STEPS * len(preds) + len(preds)).advance
    gt_sha256 = hash_of(asked.gt)
    if len(preds) == 1:
        evaluated = _evaluated(preds[0], gt, arguments, workers)
        one = _model("", evaluated, preds[0], asked, advance)
        suspects = _suspects([one], workers)
        advance()
        slices = numbers_of_slices([one.ap], asked)
        return Gathered((one,), gt_sha256, suspects, slices=slices)
    with ground_truth_last(preds, gt, call_to("report")):
        truth = gt if isinstance(gt, GroundTruth) else load_ground_truth(gt)
        of_a, of_b = (_evaluated(each, truth, arguments, workers) for each in preds)
    # one after the other, as each keeps all cores busy and needs memory for itself
    models: Sequence[Model] = (
        _model("A", of_a, preds[0], asked, advance),
        _model("B", of_b, preds[1], asked, advance),
    )
    names = model_names([path_of(model.ap) for model in models])
    models = [replace(model, name=name) for model, name in zip(models, names, strict=True)]
    comparison, slices = compared([each.intervals for each in models], asked)
    advance()
    suspects = _suspects(models, workers)
    advance()
    a, b = models
    wanted = _error_options(asked.options)
    differences = differences_of(
        a.measured, b.measured, wanted, time.perf_counter(), workers=workers
    )
    return Gathered((a, b), gt_sha256, suspects, comparison, differences, slices)


def _evaluated(
    preds: PredictionsSource, gt: GroundTruthSource, arguments: Arguments, workers: int | None
) -> tuple[Evaluation, ...]:
    """A file of predictions by every kind of IoU, with categories of one name told apart."""
    found = []
    for each in evaluations(preds, gt, arguments, workers):
        own = each.matches
        ids = written(own.category_ids, own.category_keys)
        names = names_told_apart(own.category_names, ids)
        found.append(replace(each, matches=replace(own, category_names=names)))
    return tuple(found)


def _model(
    letter: str,
    evaluated: Sequence[Evaluation],
    preds: PredictionsSource,
    asked: Asked,
    advance: Callable[[], None],
) -> Model:
    """Everything that is known of one model."""
    started = time.perf_counter()
    first, workers = evaluated[0], asked.workers

    def checked() -> tuple[CheckReport, str | None]:
        found = check(first.preds, first.gt, agnostic=asked.arguments.get("agnostic", False))
        advance()
        return found, hash_of(preds)

    # much of the checks and of the scores is done by one core at a time, little of the numbers
    (numbers, scores), (report, sha256) = side_by_side(
        lambda: side_by_side(
            lambda: _numbers(evaluated, asked, advance),
            lambda: _scores(evaluated, asked, advance),
            workers,
        ),
        checked,
        workers,
    )
    ap, intervals, measured = numbers
    return Model(
        letter=letter,
        name=Path(path_of(ap)).name,
        sha256=sha256,
        ap=ap,
        intervals=intervals,
        measured=measured,
        errors=kinds_of(measured, _error_options(asked.options), started),
        point=scores.point,
        check=report,
        seen=Seen(letter, first, scores.images),
        least_score=scores.least_score,
        at=half_or_first(first.matches.thresholds),
    )


def _numbers(
    evaluated: Sequence[Evaluation], asked: Asked, advance: Callable[[], None]
) -> tuple[APResult, ResultIntervals, tuple[Measured, ...]]:
    """AP and errors of one model, with their intervals."""
    started = time.perf_counter()
    options, labels, workers = asked.options, asked.gt, asked.workers
    every = [each.matches for each in evaluated]
    ap = result_of(every, compat=None, pool=False, started=started, workers=workers)
    advance()
    intervals = result_intervals(
        ap, resamples=options.resamples, seed=options.seed, groups=options.groups, gt=labels,
        workers=workers,
    )  # fmt: skip
    advance()
    wanted = _error_options(options)
    measured = tuple(
        measured_of(each, wanted, labels=labels, workers=workers) for each in _at(evaluated)
    )
    advance()
    return ap, intervals, measured


@frozen
class _Scores:
    """The scores to deploy one model at, and what is true, false and missed from the best on."""

    point: OperatingPoint
    least_score: float | None
    images: ImageErrors


def _scores(evaluated: Sequence[Evaluation], asked: Asked, advance: Callable[[], None]) -> _Scores:
    """The scores to deploy one model at."""
    options, workers = asked.options, asked.workers
    first = evaluated[0]
    groups = None
    if options.groups is not None:
        groups, _ = _drawn(options).units(first.matches, asked.gt)
    pairs = [overlapping_pairs(each, workers=workers) for each in evaluated]
    point = operating_point_of(
        _at(evaluated),
        calibration=True,
        with_fits=False,
        pairs=pairs,
        bootstrap=Bootstrap(resamples=options.resamples, seed=options.seed),
        units=groups,
        started=time.perf_counter(),
        workers=workers,
    )
    least_score = point.scores[first.matches.request.iou].point.score
    images = image_errors(
        first,
        threshold=half_or_first(first.matches.thresholds),
        least_score=least_score,
        pairs=pairs[0],
        workers=workers,
    )
    advance()
    return _Scores(point, least_score, images)


def _at(evaluated: Sequence[Evaluation]) -> tuple[Evaluation, ...]:
    """What is evaluated, at the one IoU at which errors have kinds."""
    at = half_or_first(evaluated[0].matches.thresholds)
    return tuple(at_iou(each, at) for each in evaluated)


def _error_options(options: ReportOptions) -> ErrorOptions:
    """What is asked of errors: shares with intervals, also by category."""
    per = ("category",) if options.slices is None else ("category", "slice")
    return ErrorOptions(per=per, slices=options.slices, resampling=_drawn(options))


def _drawn(options: ReportOptions) -> Resampling:
    """How images are drawn."""
    return Resampling(resamples=options.resamples, seed=options.seed, groups=options.groups)


def _suspects(models: Sequence[Model], workers: int | None) -> LabelSuspects:
    """What may be wrong in the ground truth, by the first kind of IoU."""
    seen = [model.seen.evaluation for model in models]
    iou = seen[0].matches.request.iou
    points = [model.point.scores[iou].point for model in models]
    asked = {"category": len(models) > 1, "unfound": any(len(each.matches) for each in seen)}
    kinds = tuple(kind for kind in KINDS if asked.get(kind, True))
    return suspects_of(seen, points, kinds=kinds, workers=workers)
