"""Options of `segeval report` alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from segeval.errors import InputError
from segeval_cli.options import OUTPUT, WHAT, WHICH, argument, output_option
from segeval_cli.suggestions import WITH_A_SECOND_MODEL

Files = Annotated[
    list[str],
    argument(
        WITH_A_SECOND_MODEL,
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
        "Two models are the same if the whole interval of their difference is within this, in "
        "points, and neither better nor worse is shown.",
    ),
]


def refuse_ids(photographs: Path | None) -> None:
    """Refuse ids of images in the place of the folder of photographs.

    Raises:
        InputError: for numbers with commas where there is no such folder.
    """
    text = str(photographs)
    if photographs is None or photographs.exists() or not re.fullmatch(r"\d+(,\d+)*", text):
        return
    raise InputError(
        f"--images {text}: no such folder, expected the one of the photographs. A page shows the "
        "worst images, as many as --top says; one image by its id is shown by segeval show PREDS "
        f"GT --image {text.partition(',')[0]}.",
        code="no-folder",
        path=text,
    )
