"""The options of `segeval convert openimages-to-coco` and `coco-to-openimages`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.options import FILES, OUTPUT

Boxes = Annotated[
    Path | None, FILES.option("--boxes CSV", "Ground-truth boxes, with the column IsGroupOf.")
]
ImageLabels = Annotated[
    Path | None,
    FILES.option(
        "--labels CSV", "Verified image labels; they cover images and classes without objects."
    ),
]
PredsFile = Annotated[Path | None, FILES.option("--preds CSV", "Predictions to convert too.")]
CocoPreds = Annotated[
    str | None, FILES.option("--preds FILE", "Predictions to convert too: .json.")
]
PredsOutput = Annotated[
    Path | None, OUTPUT.option("--preds-output FILE", "Predictions to write: .json.")
]
ClassIds = Annotated[
    Path | None, FILES.option("--classes CSV", "Category ids: columns id and LabelName.")
]
ImageSizes = Annotated[
    Path | None,
    FILES.option(
        "--sizes CSV", "Sizes of images without a mask: ImageID, ImageWidth, ImageHeight."
    ),
]
