"""The settings in the result of an AP evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segeval.metrics.boundary_settings import NO_BOUNDARIES
from segeval.metrics.coco.curve_source import CurveSource


def ap_settings(found: Sequence[CurveSource], compat: str | None) -> dict[str, Any]:
    """The settings asked for, as plain values.

    Args:
        found: matches of the same files, one for each kind of IoU.
        compat: as the caller gave it.
    """
    request, buckets = found[0].frame.request, found[0].frame.buckets[1:]
    rules, requests = request.protocol, {one.frame.request.iou: one.frame.request for one in found}
    widths = (own.boundary for own in requests.values() if own.boundary.compared)
    area_from = {iou: own.area_from or "mask" for iou, own in requests.items()}
    return {
        "protocol": rules.name,
        "compat": compat,
        "packages": {iou: own.compat for iou, own in requests.items()},
        "iou": list(requests),
        **next(widths, NO_BOUNDARIES).settings(),
        "thresholds": list(rules.thresholds),
        "sizes": [size.to_dict() for size in buckets],
        "area_from": area_from if len(set(area_from.values())) > 1 else area_from[request.iou],
        "max_dets": list(rules.max_dets),
        "cap_scope": rules.cap_scope,
        "agnostic": rules.agnostic,
        "categories": None if request.categories is None else list(request.categories),
        "images": None if request.images is None else list(request.images),
        "min_score": request.min_score,
        "skip_unknown": request.skip_unknown,
        "honour_ignore": request.honour_ignore,
        "ties": "score descending, then image id, then file order",
    }
