"""Options of `segeval experts` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from segeval_cli.options import OUTPUT, Iou, Panel

HOW = Panel("Which categories")
CLASSIFIER = Panel("What the confusion is taken from")

SOURCES = ("confusion", "hierarchy", "weights")

Sources = Annotated[
    list[str] | None,
    CLASSIFIER.option(
        "--source SOURCE",
        "confusion (of the predictions, the default), weights (of the classifier), hierarchy, or "
        "several with commas: a category needs one of them.",
        autocompletion=lambda: list(SOURCES),
    ),
]
Classifier = Annotated[
    Path | None,
    CLASSIFIER.reading(
        "--classifier FILE",
        "Weights of the model, for weights: .npz, .safetensors, .pth or .pt.",
    ),
]
WeightName = Annotated[
    str | None,
    CLASSIFIER.option(
        "--weight-name NAME",
        "The classifier's last layer in it: a row for each category by ascending ids, and perhaps "
        "one for the background. Default: the only table in it.",
    ),
]
BackgroundRow = Annotated[
    Literal["first", "last"],
    CLASSIFIER.option("--background", "Where the row of the background stands.", show_default=True),
]
Hierarchy = Annotated[
    str | None,
    CLASSIFIER.reading(
        "--hierarchy FILE",
        "Tree of the categories, for hierarchy, such as bbox_labels_600_hierarchy.json.",
    ),
]
Count = Annotated[
    int, HOW.option("--count N", "Number of the weakest categories.", min=1, show_default=True)
]
MinGt = Annotated[
    int,
    HOW.option(
        "--min-gt N", "Categories with fewer objects are not judged.", min=1, show_default=True
    ),
]
Thresholds = Annotated[
    float | None,
    HOW.option(
        "--threshold C",
        "Confusion above which a category counts, of the one source. Default: 0.05 of confusion, "
        "0.25 of weights.",
    ),
]
TargetRatio = Annotated[
    float | None,
    HOW.option(
        "--target-ratio R",
        "Choose that threshold for R images with confused categories alone to each image with "
        "weak ones.",
    ),
]
IouKind = Annotated[
    Iou | None, HOW.option("--iou", "What IoU compares. Default: masks, segm.")
]  # fmt: skip
PositiveList = Annotated[
    Path | None,
    OUTPUT.option(
        "--positive-list FILE", "Also write the ids of the weak categories, one in each line: .txt."
    ),
]
NegativeList = Annotated[
    Path | None,
    OUTPUT.option("--negative-list FILE", "The same for those that are confused with them."),
]
