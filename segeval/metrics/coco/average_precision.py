"""Average precision: from two files, or their columns, to matches and a result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from segeval.data import GroundTruth, Predictions
from segeval.data.image_subsets import ImageSlice
from segeval.errors import InputError, Note
from segeval.findings import Finding
from segeval.frozen import frozen
from segeval.kernels.threads import thread_count
from segeval.metrics.coco.agreement import evidence_of, findings_on_files, refuse_if_all
from segeval.metrics.coco.area_rule import area_source
from segeval.metrics.coco.arguments import IOUS, Arguments, Chosen
from segeval.metrics.coco.cap_notes import cap_notes
from segeval.metrics.coco.curve_source import CurveSource
from segeval.metrics.coco.file_notes import each_once
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource, loaded
from segeval.metrics.coco.known_files import KnownFiles
from segeval.metrics.coco.looked_at import LookedAt
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.matching import Compared, match_selected, origin
from segeval.metrics.coco.notes_on_files import counts_in, notes_on_files
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.result import APResult
from segeval.metrics.coco.selection import Selection, select
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.coco.summary import summarise
from segeval.metrics.coco.verdicts import has_errors, notes_of
from segeval.metrics.sizes import SizeBucket
from segeval.metrics.sources import Sources


def match(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    *,
    iou: str | None = None,
    protocol: str | Protocol | None = None,
    compat: str | None = None,
    sizes: str | Sequence[SizeBucket | float] | None = None,
    max_dets: int | Sequence[int] | None = None,
    thresholds: float | Sequence[float] | None = None,
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
    workers: int | None = None,
) -> Matches:
    """Predictions matched to ground truth: the source of every number of the AP family.

    Matching is the expensive part of an evaluation. `Matches.curves` computes the curves of any
    part of the data from it; `Matches.merge` joins matches of disjoint sets of images. The
    arguments are those of `average_precision`, for one kind of IoU: "segm", "boundary" or "bbox".

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for two files that do not belong together.

    Example:
        >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
        >>> gt = {
        ...     "images": [{"id": 1}],
        ...     "categories": [{"id": 1}],
        ...     "annotations": [{**box, "id": 1, "area": 81, "iscrowd": 0}],
        ... }
        >>> match([{**box, "score": 0.9}], gt, iou="bbox").curves(weights=[3]).gt
        array([3])
    """
    if iou is not None and not isinstance(iou, str):
        raise InputError(
            f"`iou` is {iou!r}, expected one of {', '.join(IOUS)}.", code="iou", option="iou"
        )
    arguments = Arguments(
        iou=iou,
        protocol=protocol,
        compat=compat,
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
    [matches] = matches_of(preds, gt, arguments, workers)
    return matches


def average_precision(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    *,
    iou: str | Sequence[str] | None = None,
    protocol: str | Protocol | None = None,
    compat: str | None = None,
    sizes: str | Sequence[SizeBucket | float] | None = None,
    max_dets: int | Sequence[int] | None = None,
    thresholds: float | Sequence[float] | None = None,
    area_from: str | None = None,
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    pool: bool = False,
    categories: Chosen = None,
    images: Chosen = None,
    agnostic: bool = False,
    min_score: float | None = None,
    score_field: str = "score",
    skip_unknown: bool = False,
    honour_ignore: bool = False,
    workers: int | None = None,
) -> APResult:
    """AP, AR and their tables by size, category, frequency and image.

    Args:
        preds: predictions, or a path or list to load them from.
        gt: ground truth, or a path or dictionary to load it from.
        iou: "segm" (masks), "boundary" (the smaller of mask IoU and boundary IoU), "bbox" (boxes),
            or several kinds; by default what the protocol compares.
        protocol: "coco", "lvis", "lvis-fixed" (10,000 predictions per category over the set),
            "lvis-2021" (the same with boundaries) or "ap-star" (a COCO model on LVIS's
            annotations); by default "lvis" or "coco", as the ground truth's keys say.
        compat: "official" reproduces the official package of the protocol and the kind of IoU,
            known faults included; "pycocotools" or "lvis" names one.
        sizes: size buckets: a preset, a text as `segeval.metrics.sizes.buckets` reads it,
            "quantiles:4" for about equally many objects of the ground truth in each of 4, or
            buckets; by default those of the protocol ("coco" and "lvis": 32 and 96 pixels).
        max_dets: caps on predictions, per image and category (COCO), per image (LVIS) or per
            category (fixed AP); AP is taken at the largest; 0 means no limit.
        thresholds: IoU thresholds in (0, 1], by default 0.50 to 0.95 in steps of 0.05.
        area_from: the area that puts a prediction in a size bucket: "mask" or "bbox"; by default
            "mask", but "bbox" where the predictions' own boxes are compared.
        boundary_ratio: width of the boundary as a fraction of the image's diagonal, else 0.02.
        boundary_px: width of the boundary in pixels for all images, instead of the ratio.
        pool: compute AP-pool as well: predictions of all categories in one ranking.
        categories: ids or names to evaluate; "~name" leaves one out.
        images: ids or file names to evaluate, with or without their folder; "~name" leaves one out.
        agnostic: take all categories as one (COCO only).
        min_score: leave out predictions with a lower score, and count them.
        score_field: name of the field with the score, such as "predicted_iou" of SAM.
        skip_unknown: drop records of unknown images and categories, and count them.
        honour_ignore: let COCO's `ignore` field take annotations out of the count.
        workers: threads, None for all cores; the numbers do not depend on it.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for two files that do not belong together.

    Source:
        Equal to pycocotools 2.0.11, lvis 0.5.3, boundary-iou-api 37d2558 and lvis-api's branch
        lvis_challenge_2021 on clean files, to the last bit.

    Example:
        >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
        >>> gt = {
        ...     "images": [{"id": 1}],
        ...     "categories": [{"id": 1}],
        ...     "annotations": [{**box, "id": 1, "area": 81, "iscrowd": 0}],
        ... }
        >>> average_precision([{**box, "score": 0.9}], gt, iou="bbox").ap50
        0.9999999999999999
    """
    arguments = Arguments(
        iou=iou,
        protocol=protocol,
        compat=compat,
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
    return evaluate_with(preds, gt, arguments, pool=pool, workers=workers)


def evaluate_with(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    arguments: Arguments,
    *,
    pool: bool = False,
    workers: int | None = None,
) -> APResult:
    """The result of `average_precision`, whose arguments come as one value."""
    started = time.perf_counter()
    sources = Sources.of(preds, gt, arguments)
    found = matches_of(preds, gt, arguments, workers)
    result = result_of(found, compat=arguments.compat, pool=pool, started=started, workers=workers)
    return replace(result, sources=sources)


def matches_of(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    arguments: Arguments,
    workers: int | None,
    *,
    part: ImageSlice | None = None,
    every: GroundTruth | None = None,
) -> list[Matches]:
    """Matches for every kind of IoU, from one reading of both files; as `evaluations`."""
    found = evaluations(preds, gt, arguments, workers, part=part, every=every)
    return [one.matches for one in found]


@frozen(eq=False)
class Evaluation:
    """Both files matched by one kind of IoU, with all that was compared.

    Attributes:
        preds: all predictions.
        gt: all ground truth.
        matches: predictions matched to ground truth.
        compared: the masks or boxes of both.
    """

    preds: Predictions
    gt: GroundTruth
    matches: Matches
    compared: Compared


def evaluations(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    arguments: Arguments,
    workers: int | None,
    *,
    part: ImageSlice | None = None,
    every: GroundTruth | None = None,
    by_image: bool = False,
    known: KnownFiles | None = None,
    few: bool = False,
) -> Iterator[Evaluation]:
    """Matches for every kind of IoU and what was compared, from one reading of both files.

    Args:
        preds: as in `average_precision`.
        gt: as in `average_precision`.
        arguments: the others.
        workers: threads, None for all cores.
        part: match these images alone; what is said of whole files stays the same. None for all.
        every: ground truth of more images, of which `gt` is a part; notes on what contradicts
            itself are left to the merging of all parts.
        by_image: count in each image what notes count, for parts that share images with others.
        known: what other parts of the same files, by the same arguments, have found of these.
        few: these are a few of the images of a set, as in `findings_on_files`.
    """
    arguments.check()
    thread_count(workers, 1)  # refuses an impossible number of threads
    preds, gt = loaded(
        preds, gt, workers, score_field=arguments.score_field, agnostic=arguments.agnostic
    )
    records = (preds, gt) if part is None else part.of(preds, gt)
    selection: Selection | None = None
    compat: str | None = None
    known = KnownFiles() if known is None else known
    for place, request in enumerate(arguments.requests(gt, every)):
        area_from = area_source(preds, request) if len(preds) else None  # any would do
        own = replace(request, area_from=area_from)
        if selection is None or own.compat != compat:
            # each package selects in its own way
            selection = known.selection(place, partial(select, preds, gt, own))
        compat = own.compat
        whole = _Records(preds, gt, selection)
        some = whole if part is None else _Records(*records, selection.within(part))
        chosen = partial(LookedAt.of, preds, gt, selection, masks=own.iou != "bbox")
        look = partial(known.looked_at, place, chosen)
        yield _evaluation(
            whole, some, own, workers, None if few else look, every=every, by_image=by_image
        )


@frozen(eq=False)
class _Records:
    """Records of both files and those that take part."""

    preds: Predictions
    gt: GroundTruth
    selection: Selection


def _evaluation(
    whole: _Records,
    part: _Records,
    request: Request,
    workers: int | None,
    look: Callable[[], LookedAt] | None,
    *,
    every: GroundTruth | None,
    by_image: bool,
) -> Evaluation:
    """Both files, or a part of their images, matched by one kind of IoU.

    Without `look` these are a few images of a set, about which all is said now.
    """
    preds, gt, selection = part.preds, part.gt, replace(part.selection, notes=())
    matches, compared = match_selected(preds, gt, selection, request, workers)
    files, truth = (whole.preds, whole.gt, whole.selection, request), every or whole.gt
    said: list[Finding] = []
    if look is None or every is not None:
        found = findings_on_files(*files, every, few=look is None)
        said = found if look is None else []
    own = matches.origins[0] if part is whole and every is None else origin(whole.preds, truth)
    notes = notes_on_files(whole.preds, truth, request, own, said, whole.selection)
    counts = counts_in(truth, request, whole.selection, selection)
    matches = replace(matches, notes=(*matches.notes, *counts))
    looked = None if look is None else look()
    evidence = evidence_of(preds, gt, selection, matches, notes, by_image=by_image, looked=looked)
    matches = replace(matches, evidence=evidence, notes=())
    if every is None:
        if request.rules.is_strict and has_errors(matches, evidence):
            refuse_if_all(*files)
        matches = replace(matches, notes=notes_of(matches, evidence))
    return Evaluation(preds, gt, matches, compared)


def result_of(
    found: Sequence[CurveSource],
    *,
    compat: str | None,
    pool: bool,
    started: float,
    workers: int | None,
) -> APResult:
    """The numbers of matches, one for each kind of IoU.

    Args:
        found: matches of the same files.
        compat: as the caller gave it.
        pool: compute AP-pool as well.
        started: when the evaluation began, by `time.perf_counter`.
        workers: threads, None for all cores.
    """
    frames = [one.frame for one in found]
    requests = [frame.request for frame in frames]
    return APResult(
        protocol=requests[0].protocol,
        area_from={own.iou: own.area_from or "mask" for own in requests},
        scores={one.frame.request.iou: summarise(one, pool=pool, workers=workers) for one in found},
        inputs=found[0].inputs,
        settings=ap_settings(found, compat),
        notes=each_once([note for one in found for note in notes_of_source(one)]),
        seconds=time.perf_counter() - started,
    )


def notes_of_source(one: CurveSource) -> tuple[Note, ...]:
    """The notes of matches; those on a cap over the whole set may follow from the predictions."""
    frame = one.frame
    if frame.evidence is None or frame.evidence.capped is not None:
        return frame.notes
    return one.noted(cap_notes(one)).notes
