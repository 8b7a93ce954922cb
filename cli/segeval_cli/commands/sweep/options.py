"""Options of `segeval sweep` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from segeval_cli.options import WHAT, Iou, output_option, protocol_option

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
ProtocolChoice = Annotated[
    Literal["coco", "lvis", "lvis-fixed", "lvis-2021", "ap-star"] | None, protocol_option()
]
Output = Annotated[
    Path | None,
    output_option("Also write to a file: .json, .csv or .md; .png, .pdf or .svg for a figure."),
]
