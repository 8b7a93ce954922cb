"""Options of `segeval suspects` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.options import OUTPUT, WHICH, argument, output_option

KINDS = ("missing", "unfound", "category")
"""What may be wrong with a label."""

Files = Annotated[
    list[str],
    argument(
        "PREDS [PREDS ...] GT",
        "Predictions of one or several models, then ground truth: .json or .json.gz; predictions "
        'also .jsonl; "-" for standard input.',
    ),
]
Kinds = Annotated[
    list[str],
    WHICH.option(
        "--kinds KINDS",
        "What to look for: missing (sure predictions where nothing is annotated), unfound (objects "
        "that no model finds at any score), category (objects that all models call by the same "
        "other name); separated by commas. Default: all.",
        autocompletion=lambda: list(KINDS),
    ),
]
Photographs = Annotated[
    Path | None,
    OUTPUT.reading("--images DIR", "Folder of the photographs, for --pictures. Default: grey."),
]
Pictures = Annotated[
    Path | None,
    OUTPUT.option(
        "--pictures FILE", "Also draw the first suspects on one sheet: .png, .pdf or .svg."
    ),
]
Top = Annotated[
    int,
    OUTPUT.option("--top N", "Suspects on the sheet.", min=1, max=100, show_default=True),
]
CocoFile = Annotated[
    Path | None,
    OUTPUT.option(
        "--coco FILE",
        "Also write all suspects as COCO annotations, which CVAT and Label Studio open: .json.",
    ),
]
OutputFile = Annotated[
    Path | None,
    output_option(
        "Also write all suspects to a file: .json, .csv, .md or .tex; .jsonl for a line each."
    ),
]
