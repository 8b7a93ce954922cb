"""Options of `segeval report` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from segeval_cli.options import OUTPUT, WHAT, WHICH, argument, output_option

Files = Annotated[
    list[str],
    argument(
        "PREDS [B] GT",
        "Predictions of one model or two, then ground truth: COCO, LVIS or panoptic, .json or "
        '.json.gz, "-" for standard input; or folders of label maps. B is compared with the first.',
    ),
]
OutputFile = Annotated[Path | None, output_option("The page to write: .html.")]
Title = Annotated[
    str | None, OUTPUT.option("--title TEXT", "Heading of the page. Default: the files' names.")
]
Photographs = Annotated[
    Path | None,
    WHICH.reading(
        "--images DIR",
        "Folder of the photographs, for the images that are shown. Default: grey.",
    ),
]
Top = Annotated[
    int,
    WHICH.option(
        "--top N",
        "Images that are shown: those with the largest loss, or that change most from A to B.",
        min=0,
        max=200,
        show_default=True,
    ),
]
Slice = Annotated[
    str | None,
    WHICH.reading(
        "--slice SOURCE",
        "Also tell apart parts of the images: by a field of the images in GT, or by a .csv of "
        "image and label.",
    ),
]
Suspects = Annotated[
    Path | None,
    OUTPUT.option(
        "--suspects FILE",
        "Also write what may be wrong in the ground truth: .jsonl, a line for each "
        "object that it may lack, or call by another name.",
    ),
]
MaxMb = Annotated[
    float,
    OUTPUT.option(
        "--max-mb MB",
        "Largest page: photographs become smaller to fit, then images are left out.",
        show_default=True,
    ),
]
Theme = Annotated[
    Literal["auto", "light", "dark"],
    OUTPUT.option("--theme", "Colours; auto follows the reader's system.", show_default=True),
]
Date = Annotated[
    str | None,
    OUTPUT.option(
        "--date TEXT",
        'Print this date; "today" is that of the run. Default: none, so that the same files give '
        "the same bytes.",
    ),
]
Margin = Annotated[
    float,
    WHAT.option(
        "--margin POINTS",
        "Differences between two models up to this are of no interest, in points.",
    ),
]
