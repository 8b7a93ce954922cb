"""The area of a prediction for its size bucket: of its mask, or of its box."""

from __future__ import annotations

import numpy as np

from segeval.data import Predictions
from segeval.errors import Note
from segeval.metrics.coco.compat import package_of
from segeval.metrics.coco.request import Request
from segeval.words import counted

STOPS = "stop if the first record has one, else take the mask"
"""What the official packages do where some predictions have a box and others have none."""


def area_source(preds: Predictions, request: Request) -> str:
    """Where the area of a prediction for its size bucket comes from: "mask" or "bbox"."""
    asked, iou = request.area_from, request.iou
    if request.protocol.removes_boxes and iou != "bbox":
        return asked or "mask"
    if request.rules.first_record_decides:
        has_box = len(preds) > 0 and bool(preds.has_box[first_record(preds, request)])
        return "bbox" if has_box else "mask"
    if asked is not None:
        return asked
    return "mask" if iou != "bbox" or not preds.has_box.any() else "bbox"


def area_notes(request: Request, predictions: int, boxed: int, beside: int) -> tuple[Note, ...]:
    """Notes where the area rule matters: the official package goes by the first record.

    Args:
        request: how predictions are judged.
        predictions: number of those that take part.
        boxed: how many of them have a box.
        beside: how many have a mask too.
    """
    iou, area_from = request.iou, request.area_from
    if not beside or (request.protocol.removes_boxes and iou != "bbox"):
        return ()
    package = package_of(request.protocol, iou)
    if request.rules.first_record_decides:
        if iou == "bbox" or area_from != "bbox":
            return ()
        message = (
            f"the first record has a bbox, so {package} sorts predictions into size buckets "
            "by their boxes; APs by size differ from those of the masks"
        )
        return (Note("area-from-bbox", message, beside),)
    have = counted(beside, "prediction has", "predictions have")
    if area_from == "mask":
        some, would = "", "take the box"
        if boxed < predictions:
            some = f", {predictions - boxed:,} no bbox"
            would = STOPS
        message = (
            f"{have} a bbox beside the mask{some}: size buckets go by the mask; {package} would "
            f'{would} (`area_from="bbox"`)'
        )
        return (Note("area-from-mask", message, beside, "area_from"),)
    if boxed == predictions:
        return ()
    message = (
        f"{have} a bbox beside the mask, {predictions - boxed:,} no bbox: size buckets go by the "
        f"boxes; {package} would {STOPS} "
        '(`area_from="mask"`)'
    )
    return (Note("area-from-bbox", message, beside, "area_from"),)


def first_record(preds: Predictions, request: Request) -> int:
    """The record whose fields decide every area in the official packages.

    It is the first of the file. But lvis cuts each image (or category) to its cap beforehand: if
    the first record's group exceeds the cap, the best record of that group decides.
    """
    cap = request.protocol.max_dets[-1]
    if request.protocol.cap_scope == "image and category" or not len(preds) or not cap:
        return 0
    group = preds.image_id if request.protocol.cap_scope == "image" else preds.category_id
    same = np.flatnonzero(group == group[0])
    if len(same) <= cap:
        return 0
    return int(same[np.argmax(preds.score[same])])
