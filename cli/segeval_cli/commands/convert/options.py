"""The options of `segeval convert openimages-to-coco` and `coco-to-openimages`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.options import FILES, OUTPUT

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
