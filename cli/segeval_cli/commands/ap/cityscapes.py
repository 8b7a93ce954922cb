"""`segeval ap --protocol cityscapes`."""

from __future__ import annotations

from segeval_cli.commands.ap.request import ApOutcome, ApRequest
from segeval_cli.progress import working


def evaluate(asked: ApRequest) -> ApOutcome:
    """Instance AP of Cityscapes."""
    arguments = asked.arguments
    with working(f"evaluating {asked.preds}", quiet=asked.quiet) as advance:
        from segeval.metrics.cityscapes import cityscapes_ap

        asked.clock.say_loaded()
        result = cityscapes_ap(
            asked.preds,
            asked.gt,
            iou=arguments.iou or ("segm",),
            boundary_ratio=arguments.boundary_ratio,
            boundary_px=arguments.boundary_px,
            compat=arguments.compat,
            coco_style=asked.coco_style,
            workers=asked.workers,
            on_progress=advance,
        )
        asked.clock.say("read and evaluated")
    return ApOutcome(result)
