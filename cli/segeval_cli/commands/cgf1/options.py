"""Options of `segeval cgf1` alone."""

from __future__ import annotations

from typing import Annotated, Literal

from segeval_cli.options import OUTPUT, WHAT, WHICH, argument, fail_under_option, metric_option

TABLES = ("threshold", "image")
"""Tables that can be asked for."""

Files = Annotated[
    list[str],
    argument(
        "PREDS GT [GT ...]",
        'Predictions: .json, .json.gz or .jsonl, or "-" for standard input; then ground truth of '
        "one annotator or several, of which the one that agrees best counts in each image.",
    ),
]
IouKind = Annotated[
    Literal["segm", "bbox"],
    WHAT.option("--iou KIND", "Compare masks (segm) or boxes (bbox).", show_default=True),
]
MinScore = Annotated[
    float,
    WHICH.option("--min-score S", "Least score of predictions that count.", show_default=True),
]
ScoreField = Annotated[str, WHICH.option("--score-field NAME", "Field with the score.")]
Tables = Annotated[
    list[str],
    OUTPUT.option(
        "--per TABLES",
        "Tables to show: threshold (each IoU threshold, and whole images), image (each image with "
        "its phrase). Default: threshold.",
        autocompletion=lambda: list(TABLES),
    ),
]
FailUnder = Annotated[float | None, fail_under_option("cgF1")]
Metric = Annotated[str | None, metric_option("cgf1", "image_level.mcc")]
