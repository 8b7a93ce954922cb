"""The area of a prediction for its size bucket: of its mask, or of its box."""

from __future__ import annotations

import numpy as np

from segeval.data import Predictions
from segeval.errors import Note
from segeval.metrics.coco.compat import package_of
from segeval.metrics.coco.request import Request
from segeval.tallies import tallied


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


def area_notes(preds: Predictions, request: Request) -> tuple[Note, ...]:
    """Notes where the area rule matters: the official package goes by the first record."""
    iou, area_from = request.iou, request.area_from
    both = int((preds.has_box & (preds.segmentations.format != 0)).sum())
    if not both or (request.protocol.removes_boxes and iou != "bbox"):
        return ()
    package = package_of(request.protocol, iou)
    first_has_box = bool(preds.has_box[first_record(preds, request)])
    if request.rules.first_record_decides:
        if iou == "bbox" or not first_has_box:
            return ()
        message = (
            f"the first record has a bbox, so {package} sorts predictions into size buckets "
            "by their boxes; APs by size differ from those of the masks"
        )
        return (Note("area-from-bbox", message, both),)
    if first_has_box == (area_from == "bbox"):
        return ()
    if area_from == "mask":
        text = (
            "{n:prediction has|predictions have} a bbox beside the mask: size buckets go by the "
            f'mask; {package} would take the box (`area_from="bbox"`)'
        )
        return (tallied("area-from-mask", text, n=both, option="area_from"),)
    message = (
        f"size buckets go by the boxes; {package} would take the masks, because the first record "
        'has no bbox (`area_from="mask"`)'
    )
    return (Note("area-from-bbox", message, both, "area_from"),)


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
