"""The options of several kinds of `segeval convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.options import FILES, OUTPUT, WHICH

Boxes = Annotated[
    Path | None, FILES.reading("--boxes CSV", "Ground-truth boxes, with the column IsGroupOf.")
]
ImageLabels = Annotated[
    Path | None,
    FILES.reading(
        "--labels CSV", "Verified image labels; they cover images and classes without objects."
    ),
]
PredsFile = Annotated[Path | None, FILES.reading("--preds CSV", "Predictions to convert too.")]
CocoPreds = Annotated[
    str | None, FILES.reading("--preds FILE", "Predictions to convert too: .json.")
]
PredsOutput = Annotated[
    Path | None, OUTPUT.option("--preds-output FILE", "Predictions to write: .json.")
]
ClassIds = Annotated[
    Path | None, FILES.reading("--classes CSV", "Category ids: columns id and LabelName.")
]
ImageSizes = Annotated[
    Path | None,
    FILES.reading(
        "--sizes CSV", "Sizes of images without a mask: ImageID, ImageWidth, ImageHeight."
    ),
]
SkipUnknown = Annotated[
    bool,
    WHICH.option("--skip-unknown", "Leave out kinds of shapes that COCO lacks, and count them."),
]
BoxesAsMasks = Annotated[
    bool,
    WHICH.option("--boxes-as-masks", "Give objects that are boxes a mask: the whole rectangle."),
]
