"""Average precision: from two files, or what was loaded from them, to a result."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from segeval.data import GroundTruth, Predictions, load_ground_truth, load_predictions
from segeval.data.files import STANDARD_INPUT
from segeval.errors import FormatError, InputError, Note
from segeval.metrics.coco.arguments import check_choices, protocol_with, with_boundary
from segeval.metrics.coco.compat import (
    BOUNDARY_API,
    OFFICIAL,
    check_compat,
    package_of,
    rules_for,
)
from segeval.metrics.coco.evaluate import evaluate
from segeval.metrics.coco.geometry import first_record
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.coco.result import APResult, Scores
from segeval.metrics.coco.selection import Request, Selection, select
from segeval.metrics.coco.summary import summarise
from segeval.metrics.sizes import SizeBucket
from segeval.words import counted

PredictionsSource = Predictions | str | Path | Sequence[Any]
GroundTruthSource = GroundTruth | str | Path | Mapping[str, Any]

Chosen = int | str | Sequence[int | str] | None
"""Ids or names; a single one may stand for itself."""


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
    skip_unknown: bool = False,
    honour_ignore: bool = False,
    workers: int | None = None,
) -> APResult:
    """AP, AR and their tables by size, category, frequency and image.

    Args:
        preds: predictions, or a path or list to load them from.
        gt: ground truth, or a path or dictionary to load it from.
        iou: "segm" (masks), "boundary" (the smaller one of mask IoU and boundary IoU), "bbox"
            (boxes), or several kinds; by default what the protocol compares.
        protocol: "coco", "lvis", "lvis-fixed" (10,000 predictions per category over the set),
            "lvis-2021" (the same with boundaries) or "ap-star" (a COCO model on LVIS's
            annotations); by default "lvis" or "coco", as the ground truth's keys say.
        compat: "official": reproduce the official package of the protocol and the kind of IoU, its
            known faults included; or the name of one, "pycocotools" or "lvis".
        sizes: size buckets: a preset, a text as `segeval.metrics.sizes.buckets` reads it, or
            buckets; by default those of the protocol ("coco" and "lvis": 32 and 96 pixels).
        max_dets: caps on predictions, per image and category (COCO), per image (LVIS) or per
            category (fixed AP); AP is taken at the largest; 0 means no limit.
        thresholds: IoU thresholds in (0, 1], by default 0.50 to 0.95 in steps of 0.05.
        area_from: the area of a prediction for its size bucket: "mask" or "bbox"; by default the
            mask's, or the box's where boxes are compared that the predictions come with.
        boundary_ratio: width of the boundary as a part of the image's diagonal, by default 0.02.
        boundary_px: width of the boundary in pixels for all images, instead of the ratio.
        pool: compute AP-pool as well: predictions of all categories in one ranking.
        categories: ids or names to evaluate; "~name" leaves one out.
        images: ids or file names to evaluate, with or without their folder; "~name" leaves one out.
        agnostic: take all categories as one (COCO only).
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
    started = time.perf_counter()
    ious = None if iou is None else (iou,) if isinstance(iou, str) else tuple(dict.fromkeys(iou))
    check_choices(ious, compat, area_from, workers, honour_ignore=honour_ignore)
    preds, gt = _loaded(preds, gt, workers)
    rules = protocol_with(
        gt, protocol, compat, sizes, max_dets, thresholds, agnostic=agnostic
    )  # fmt: skip
    ious = ious or (rules.iou,)
    rules = with_boundary(rules, ious, boundary_ratio, boundary_px)
    check_compat(compat, rules, ious)
    request = Request(
        rules,
        compat,
        _several(categories, "categories"),
        _several(images, "images"),
        skip_unknown,
        honour_ignore,
    )
    requests = {kind: _for_kind(request, kind) for kind in ious}
    scores = {}
    area_sources = {kind: _area_from(preds, requests[kind], kind, area_from) for kind in ious}
    selection = select(preds, gt, requests[ious[0]])
    notes = [*preds.notes, *gt.notes, *selection.notes]
    for kind, own in requests.items():
        if compat == OFFICIAL and kind != ious[0]:  # each package has ways of its own
            selection = select(preds, gt, own)
        scores[kind], found = _scores(
            preds, gt, selection, own, kind, area_sources[kind], pool=pool, workers=workers
        )
        told = {note.code for note in notes if note.code.startswith("area-from")}
        notes += [
            note
            for note in (*selection.notes, *found)
            if note not in notes and note.code not in told
        ]
    if len(selection.gt) == 0:
        notes.append(Note("no-ground-truth", f"{gt.source}: no annotation takes part", 0))
    return APResult(
        protocol=rules,
        compat=compat,
        packages={kind: own.compat for kind, own in requests.items()},
        area_from=area_sources,
        scores=scores,
        inputs={
            "preds": {"path": preds.source, "count": len(preds)},
            "gt": {
                "path": gt.source,
                "count": len(gt),
                "images": len(selection.image_ids),
                "categories": len(selection.category_ids),
            },
        },
        chosen={
            "categories": request.categories,
            "images": request.images,
            "skip_unknown": skip_unknown,
            "honour_ignore": honour_ignore,
        },
        notes=tuple(notes),
        seconds=time.perf_counter() - started,
    )


def _for_kind(request: Request, iou: str) -> Request:
    """The request for one kind of IoU, by the rules of the package that is reproduced, if any."""
    package = request.compat
    if package == OFFICIAL:
        package = package_of(request.protocol, iou)
    return replace(request, protocol=rules_for(request.protocol, iou, package), compat=package)


def _scores(
    preds: Predictions,
    gt: GroundTruth,
    selection: Selection,
    request: Request,
    iou: str,
    area_from: str,
    *,
    pool: bool,
    workers: int | None,
) -> tuple[Scores, list[Note]]:
    """The numbers of one kind of IoU."""
    matches, found = evaluate(
        preds, gt, selection, request, iou=iou, area_from=area_from, workers=workers
    )
    scores = summarise(matches, gt, selection, request, iou=iou, pool=pool, workers=workers)
    notes = [*_ignore_notes(gt, request, iou), *found]
    return scores, notes + _area_notes(preds, request, iou, area_from)


def _several(chosen: Chosen, name: str) -> list[int | str] | None:
    """Ids or names as a list."""
    if chosen is None:
        return None
    several = [chosen] if isinstance(chosen, int | str) else list(chosen)
    if not several:
        raise InputError(f"{name} is empty, expected ids or names, or None for all", code=name)
    return several


def _loaded(
    preds: PredictionsSource, gt: GroundTruthSource, workers: int | None
) -> tuple[Predictions, GroundTruth]:
    """Both files as columns, read at the same time where both are paths."""
    paths = [str(source) for source in (preds, gt) if isinstance(source, str | Path)]
    if paths == [STANDARD_INPUT, STANDARD_INPUT]:
        raise InputError("only one of the two files can be standard input", code="input")
    if isinstance(preds, GroundTruth) or isinstance(gt, Predictions):
        raise InputError("preds and gt are swapped: predictions come first", code="swapped")
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(_ground_truth, gt)
        try:
            if not isinstance(preds, Predictions):
                preds = load_predictions(preds, workers=workers)
        except FormatError as error:
            if error.code == "swapped" and _is_swapped(later.exception()):
                command = f": segeval ap {gt} {preds}" if isinstance(gt, str | Path) else "."
                raise InputError(
                    'the first file is ground truth (it has "annotations"), the second a list of '
                    f"predictions. Swap them{command}",
                    code="swapped",
                    path=error.path,
                ) from None
            raise
        return preds, later.result()


def _ground_truth(gt: GroundTruthSource) -> GroundTruth:
    return gt if isinstance(gt, GroundTruth) else load_ground_truth(gt)


def _is_swapped(error: BaseException | None) -> bool:
    return isinstance(error, FormatError) and error.code == "swapped"


def _area_from(preds: Predictions, request: Request, iou: str, asked: str | None) -> str:
    """Where the area of a prediction comes from."""
    if request.protocol.removes_boxes and iou != "bbox":
        return asked or "mask"
    if request.compat is not None:
        has_box = len(preds) > 0 and bool(preds.has_box[first_record(preds, request)])
        return "bbox" if has_box else "mask"
    if asked is not None:
        return asked
    return "mask" if iou != "bbox" or not preds.has_box.any() else "bbox"


def _area_notes(preds: Predictions, request: Request, iou: str, area_from: str) -> list[Note]:
    """When the area rule makes a difference: the package takes what the first record has."""
    both = int((preds.has_box & (preds.segments.format != 0)).sum())
    if not both or (request.protocol.removes_boxes and iou != "bbox"):
        return []
    package = package_of(request.protocol, iou)
    first_has_box = bool(preds.has_box[first_record(preds, request)])
    if request.compat is not None:
        if iou == "bbox" or not first_has_box:
            return []
        message = (
            f"the first record has a bbox, so {package} sorts predictions into size buckets "
            "by their boxes; APs by size differ from those of the masks"
        )
        return [Note("area-from-bbox", message, both)]
    if first_has_box == (area_from == "bbox"):
        return []
    if area_from == "mask":
        found = counted(both, "prediction has", "predictions have")
        message = (
            f"{found} a bbox beside the mask: size buckets go by the mask; {package} would take "
            "the box (--area-from bbox)"
        )
        return [Note("area-from-mask", message, both)]
    message = (
        f"size buckets go by the boxes; {package} would take the masks, because the first record "
        "has no bbox (--area-from mask)"
    )
    return [Note("area-from-bbox", message, both)]


def _ignore_notes(gt: GroundTruth, request: Request, iou: str) -> list[Note]:
    """COCO's `ignore` field, which pycocotools overwrites with iscrowd and boundary AP heeds."""
    count = int((gt.ignore & ~gt.is_crowd).sum())
    if not count or request.honour_ignore:
        return []
    found = counted(count, "annotation has", "annotations have")
    if request.protocol.uses_ignore:
        if iou != "boundary" or request.protocol.federated:
            return []
        message = f"{found} ignore set, which boundary AP leaves out, as {BOUNDARY_API} does"
        return [Note("ignore-used", message, count)]
    message = f"{found} ignore set, which is not used, as in pycocotools (--honour-ignore uses it)"
    return [Note("ignore-unused", message, count)]
