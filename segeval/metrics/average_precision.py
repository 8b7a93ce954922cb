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
from segeval.data.wording import counted
from segeval.errors import FormatError, InputError, Note
from segeval.metrics.evaluate import evaluate
from segeval.metrics.geometry import first_record
from segeval.metrics.matching import MOST_THRESHOLDS
from segeval.metrics.protocol import PROTOCOLS, Protocol
from segeval.metrics.result import APResult
from segeval.metrics.selection import Request, select
from segeval.metrics.sizes import SizeBucket, buckets
from segeval.metrics.summary import summarise

PredictionsSource = Predictions | str | Path | Sequence[Any]
GroundTruthSource = GroundTruth | str | Path | Mapping[str, Any]

COMPAT = {"pycocotools": "coco", "lvis": "lvis"}
"""The official packages that can be reproduced, and the protocol of each."""

IOUS = ("segm", "bbox")

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
        iou: "segm" (masks), "bbox" (boxes), or several kinds.
        protocol: "coco" or "lvis"; by default what the ground truth's keys say.
        compat: "pycocotools" or "lvis": reproduce that package, its known faults included.
        sizes: size buckets: a preset, a text as `segeval.metrics.sizes.buckets` reads it, or
            buckets; by default those of the protocol ("coco" and "lvis": 32 and 96 pixels).
        max_dets: caps on predictions, per image and category (COCO) or per image (LVIS); AP is
            taken at the largest; 0 means no limit.
        thresholds: IoU thresholds in (0, 1], by default 0.50 to 0.95 in steps of 0.05.
        area_from: the area of a prediction for its size bucket: "mask" or "bbox"; by default the
            mask's, or the box's where boxes are compared that the predictions come with.
        categories: ids or names to evaluate.
        images: ids or file names to evaluate.
        agnostic: take all categories as one (COCO only).
        skip_unknown: drop records of unknown images and categories, and count them.
        honour_ignore: let COCO's `ignore` field take annotations out of the count.
        workers: threads, None for all cores; the numbers do not depend on it.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for two files that do not belong together.

    Source:
        Equal to pycocotools 2.0.11 and lvis 0.5.3 on clean files, to the last bit.

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
    iou = "segm" if iou is None else iou
    ious = (iou,) if isinstance(iou, str) else tuple(dict.fromkeys(iou))
    _check_choices(ious, compat, area_from, workers, honour_ignore=honour_ignore)
    preds, gt = _loaded(preds, gt, workers)
    rules = _rules(gt, protocol, compat, sizes, max_dets, thresholds, agnostic=agnostic)
    request = Request(
        rules,
        compat,
        _several(categories, "categories"),
        _several(images, "images"),
        skip_unknown,
        honour_ignore,
    )
    selection = select(preds, gt, request)
    notes = [*preds.notes, *gt.notes, *selection.notes, *_ignore_notes(gt, request)]
    if len(selection.gt) == 0:
        notes.append(Note("no-ground-truth", f"{gt.source}: no annotation takes part", 0))
    scores = {}
    area_sources = {}
    for kind in ious:
        area_sources[kind] = _area_from(preds, request, kind, area_from)
        matches, found = evaluate(
            preds, gt, selection, request,
            iou=kind, area_from=area_sources[kind], workers=workers,
        )  # fmt: skip
        notes += [note for note in found if note not in notes]
        notes += _area_notes(preds, request, kind, area_sources[kind])
        scores[kind] = summarise(matches, gt, selection, request, iou=kind, workers=workers)
    return APResult(
        protocol=rules,
        compat=compat,
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


def _check_choices(
    ious: Sequence[str],
    compat: str | None,
    area_from: str | None,
    workers: int | None,
    *,
    honour_ignore: bool,
) -> None:
    """Refuse names that are not among the choices, and choices that exclude each other."""
    for value, name, choices in (
        *((kind, "iou", IOUS) for kind in ious),
        (compat, "compat", tuple(COMPAT)),
        (area_from, "area_from", ("mask", "bbox")),
    ):
        if value is not None and value not in choices:
            raise InputError(
                f"{name} is {value!r}, expected one of {', '.join(choices)}", code=name
            )
    if not ious:
        raise InputError(f"iou is empty, expected some of {', '.join(IOUS)}", code="iou")
    if workers is not None and workers < 1:
        raise InputError(f"workers is {workers}, expected 1 or more", code="workers")
    if compat is not None and area_from is not None:
        raise InputError(
            f"area_from cannot be chosen with compat: {compat} has a rule of its own", code="compat"
        )
    if compat is not None and honour_ignore:
        raise InputError(
            f"honour_ignore cannot be chosen with compat: {compat} has a rule of its own",
            code="compat",
        )


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


def _rules(
    gt: GroundTruth,
    protocol: str | Protocol | None,
    compat: str | None,
    sizes: str | Sequence[SizeBucket | float] | None,
    max_dets: int | Sequence[int] | None,
    thresholds: float | Sequence[float] | None,
    *,
    agnostic: bool,
) -> Protocol:
    """The protocol with the user's settings in it."""
    if protocol is None and compat is None and gt.lvis_gap:
        raise FormatError(
            f"{gt.source}: some records have LVIS keys, but {gt.lvis_gap}. Complete the file, or "
            "choose --protocol coco.",
            code="half-lvis",
            path=gt.source,
        )
    if protocol is None:
        protocol = COMPAT[compat] if compat else "lvis" if gt.is_lvis else "coco"
    if isinstance(protocol, str):
        if protocol not in PROTOCOLS:
            raise InputError(
                f"protocol is {protocol!r}, expected one of {', '.join(PROTOCOLS)}",
                code="protocol",
            )
        protocol = PROTOCOLS[protocol]
    if compat is not None and COMPAT[compat] != protocol.name:
        raise InputError(
            f"compat {compat} has the protocol {COMPAT[compat]}, not {protocol.name}", code="compat"
        )
    if agnostic and protocol.federated:
        raise InputError(
            "agnostic does not go with lvis: each image is annotated for some categories only",
            code="agnostic",
        )
    if sizes is not None:
        protocol = replace(protocol, sizes=buckets(sizes))
    if max_dets is not None:
        protocol = replace(protocol, max_dets=_caps(max_dets, compat))
    if thresholds is not None:
        protocol = replace(protocol, thresholds=_thresholds(thresholds))
    return replace(protocol, agnostic=agnostic)


def _caps(max_dets: int | Sequence[int], compat: str | None) -> tuple[int, ...]:
    """Caps in increasing order, 0 (no limit) last."""
    given: Any = max_dets
    caps = (given,) if isinstance(given, int | float) else tuple(given)
    whole = all(isinstance(cap, int) and cap >= 0 for cap in caps)
    if not caps or not whole or len(set(caps)) < len(caps):
        raise InputError(
            f"max_dets is {', '.join(map(str, caps)) or 'empty'}, expected different numbers of 0 "
            "and more",
            code="max-dets",
        )
    if compat == "pycocotools" and (len(caps) != 3 or 0 in caps):
        raise InputError(
            f"max_dets is {', '.join(map(str, caps))}: pycocotools needs three caps of 1 and more",
            code="max-dets",
        )
    if compat == "lvis" and len(caps) != 1:
        raise InputError("max_dets: lvis has a single cap", code="max-dets")
    return tuple(sorted(caps, key=lambda cap: cap or float("inf")))


def _thresholds(thresholds: float | Sequence[float]) -> tuple[float, ...]:
    """Thresholds in increasing order."""
    values: Any = thresholds
    given = [values] if isinstance(values, int | float) else list(values)
    if isinstance(values, str) or not all(isinstance(t, int | float) for t in given):
        raise InputError(f"thresholds is {thresholds!r}, expected numbers", code="thresholds")
    ordered = tuple(sorted(float(threshold) for threshold in given))
    if not ordered or not all(0 < threshold <= 1 for threshold in ordered):
        raise InputError(
            f"thresholds are {', '.join(map(str, given)) or 'empty'}, expected numbers above "
            "0 and up to 1",
            code="thresholds",
        )
    if len(ordered) > MOST_THRESHOLDS or len(set(ordered)) < len(ordered):
        raise InputError(
            f"{len(ordered)} thresholds, expected up to {MOST_THRESHOLDS} different ones",
            code="thresholds",
        )
    return ordered


def _area_from(preds: Predictions, request: Request, iou: str, asked: str | None) -> str:
    """Where the area of a prediction comes from."""
    if request.compat is not None:
        has_box = len(preds) > 0 and bool(preds.has_box[first_record(preds, request)])
        return "bbox" if has_box else "mask"
    if asked is not None:
        return asked
    return "mask" if iou == "segm" or not preds.has_box.any() else "bbox"


def _area_notes(preds: Predictions, request: Request, iou: str, area_from: str) -> list[Note]:
    """When the area rule makes a difference: the package takes what the first record has."""
    both = int((preds.has_box & (preds.segments.format != 0)).sum())
    if not both:
        return []
    package = _package(request)
    first_has_box = bool(preds.has_box[first_record(preds, request)])
    if request.compat is not None:
        if iou != "segm" or not first_has_box:
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


def _package(request: Request) -> str:
    """The official package of the protocol."""
    return next(name for name, protocol in COMPAT.items() if protocol == request.protocol.name)


def _ignore_notes(gt: GroundTruth, request: Request) -> list[Note]:
    """COCO's `ignore` field, which pycocotools overwrites with iscrowd."""
    count = int((gt.ignore & ~gt.is_crowd).sum())
    if not count or request.protocol.uses_ignore or request.honour_ignore:
        return []
    message = (
        f"{counted(count, 'annotation has', 'annotations have')} ignore set, which is not used, as "
        "in pycocotools (--honour-ignore uses it)"
    )
    return [Note("ignore-unused", message, count)]
