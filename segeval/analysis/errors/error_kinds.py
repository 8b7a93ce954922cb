"""Error kinds: from two files to where AP is lost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from segeval.analysis.comparison.intervals import Intervals, centred_intervals
from segeval.analysis.comparison.slices import LabelSource
from segeval.analysis.errors.by_part import by_part
from segeval.analysis.errors.measure import Measured, measured
from segeval.analysis.errors.options import THRESHOLDS, ErrorOptions, listed_parts, resampling_of
from segeval.analysis.errors.result import ErrorKinds
from segeval.analysis.errors.scores import ErrorScores, LostAP, lost_ap
from segeval.metrics.coco.arguments import Arguments, Chosen
from segeval.metrics.coco.file_notes import each_once
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.sizes import SizeBucket
from segeval.metrics.sources import Sources


def error_kinds(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    *,
    iou: str | Sequence[str] | None = None,
    protocol: str | Protocol | None = None,
    compat: str | None = None,
    thresholds: float | Sequence[float] = THRESHOLDS,
    sizes: str | Sequence[SizeBucket | float] | None = None,
    max_dets: int | Sequence[int] | None = None,
    area_from: str | None = None,
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    categories: Chosen = None,
    images: Chosen = None,
    agnostic: bool = False,
    min_score: float | None = None,
    score_field: str = "score",
    skip_unknown: bool = False,
    honour_ignore: bool = False,
    per: str | Sequence[str] = (),
    slices: LabelSource | None = None,
    ci: bool = False,
    resamples: int = 1000,
    seed: int = 0,
    groups: LabelSource | None = None,
    workers: int | None = None,
) -> ErrorKinds:
    """How much AP each kind of error costs.

    Every prediction that is no true positive has a kind: "cls" (wrong category), "loc" (poor
    localisation), "both", "dupe" (duplicate) or "bkg" (background); objects that nothing points to
    are "miss". The share of a kind is its Shapley value: the shares of all kinds add up to 1 - AP.

    Args:
        preds: predictions, or a path or list to load them from.
        gt: ground truth, or a path or dictionary to load it from.
        iou: as in `average_precision`.
        protocol: as in `average_precision`.
        compat: "tidecv" reproduces the numbers of that package, faults included: `alone` is its
            dAP, there are no shares, parts or intervals.
        thresholds: IoU thresholds in (0, 1]; numbers of several are means over them.
        sizes: as in `average_precision`.
        max_dets: as in `average_precision`.
        area_from: as in `average_precision`.
        boundary_ratio: as in `average_precision`.
        boundary_px: as in `average_precision`.
        categories: as in `average_precision`.
        images: as in `average_precision`.
        agnostic: as in `average_precision`.
        min_score: as in `average_precision`.
        score_field: as in `average_precision`.
        skip_unknown: as in `average_precision`.
        honour_ignore: as in `average_precision`.
        per: parts of the data to tell apart: "category", "size", "slice"; "confusion" tells which
            categories are taken for which.
        slices: parts of the images too: a field of the images, a CSV of image and label, or labels
            by id or file name.
        ci: add 95 % intervals from a bootstrap over images.
        resamples: bootstrap replicates.
        seed: of the bootstrap.
        groups: images that are drawn together, given like slices; by default each is by itself.
        workers: threads, None for all cores; the numbers do not depend on it.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: as `average_precision`.
        MismatchError: as `average_precision`.

    Source:
        Kinds: Bolya et al. 2020, TIDE. Shares: Shapley, A value for n-person games (1953).

    Example:
        >>> box = {"image_id": 1, "category_id": 1}
        >>> gt = {
        ...     "images": [{"id": 1}],
        ...     "categories": [{"id": 1}],
        ...     "annotations": [
        ...         {**box, "id": k, "bbox": [20 * k, 0, 9, 9], "area": 81, "iscrowd": 0}
        ...         for k in (1, 2)
        ...     ],
        ... }
        >>> found = error_kinds([{**box, "bbox": [20, 0, 9, 9], "score": 0.9}], gt, iou="bbox")
        >>> round(found.ap, 3), round(found.first.overall.kinds["miss"].share, 3)
        (0.505, 0.495)
    """
    arguments = Arguments(
        iou=iou,
        protocol=protocol,
        sizes=sizes,
        max_dets=max_dets,
        thresholds=thresholds,
        area_from=area_from,
        boundary_ratio=boundary_ratio,
        boundary_px=boundary_px,
        categories=categories,
        images=images,
        agnostic=agnostic,
        min_score=min_score,
        score_field=score_field,
        skip_unknown=skip_unknown,
        honour_ignore=honour_ignore,
    )
    options = ErrorOptions(
        compat=compat,
        per=listed_parts(per),
        slices=slices,
        resampling=resampling_of(ci=ci, resamples=resamples, seed=seed, groups=groups),
    )
    return error_kinds_with(preds, gt, arguments, options, workers=workers)


def error_kinds_with(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    arguments: Arguments,
    options: ErrorOptions,
    *,
    workers: int | None = None,
) -> ErrorKinds:
    """The result of `error_kinds`, whose arguments come as two values."""
    started = time.perf_counter()
    found = list(measured(preds, gt, arguments, options, labels=gt, workers=workers))
    return kinds_of(found, options, started, Sources.of(preds, gt, arguments))


def kinds_of(
    found: Sequence[Measured],
    options: ErrorOptions,
    started: float,
    sources: Sources | None = None,
) -> ErrorKinds:
    """The result of what was measured of one model.

    Args:
        found: its numbers by every kind of IoU.
        options: what was asked for.
        started: when the analysis began, by `time.perf_counter`.
        sources: where both files are found again; None where they are not.
    """
    by_iou = {one.matches.request.iou: one for one in found}
    return ErrorKinds(
        scores={iou: _scores(one) for iou, one in by_iou.items()},
        columns={iou: replace(one.columns, sources=sources) for iou, one in by_iou.items()},
        inputs=found[0].matches.inputs,
        settings={**ap_settings([one.matches for one in found], None), **options.settings()},
        notes=each_once([note for one in found for note in one.notes]),
        seconds=time.perf_counter() - started,
    )


def _scores(one: Measured) -> ErrorScores[LostAP]:
    """The numbers of all parts, by name."""
    intervals: list[Intervals] | None = None
    if one.replicates is not None:
        intervals = [
            centred_intervals(numbers, one.replicates[:, place])
            for place, numbers in enumerate(one.numbers)
        ]
    lost = [
        lost_ap(
            numbers,
            None if one.counts is None else one.counts[place],
            None if intervals is None else intervals[place],
        )
        for place, numbers in enumerate(one.numbers)
    ]
    poor = None if one.poor is None else one.poor.counts()
    return replace(by_part(one, lost), poor_masks=poor, confusion=one.confusion)
