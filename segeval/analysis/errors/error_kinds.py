"""Error kinds: from two files to where AP is lost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.intervals import Intervals, centred_intervals
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.errors.columns import KindColumns
from segeval.analysis.errors.costs import Costs, costs_of
from segeval.analysis.errors.kinds import BACKGROUND
from segeval.analysis.errors.result import ErrorKinds
from segeval.analysis.errors.scores import (
    CategoryCosts,
    ErrorScores,
    LostAP,
    SizeCosts,
    SliceCosts,
    ThresholdCosts,
    lost_ap,
)
from segeval.analysis.errors.tide import tide_arguments, tide_numbers
from segeval.analysis.resampling.draws import Units, image_keys
from segeval.data.keys import written
from segeval.errors import InputError, Note
from segeval.metrics.choices import check_choice
from segeval.metrics.coco.arguments import Arguments, Chosen
from segeval.metrics.coco.average_precision import Evaluation, evaluations
from segeval.metrics.coco.image_pairs import image_pairs
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.sizes import SizeBucket
from segeval.words import counted

THRESHOLDS = (0.5,)
"""IoU thresholds by default."""

TIDE = "tidecv"
"""The package whose numbers can be reproduced."""

PER = ("size", "category")
"""Parts of the data that can be told apart."""


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """How intervals are made.

    Attributes:
        resamples: bootstrap replicates.
        seed: of the draws.
    """

    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a number of replicates that gives no interval."""
        if self.resamples < 2:
            raise InputError(
                f"`resamples` is {self.resamples}, expected at least 2.",
                code="resamples",
                option="resamples",
            )


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
    ci: bool = False,
    resamples: int = 1000,
    seed: int = 0,
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
        per: parts of the data to tell apart: "size", "category", or both.
        ci: add 95 % intervals from a bootstrap over images.
        resamples: bootstrap replicates.
        seed: of the bootstrap.
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
    resampling = Resampling(resamples=resamples, seed=seed) if ci else None
    return error_kinds_with(
        preds, gt, arguments, compat=compat, per=per, resampling=resampling, workers=workers
    )


def error_kinds_with(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    arguments: Arguments,
    *,
    compat: str | None = None,
    per: str | Sequence[str] = (),
    resampling: Resampling | None = None,
    workers: int | None = None,
) -> ErrorKinds:
    """The result of `error_kinds`, whose arguments come as one value."""
    started = time.perf_counter()
    per = _checked_per(per)
    check_choice("compat", compat, (TIDE,))
    arguments = replace(arguments, thresholds=arguments.thresholds or THRESHOLDS)
    if compat is not None:
        _check_alone(per, resampling)
        arguments = tide_arguments(arguments)
    scores: dict[str, ErrorScores] = {}
    columns: dict[str, KindColumns] = {}
    found: list[Matches] = []
    notes: list[Note] = []
    for evaluation in evaluations(preds, gt, arguments, workers):
        own = within_cap(evaluation)
        one = own.matches
        kind = one.request.iou
        if compat is None:
            scores[kind], columns[kind] = _scores(own, per, resampling, workers)
        else:
            scores[kind], columns[kind], said = _tide_scores(own, workers)
            notes += [note for note in said if note not in notes]
        found.append(one)
        notes += [note for note in one.notes if note not in notes and _concerns(note, per)]
    if resampling is not None and len(found[0].image_ids) < FEWEST_IMAGES:
        notes.append(few_images(len(found[0].image_ids)))
    return ErrorKinds(
        scores=scores,
        columns=columns,
        inputs=found[0].inputs,
        settings={
            **ap_settings(found, None),
            "compat": compat,
            "background": BACKGROUND,
            "per": list(per),
            "resamples": None if resampling is None else resampling.resamples,
            "seed": None if resampling is None else resampling.seed,
        },
        notes=tuple(notes),
        seconds=time.perf_counter() - started,
    )


def _checked_per(per: str | Sequence[str]) -> tuple[str, ...]:
    """The parts asked for, each once.

    Raises:
        InputError: for an unknown one.
    """
    several = (per,) if isinstance(per, str) else tuple(dict.fromkeys(per))
    for each in several:
        check_choice("per", each, PER)
    return several


def _concerns(note: Note, per: Sequence[str]) -> bool:
    """Whether a note of an evaluation concerns error kinds: those on areas only if sizes do."""
    return "size" in per or not note.code.startswith("area-from")


def _check_alone(per: Sequence[str], resampling: Resampling | None) -> None:
    """Refuse what tidecv does not have.

    Raises:
        InputError: for parts of the data, or intervals.
    """
    for option, is_asked in (("per", bool(per)), ("ci", resampling is not None)):
        if is_asked:
            raise InputError(
                f"`{option}` does not go with `compat='{TIDE}'`, whose numbers have no such thing: "
                "leave one of them out.",
                code="compat",
                option=option,
            )


def _tide_scores(
    evaluation: Evaluation, workers: int | None
) -> tuple[ErrorScores, KindColumns, tuple[Note, ...]]:
    """Tidecv's numbers, the kind of every prediction, and notes."""
    matches = evaluation.matches
    found = tide_numbers(evaluation, workers)
    several = len(found.kinds) > 1
    counts = [one.counts() for one in found.kinds]
    scores = ErrorScores(
        iou=matches.request.iou,
        gt=int(matches.gt_counted[0].sum()),
        overall=lost_ap(found.numbers.mean(axis=0), None if several else counts[0]),
        thresholds=tuple(
            ThresholdCosts(float(at), lost_ap(numbers, None))
            for at, numbers in zip(matches.thresholds, found.numbers, strict=True)
        )
        if several
        else (),
    )
    return scores, KindColumns.of(matches, evaluation.gt, found.kinds), found.notes


def few_images(number: int) -> Note:
    """A note that there are too few images for intervals."""
    found = counted(number, "image is", "images are")
    message = f"{found} too few for intervals, which need at least {FEWEST_IMAGES}"
    return Note("few-images", message, number)


def within_cap(evaluation: Evaluation) -> Evaluation:
    """The same without predictions beyond a cap over the whole set, which are not judged."""
    matches = evaluation.matches
    return replace(evaluation, matches=matches.take(matches.within_cap))


def _scores(
    evaluation: Evaluation, per: Sequence[str], resampling: Resampling | None, workers: int | None
) -> tuple[ErrorScores, KindColumns]:
    """The numbers of one kind of IoU, and the kind of every prediction."""
    matches = evaluation.matches
    least = min(BACKGROUND, float(matches.thresholds[0]))
    pairs = image_pairs(evaluation, least=least, workers=workers)
    costs, kinds = costs_of(matches, pairs, per=per)
    columns = KindColumns.of(matches, evaluation.gt, kinds)
    numbers = costs.numbers(np.ones(len(matches.image_ids), np.int64))
    curves = matches.curves(workers=workers)
    ap = curves.ap()
    if ap is not None:
        numbers[0, 0] = ap  # that of `average_precision`, whose sum has another order
    intervals = None
    if resampling is not None:
        intervals = intervals_of(matches, costs, numbers, resampling, workers)
    return scores_of(matches, costs, numbers, intervals), columns


def intervals_of(
    matches: Matches,
    costs: Costs,
    numbers: NDArray[np.float64],
    resampling: Resampling,
    workers: int | None,
) -> list[Intervals]:
    """Intervals of the numbers (P, 21) of all parts; without ends for too few images."""
    units = Units.of_keys(image_keys(matches.image_ids, matches.image_keys))
    count = resampling.resamples if len(units) >= FEWEST_IMAGES else 0
    replicates = costs.replicates(units, seed=resampling.seed, count=count, workers=workers)
    return [
        centred_intervals(numbers[place], replicates[:, place]) for place in range(len(numbers))
    ]


def scores_of(
    matches: Matches,
    costs: Costs,
    numbers: NDArray[np.float64],
    intervals: Sequence[Intervals] | None,
) -> ErrorScores:
    """The numbers (P, 21) of all parts by name."""
    gt = np.bincount(
        matches.gt_category[matches.gt_counted[0]], minlength=len(matches.category_ids)
    )
    ids = written(matches.category_ids, matches.category_keys)
    names = [bucket.name for bucket in matches.buckets]
    by_table: dict[str, list[tuple[float | str | int, LostAP]]] = {}
    slices = iter(costs.slices)
    for place, part in enumerate(costs.parts):
        lost = lost_ap(
            numbers[place],
            None if costs.counts is None else costs.counts[place],
            None if intervals is None else intervals[place],
        )
        by_table.setdefault(part.table, []).append((part.name, lost))
    sizes = []
    for name, lost in by_table.get("size", ()):
        at = names.index(str(name))
        size = matches.buckets[at]
        count = int(matches.gt_counted[at].sum())
        sizes.append(SizeCosts(size.name, size.min_area, size.max_area, count, lost))
    found_slices = []
    for name, lost in by_table.get("slice", ()):
        images = next(slices)
        count = int((matches.gt_counted[0] & images[matches.gt_image]).sum())
        found_slices.append(SliceCosts(str(name), int(images.sum()), count, lost))
    return ErrorScores(
        iou=matches.request.iou,
        gt=int(gt.sum()),
        overall=by_table["all"][0][1],
        thresholds=tuple(
            ThresholdCosts(float(at), lost) for at, lost in by_table.get("threshold", ())
        ),
        sizes=tuple(sizes),
        slices=tuple(found_slices),
        categories=tuple(
            CategoryCosts(ids[int(k)], matches.category_names[int(k)], int(gt[int(k)]), lost)
            for k, lost in by_table.get("category", ())
        ),
    )
