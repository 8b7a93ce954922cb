"""Options of `segeval draw` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from segeval_cli.options import OUTPUT, WHICH, Panel, argument, output_option

LOOK = Panel("How it looks")

Preds = Annotated[
    str, argument("PREDS", 'Predictions: .json, .json.gz or .jsonl, or "-" for standard input.')
]
GroundTruthPath = Annotated[
    str | None,
    argument(
        "GT",
        "Ground truth, which names photographs and categories: .json or .json.gz. Without it, "
        "names of photographs end with the id of their image.",
    ),
]
Photographs = Annotated[Path, WHICH.reading("--images DIR", "Folder of the photographs.")]
Chosen = Annotated[
    list[str],
    WHICH.option(
        "--image IDS",
        "Only these images: ids or names of files, separated by commas, @file for a list, ~id to "
        "leave one out.",
    ),
]
MinScore = Annotated[
    float,
    WHICH.option("--min-score S", "Leave out predictions with a lower score.", show_default=True),
]
MaxDets = Annotated[
    int,
    WHICH.option("--max-dets N", "Draw the best N of each image.", min=1, show_default=True),
]
Output = Annotated[
    Path,
    output_option(
        "A new folder for a picture per image, or one sheet: .png, .jpg or .webp.", "PATH"
    ),
]
Format = Annotated[
    Literal["jpg", "png", "webp"],
    OUTPUT.option("--format", "Of the pictures in a folder.", show_default=True),
]
Top = Annotated[
    int, OUTPUT.option("--top N", "Images on a sheet, the first ones.", min=1, show_default=True)
]
Columns = Annotated[
    int,
    LOOK.option("--columns N", "Pictures in a row of a sheet.", min=1, max=50, show_default=True),
]
Longest = Annotated[
    int | None,
    LOOK.option(
        "--longest PX",
        "Longest side of a picture; larger photographs are scaled down. Default: 1333, on a sheet "
        "480.",
        min=32,
        max=16383,
    ),
]
Labels = Annotated[
    bool,
    LOOK.option("--labels/--no-labels", "Write category and score beside each.", show_default=True),
]
