"""Options of `segeval show` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.options import WHAT, WHICH, argument

Preds = Annotated[
    str,
    argument(
        "PREDS",
        'Predictions: .json, .json.gz or .jsonl, "-" for standard input; panoptic, .json; or a '
        "folder of label maps.",
    ),
]
GroundTruthPath = Annotated[
    str, argument("GT", "Ground truth: COCO, LVIS or panoptic, .json; or a folder of label maps.")
]
ImageName = Annotated[str, WHICH.option("--image ID", "The image: its id or its file name.")]
Photographs = Annotated[
    Path | None,
    WHICH.reading("--images DIR", "Folder of the photographs. Default: masks on grey."),
]
Threshold = Annotated[
    float,
    WHAT.option("--threshold IOU", "IoU from which a prediction is true.", show_default=True),
]
MinScore = Annotated[
    float,
    WHICH.option("--min-score S", "Leave out predictions with a lower score.", show_default=True),
]
