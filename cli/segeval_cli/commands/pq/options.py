"""Options of `segeval pq` alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from segeval_cli.options import WHAT, argument, fail_under_option, metric_option


class SegmentIou(StrEnum):
    """What IoU compares."""

    SEGM = "segm"
    BOUNDARY = "boundary"


Preds = Annotated[
    str,
    argument(
        "PREDS", "Predictions: a panoptic JSON file, or a folder of id maps; or a .match file."
    ),
]
GroundTruthPath = Annotated[
    str | None,
    argument("GT", "Ground truth: a panoptic JSON file with categories, or a folder of id maps."),
]
IouKinds = Annotated[
    list[str],
    WHAT.option(
        "--iou KIND",
        "Compare masks (segm), take the smaller of mask and boundary IoU (boundary), or both: "
        "segm,boundary.",
        autocompletion=lambda: list(SegmentIou),
        show_default=True,
    ),
]
Compat = Annotated[
    Literal["official"] | None,
    WHAT.option("--compat", "Reproduce panopticapi and its boundary fork, known bugs included."),
]
FailUnder = Annotated[float | None, fail_under_option("PQ")]
Metric = Annotated[str | None, metric_option("pq", "things.pq")]
