"""Options of `segeval miou` alone."""

from __future__ import annotations

from typing import Annotated, Literal

from segeval_cli.label_map_options import classes_option
from segeval_cli.options import (
    WHAT,
    argument,
    fail_under_option,
)

Preds = Annotated[
    str, argument("PREDS", "Predicted label maps: a folder of .png or .npy files, or one file.")
]
GroundTruthPath = Annotated[
    str,
    argument("GT", "Ground-truth label maps, paired by name (Cityscapes: city_sequence_frame)."),
]
Classes = Annotated[str, classes_option()]
Compat = Annotated[
    Literal["official", "detectron2"] | None,
    WHAT.option(
        "--compat",
        "Reproduce a tool: cityscapesScripts (official), or detectron2 with its boundary IoU.",
    ),
]
FailUnder = Annotated[float | None, fail_under_option("mIoU")]
