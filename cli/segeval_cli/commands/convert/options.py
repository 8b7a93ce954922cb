"""The options of `segeval convert openimages-to-coco` and `coco-to-openimages`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.options import FILES, OUTPUT, value_option

Boxes = Annotated[
    Path | None,
    value_option("--boxes", "CSV", "Ground-truth boxes, with the column IsGroupOf.", FILES),
]
ImageLabels = Annotated[
    Path | None,
    value_option(
        "--labels",
        "CSV",
        "Verified image labels; they cover images and classes without objects.",
        FILES,
    ),
]
PredsFile = Annotated[
    Path | None, value_option("--preds", "CSV", "Predictions to convert too.", FILES)
]
CocoPreds = Annotated[
    str | None, value_option("--preds", "FILE", "Predictions to convert too: .json.", FILES)
]
PredsOutput = Annotated[
    Path | None, value_option("--preds-output", "FILE", "Predictions to write: .json.", OUTPUT)
]
ClassIds = Annotated[
    Path | None, value_option("--classes", "CSV", "Category ids: columns id and LabelName.", FILES)
]
ImageSizes = Annotated[
    Path | None,
    value_option(
        "--sizes", "CSV", "Sizes of images without a mask: ImageID, ImageWidth, ImageHeight.", FILES
    ),
]
