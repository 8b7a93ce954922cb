"""From two files to the numbers of all parts: what one model, or each of two, is measured by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.intervals import few_draws
from segeval.analysis.comparison.own_intervals import too_few_units
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.errors.columns import KindColumns
from segeval.analysis.errors.confusion import Confusion
from segeval.analysis.errors.costs import NUMBERS, Costs, Part, costs_of
from segeval.analysis.errors.kinds import KindsAt
from segeval.analysis.errors.mask_kinds import PoorMasks
from segeval.analysis.errors.options import CONFUSION, ErrorOptions, Resampling, images_by_slice
from segeval.analysis.errors.shapley import Events
from segeval.analysis.errors.sources import ErrorSource, FromFiles
from segeval.analysis.errors.tide import check_coco, tide_numbers
from segeval.analysis.resampling.draws import Units
from segeval.brief import Brief
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import Evaluation, evaluations
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import BACKGROUND
from segeval.words import counted


@frozen(eq=False, repr=False)
class Measured(Brief):
    """The numbers of one model by one kind of IoU.

    Attributes:
        matches: predictions matched to ground truth, none beyond a cap.
        annotation_ids: of the G objects as the file writes them; None if they are not known.
        parts: P parts of the data.
        numbers: of each part, in the order of `costs.NUMBERS`, float64, shape (P, 21).
        counts: errors of each kind in each part, int64, shape (P, 6); None at several thresholds.
        slices: whether each image belongs to each slice, bool, shape (S, I).
        kinds: of every prediction, at each threshold.
        poor: what is wrong with poor masks; None where boxes or boundaries are compared, and at
            several thresholds.
        confusion: which categories are taken for which; None if it is not asked for.
        replicates: the numbers on R draws of the images, float64, shape (R, P, 21), NaN for parts
            with too few images; None if no intervals are asked for.
        notes: what the user should know.
        events: at each threshold, for other weights of the images; () for tidecv's numbers.
        units: what is drawn; None if no intervals are asked for.
    """

    matches: Matches
    annotation_ids: tuple[int | str, ...] | None
    parts: tuple[Part, ...]
    numbers: NDArray[np.float64]
    counts: NDArray[np.int64] | None
    slices: NDArray[np.bool_]
    kinds: tuple[KindsAt, ...]
    poor: PoorMasks | None
    confusion: Confusion | None
    replicates: NDArray[np.float64] | None
    notes: tuple[Note, ...]
    events: tuple[Events, ...] = ()
    units: Units | None = None

    @property
    def columns(self) -> KindColumns:
        """Every prediction and missed object with its kind."""
        return KindColumns.of(self.matches, self.annotation_ids, self.kinds, self.poor)


def measured(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    arguments: Arguments,
    options: ErrorOptions,
    *,
    labels: Any,
    workers: int | None,
) -> Iterator[Measured]:
    """The numbers of one model by every kind of IoU.

    Args:
        preds: predictions, or a path or list to load them from.
        gt: ground truth, or a path or dictionary to load it from.
        arguments: of the evaluation.
        options: what else is asked for.
        labels: the ground truth as the caller gave it, for fields of its images.
        workers: threads, None for all cores.
    """
    for evaluation in evaluations(preds, gt, options.arguments(arguments), workers):
        if options.compat is not None and arguments.protocol is None:
            check_coco(evaluation.gt)
        yield measured_of(evaluation, options, labels=labels, workers=workers)


def measured_of(
    evaluation: Evaluation, options: ErrorOptions, *, labels: Any, workers: int | None
) -> Measured:
    """The numbers of one model by one kind of IoU; arguments as in `measured`.

    Args:
        evaluation: both files, matched at the thresholds whose errors are wanted.
        options: what is asked for.
        labels: the ground truth as the caller gave it, for fields of its images.
        workers: threads, None for all cores.
    """
    own = FromFiles(within_cap(evaluation))
    if options.compat is None:
        return additive(own, options, labels, workers)
    return _tide(own, workers)


def within_cap(evaluation: Evaluation) -> Evaluation:
    """The same without predictions beyond a cap over the whole set, which are not judged."""
    matches = evaluation.matches
    return replace(evaluation, matches=matches.take(matches.within_cap))


def additive(
    source: ErrorSource, options: ErrorOptions, labels: Any, workers: int | None
) -> Measured:
    """The additive numbers of one kind of IoU; arguments as in `measured`."""
    matches = source.matches
    least = min(BACKGROUND, float(matches.thresholds[0]))
    pairs = source.pairs(least, workers)
    slices, said = images_by_slice(options.slices, matches, labels)
    costs, kinds = costs_of(matches, pairs, per=options.per, slices=slices)
    [numbers] = costs.numbers(np.ones((1, len(matches.image_ids)), np.uint8))
    ap = matches.curves(workers=workers).ap()
    if ap is not None:
        numbers[0, 0] = ap  # that of `average_precision`, whose sum has another order
    notes = [note for note in matches.notes if _concerns(note, options.per)] + said
    replicates = units = None
    if options.resampling is not None:
        units, on_groups = options.resampling.units(matches, labels)
        replicates, said = _replicates(costs, matches, units, options.resampling, workers)
        notes += [*on_groups, *said]
    return Measured(
        matches=matches,
        annotation_ids=source.annotation_ids,
        parts=costs.parts,
        numbers=numbers,
        counts=costs.counts,
        slices=costs.slices,
        kinds=kinds,
        poor=_poor(source, kinds, workers),
        confusion=source.confusion(workers) if CONFUSION in options.per else None,
        replicates=replicates,
        notes=tuple(notes),
        events=costs.events[0],
        units=units,
    )


def _replicates(
    costs: Costs, matches: Matches, units: Units, resampling: Resampling, workers: int | None
) -> tuple[NDArray[np.float64], list[Note]]:
    """The numbers on draws of the images, (R, P, 21), and notes on parts without intervals."""
    if len(units) < FEWEST_IMAGES:
        empty = np.empty((0, len(costs.parts), NUMBERS))
        return empty, [too_few_units(len(units), grouped=resampling.groups is not None)]
    found = costs.replicates(
        units, seed=resampling.seed, count=resampling.resamples, workers=workers
    )
    few = costs.images_with(matches) < FEWEST_IMAGES
    found[:, few] = np.nan
    notes = few_draws(resampling.resamples)
    if few.any():
        has = counted(int(few.sum()), "part of the data has", "parts of the data have")
        message = f"{has} objects in fewer than {FEWEST_IMAGES} images, and no interval"
        notes.append(Note("few-images-of-part", message, int(few.sum())))
    return found, notes


def _tide(source: FromFiles, workers: int | None) -> Measured:
    """Tidecv's numbers."""
    matches = source.matches
    found = tide_numbers(source.evaluation, workers)
    several = len(found.kinds) > 1
    parts = [Part("all", "all")]
    numbers = found.numbers
    if several:
        parts += [Part("threshold", float(each)) for each in matches.thresholds]
        numbers = np.concatenate([found.numbers.mean(axis=0, keepdims=True), found.numbers])
    return Measured(
        matches=matches,
        annotation_ids=source.annotation_ids,
        parts=tuple(parts),
        numbers=numbers,
        counts=None if several else found.kinds[0].counts()[None],
        slices=np.empty((0, len(matches.image_ids)), np.bool_),
        kinds=found.kinds,
        poor=_poor(source, found.kinds, workers),
        confusion=None,
        replicates=None,
        notes=(*(note for note in matches.notes if _concerns(note, ())), *found.notes),
    )


def _poor(source: ErrorSource, kinds: Sequence[KindsAt], workers: int | None) -> PoorMasks | None:
    """What is wrong with poor masks, where masks are compared at one threshold."""
    if source.matches.request.iou != "segm" or len(kinds) > 1:
        return None
    return source.poor(kinds[0], workers)


def _concerns(note: Note, per: Sequence[str]) -> bool:
    """Whether a note of an evaluation concerns error kinds: those on areas only if sizes do."""
    return "size" in per or not note.code.startswith("area-from")
