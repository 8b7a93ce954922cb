"""Options of `segeval threshold` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.options import WHAT, output_option

Thresholds = Annotated[
    str,
    WHAT.option("--thresholds IOU", "The one IoU that a true positive needs.", show_default=True),
]
Beta = Annotated[
    float,
    WHAT.option(
        "--beta B",
        "Weight of recall against precision in F: 2 counts recall twice as much, 0.5 half.",
        show_default=True,
    ),
]
Calibration = Annotated[
    bool,
    WHAT.option(
        "--calibration",
        "Also compute calibration errors (D-ECE, LaECE) and fit functions that make them smaller.",
    ),
]
OutputFile = Annotated[
    Path | None,
    output_option(
        "Also write to a file: .json (the thresholds, for other programs too), .csv or .md."
    ),
]
