"""Options of `segeval sweep` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.options import WHAT, Iou, output_option

At = Annotated[
    str,
    WHAT.option(
        "--at N,N,...", "Numbers of best predictions to keep per image.", show_default=True
    ),
]
IouKind = Annotated[
    list[str] | None,
    WHAT.option(
        "--iou KIND",
        "Compare masks (segm), their boundaries (boundary) or boxes (bbox). Default: segm "
        "(lvis-2021: boundary).",
        autocompletion=lambda: list(Iou),
    ),
]
Output = Annotated[
    Path | None,
    output_option(
        "Also write to a file: .json, .csv, .md or .tex; .png, .pdf or .svg for a figure."
    ),
]
