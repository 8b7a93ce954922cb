"""Options of `segeval report` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from segeval_cli.options import OUTPUT, WHAT, argument, output_option

Files = Annotated[
    list[str],
    argument(
        "PREDS [B] GT",
        "Predictions of one model or two, then ground truth, COCO or LVIS: .json or .json.gz; "
        '"-" for standard input. B is compared with the first.',
    ),
]
OutputFile = Annotated[Path | None, output_option("The page to write: .html.")]
Title = Annotated[
    str | None, OUTPUT.option("--title TEXT", "Heading of the page. Default: the files' names.")
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
