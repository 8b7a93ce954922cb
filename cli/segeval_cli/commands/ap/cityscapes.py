"""`segeval ap --protocol cityscapes`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval_cli.commands.ap.protocols import Evaluated
from segeval_cli.progress import Clock, working

OPTIONS = {"iou", "boundary_ratio", "boundary_px", "compat", "coco_style"}


def evaluated(preds: str, gt: str, parameters: Mapping[str, Any]) -> Evaluated:
    """AP of Cityscapes' instances."""
    clock = Clock(is_heard=parameters["verbose"])
    with working(f"evaluating {preds}", quiet=parameters["quiet"]) as advance:
        from segeval.metrics.cityscapes import cityscapes_ap

        clock.say_loaded()
        result = cityscapes_ap(
            preds,
            gt,
            iou=[str(kind) for kind in parameters["iou"] or ("segm",)],
            boundary_ratio=parameters["boundary_ratio"],
            boundary_px=parameters["boundary_px"],
            compat=parameters["compat"],
            coco_style=parameters["coco_style"],
            workers=parameters["workers"],
            on_progress=advance,
        )
        clock.say("read and evaluated")
    return Evaluated(result)
