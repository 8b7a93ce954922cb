"""Options of `segeval miou` alone."""

from __future__ import annotations

from typing import Annotated

from segeval_cli.options import argument, fail_under_option, metric_option

Preds = Annotated[
    str,
    argument(
        "PREDS",
        "Predicted label maps: a folder of .png or .npy files, or one file; or a .match file.",
    ),
]
GroundTruthPath = Annotated[
    str | None,
    argument("GT", "Ground-truth label maps, paired by name (Cityscapes: city_sequence_frame)."),
]
FailUnder = Annotated[float | None, fail_under_option("mIoU")]
Metric = Annotated[str | None, metric_option("miou", "categories.road.iou")]
