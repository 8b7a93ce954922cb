"""Options of `segeval check` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.options import FILES, argument, output_option

Preds = Annotated[
    str,
    argument(
        "PREDS", 'Predictions: COCO, LVIS or panoptic JSON ("-": standard input), or label maps.'
    ),
]
GroundTruthPath = Annotated[
    str | None, argument("GT", "Ground truth; without it, only the predictions are checked.")
]
Classes = Annotated[
    str | None,
    FILES.reading(
        "--classes CLASSES",
        "Classes of the label maps, which need them: cityscapes, a number, ... as in segeval miou.",
    ),
]
Ignore = Annotated[
    list[str] | None,
    FILES.option("--ignore IDS", "Ids of label maps to leave out, such as 255 or 0-6,9."),
]
Report = Annotated[Path | None, output_option("Also write the report to a file: .json.")]
