"""Error kinds of two models: which of them loses how much AP to what."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from segeval.analysis.comparison.slices import LabelSource
from segeval.analysis.errors import difference_tables
from segeval.analysis.errors.by_part import by_part
from segeval.analysis.errors.columns import KindColumns
from segeval.analysis.errors.differences import LostDifference, differences
from segeval.analysis.errors.mask_kinds import counts_of_two
from segeval.analysis.errors.measure import Measured, measured
from segeval.analysis.errors.options import (
    CONFUSION,
    THRESHOLDS,
    ErrorOptions,
    Resampling,
    listed_parts,
    resampling_of,
)
from segeval.analysis.errors.scores import ErrorScores
from segeval.analysis.errors.tables import error_table
from segeval.analysis.files_in_order import call_to, ground_truth_last
from segeval.data import GroundTruth
from segeval.data.coco.read_ground_truth import load_ground_truth
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.file_notes import each_once
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.result import Description, Result, first_of
from segeval.metrics.sources import Sources

ByIou = Mapping[str, ErrorScores[LostDifference]]

AGAINST: Description[ByIou] = Description(
    place=f"{__name__}:AGAINST",
    schema="segeval/errors/1",
    primary=lambda scores: first_of(scores).overall.ap.b,
    brief=lambda scores: ", ".join(f"{iou} {one.overall.brief()}" for iou, one in scores.items()),
    headline=difference_tables.headline,
    summary=difference_tables.summary,
    tables=difference_tables.all_tables,
    values=lambda scores: {iou: one.to_dict() for iou, one in scores.items()},
    others={"error": lambda result: error_table(result.records())},
)


@frozen(eq=False, repr=False, kw_only=True)
class ErrorDifferences(Result[ByIou]):
    """Where two models lose AP, by kind of error, for each kind of IoU.

    Attributes:
        columns: every prediction and missed object with its kind, of both models, by kind of IoU.
    """

    columns: Mapping[str, tuple[KindColumns, KindColumns]] = field(default_factory=dict)
    about: Description[ByIou] = AGAINST

    def records(self) -> Iterator[dict[str, Any]]:
        """Every prediction and missed object of both models, whose `model` is "a" or "b".

        Yields:
            What `ErrorKinds.records` yields of one.
        """
        for iou, both in self.columns.items():
            for model, columns in zip("ab", both, strict=True):
                for record in columns.records():
                    yield {"iou_type": iou, "model": model, **record}

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the second model wins and loses, for each kind of IoU where there is something."""
        found = ((iou, difference_tables.sentence(one.overall)) for iou, one in self.scores.items())
        several = len(self.scores) > 1
        return tuple(f"{iou}: {text}" if several else text for iou, text in found if text)


def error_differences(
    a: PredictionsSource,
    b: PredictionsSource,
    gt: GroundTruthSource,
    *,
    thresholds: float | Sequence[float] = THRESHOLDS,
    compat: str | None = None,
    per: str | Sequence[str] = (),
    slices: LabelSource | None = None,
    ci: bool = False,
    resamples: int = 1000,
    seed: int = 0,
    groups: LabelSource | None = None,
    workers: int | None = None,
    **arguments: Any,
) -> ErrorDifferences:
    """Where two models lose AP, by kind of error, and the difference.

    Args:
        a: predictions of the first model, or a path or list to load them from.
        b: predictions of the second.
        gt: ground truth, or a path or dictionary to load it from.
        thresholds: IoU thresholds, as in `error_kinds`.
        compat: as in `error_kinds`.
        per: as in `error_kinds`.
        slices: as in `error_kinds`.
        ci: add 95 % intervals of the differences, from draws of images that both models share, and
            for each kind the swap test of `compare`, corrected for all kinds, with a verdict.
        resamples: bootstrap replicates.
        seed: of the bootstrap.
        groups: as in `error_kinds`.
        workers: threads, None for all cores; the numbers do not depend on it.
        arguments: others of `error_kinds`, such as iou and protocol.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: as `average_precision`.
        MismatchError: as `average_precision`.

    Example:
        >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
        >>> gt = {
        ...     "images": [{"id": 1}],
        ...     "categories": [{"id": 1}],
        ...     "annotations": [{**box, "id": 1, "area": 81, "iscrowd": 0}],
        ... }
        >>> found = error_differences([], [{**box, "score": 0.9}], gt, iou="bbox")
        >>> found.sentences
        ('B wins 100.0 points on missed objects',)
    """
    options = ErrorOptions(
        compat=compat,
        per=listed_parts(per),
        slices=slices,
        resampling=resampling_of(ci=ci, resamples=resamples, seed=seed, groups=groups),
    )
    own = Arguments(thresholds=thresholds, **arguments)
    return error_differences_with(a, b, gt, own, options, workers=workers)


def error_differences_with(
    a: PredictionsSource,
    b: PredictionsSource,
    gt: GroundTruthSource,
    arguments: Arguments,
    options: ErrorOptions,
    *,
    workers: int | None = None,
) -> ErrorDifferences:
    """The result of `error_differences`, whose arguments come as two values."""
    started = time.perf_counter()
    refuse_confusion(options)
    with ground_truth_last([a, b], gt, call_to("error_differences")):
        truth = gt if isinstance(gt, GroundTruth) else load_ground_truth(gt)
        first = list(measured(a, truth, arguments, options, labels=gt, workers=workers))
        second = list(measured(b, truth, arguments, options, labels=gt, workers=workers))
    sources = Sources.of(a, gt, arguments), Sources.of(b, gt, arguments)
    return differences_of(first, second, options, started, sources, workers)


def refuse_confusion(options: ErrorOptions) -> None:
    """Refuse to tell which categories two models take for which.

    Raises:
        InputError: if that was asked for.
    """
    if CONFUSION in options.per:
        raise InputError(
            "`per='confusion'` is of one model. Ask for it with the predictions of each.",
            code="per",
            option="per",
        )


def differences_of(
    first: Sequence[Measured],
    second: Sequence[Measured],
    options: ErrorOptions,
    started: float,
    sources: tuple[Sources | None, Sources | None] = (None, None),
    workers: int | None = None,
) -> ErrorDifferences:
    """The result of what was measured of two models.

    Args:
        first: the numbers of one by every kind of IoU.
        second: those of the other.
        options: what was asked for.
        started: when the analysis began, by `time.perf_counter`.
        sources: where the files of each model are found again; None where they are not.
        workers: threads, None for all cores.
    """
    pairs = {one.matches.request.iou: (one, two) for one, two in zip(first, second, strict=True)}
    inputs = first[0].matches.inputs
    return ErrorDifferences(
        scores={
            iou: _scores(one, two, options.resampling, workers) for iou, (one, two) in pairs.items()
        },
        columns={
            iou: (
                replace(one.columns, sources=sources[0]),
                replace(two.columns, sources=sources[1]),
            )
            for iou, (one, two) in pairs.items()
        },
        inputs={
            "a": inputs["preds"],
            "b": second[0].matches.inputs["preds"],
            "gt": inputs["gt"],
        },
        settings={**ap_settings([one.matches for one in first], None), **options.settings()},
        notes=each_once([note for one in (*first, *second) for note in one.notes]),
        seconds=time.perf_counter() - started,
    )


def _scores(
    a: Measured, b: Measured, drawn: Resampling | None, workers: int | None
) -> ErrorScores[LostDifference]:
    """The numbers of all parts, by name, and what is wrong with the masks of both."""
    found = by_part(a, differences(a, b, drawn, workers))
    if a.poor is None or b.poor is None:
        return found
    return replace(found, poor_masks_of_two=counts_of_two(a.poor, b.poor))
