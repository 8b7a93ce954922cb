"""Options of `segeval pq` alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import typer

from segeval_cli.options import WHAT, argument, fail_under_option, value_option


class SegmentIou(StrEnum):
    """What IoU compares."""

    SEGM = "segm"
    BOUNDARY = "boundary"


Preds = Annotated[str, argument("PREDS", "Predictions: a panoptic JSON file.")]
GroundTruthPath = Annotated[
    str, argument("GT", "Ground truth: a panoptic JSON file with categories.")
]
IouKinds = Annotated[
    list[SegmentIou],
    typer.Option(
        "--iou",
        help="Compare masks, or take the smaller of mask and boundary IoU (boundary PQ); may be "
        "repeated.",
        rich_help_panel=WHAT,
    ),
]
Compat = Annotated[
    Literal["official"] | None,
    value_option(
        "--compat", None, "Reproduce panopticapi and its boundary fork, known bugs included.", WHAT
    ),
]
FailUnder = Annotated[float | None, fail_under_option("PQ")]
