"""`segeval ap --protocol cityscapes`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segeval_cli.progress import Advance

if TYPE_CHECKING:
    from segeval.metrics.tables import Result

OPTIONS = {"iou", "boundary_ratio", "boundary_px", "compat", "coco_style"}


def evaluated(preds: str, gt: str, parameters: Mapping[str, Any], on_progress: Advance) -> Result:
    """AP of Cityscapes' instances."""
    from segeval.metrics.cityscapes import cityscapes_ap

    iou, compat = parameters["iou"], parameters["compat"]
    return cityscapes_ap(
        preds,
        gt,
        iou=[kind.value for kind in iou] if iou else "segm",
        boundary_ratio=parameters["boundary_ratio"],
        boundary_px=parameters["boundary_px"],
        compat=compat and compat.value,
        coco_style=parameters["coco_style"],
        workers=parameters["workers"],
        on_progress=on_progress,
    )
