"""`segeval ap --protocol cityscapes`."""

from __future__ import annotations

from segeval_cli.commands.ap.request import ApRequest, Evaluated
from segeval_cli.progress import Clock, working


def evaluated(asked: ApRequest) -> Evaluated:
    """AP of Cityscapes' instances."""
    clock = Clock(is_heard=asked.verbose)
    with working(f"evaluating {asked.preds}", quiet=asked.quiet) as advance:
        from segeval.metrics.cityscapes import cityscapes_ap

        clock.say_loaded()
        result = cityscapes_ap(
            asked.preds,
            asked.gt,
            iou=asked.iou or ("segm",),
            boundary_ratio=asked.boundary_ratio,
            boundary_px=asked.boundary_px,
            compat=asked.compat,
            coco_style=asked.coco_style,
            workers=asked.workers,
            on_progress=advance,
        )
        clock.say("read and evaluated")
    return Evaluated(result)
