"""Options of `segeval errors` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.options import OUTPUT, WHAT, WHICH, argument, output_option
from segeval_cli.suggestions import WITH_A_SECOND_MODEL

TABLES = ("category", "size", "slice", "confusion")
"""Tables beside that of the kinds."""

Files = Annotated[
    list[str],
    argument(
        WITH_A_SECOND_MODEL,
        'Predictions, perhaps of two models, then ground truth: .json or .json.gz; "-" for '
        "standard input. Or part files of one or two models alone. Or folders of label maps.",
    ),
]
Thresholds = Annotated[
    str | None,
    WHAT.option(
        "--thresholds IOUS",
        "IoU thresholds: 0.5, or 0.5,0.75, or start:stop:step; numbers of several are means. "
        "Default: 0.5.",
    ),
]
Per = Annotated[
    list[str],
    OUTPUT.option(
        "--per TABLE",
        "Also print where AP is lost by category, size or slice, or which categories are taken for "
        "which at scores from 0.5 (confusion); separated by commas.",
        autocompletion=lambda: list(TABLES),
    ),
]
Slice = Annotated[
    str | None,
    WHICH.reading(
        "--slice SOURCE",
        "Also tell apart parts of the images, as --per slice does: by a field of the images in GT, "
        "or by a .csv of image and label.",
    ),
]
OutputFile = Annotated[
    Path | None,
    output_option(
        "Also write to a file: .json, .csv, .md or .tex; .jsonl for every prediction and missed "
        "object with its kind."
    ),
]
