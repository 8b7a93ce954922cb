"""Options of `segeval ap` alone."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from segeval_cli.ap_options import CITYSCAPES, LVIS
from segeval_cli.options import (
    OUTPUT,
    RUNNING,
    argument,
    fail_under_option,
    metric_option,
)
from segeval_cli.values import parse_tables


class Per(StrEnum):
    """Tables that can be printed."""

    SIZE = "size"
    CATEGORY = "category"
    IMAGE = "image"


Preds = Annotated[
    str,
    argument(
        "PREDS",
        'Predictions: .json, .json.gz or .jsonl, or "-" for standard input; a folder '
        "(cityscapes, id-maps) or a .csv (openimages); or a .match file.",
    ),
]
GroundTruthPath = Annotated[
    str | None,
    argument(
        "GT",
        "Ground truth, COCO or LVIS: .json or .json.gz; a folder (cityscapes, id-maps) or a .csv "
        "of masks (openimages).",
    ),
]
Pool = Annotated[
    bool, LVIS.option("--pool", "Also compute AP-pool, which ranks all categories together.")
]
CocoStyle = Annotated[
    bool,
    CITYSCAPES.option("--coco-style", "Also compute AP of the same files by the coco protocol."),
]
PerTable = Annotated[
    list[str],
    OUTPUT.option(
        "--per TABLE",
        "Tables to print: size, category, image, separated by commas.",
        autocompletion=lambda: list(Per),
        show_default=True,
    ),
]
FailUnder = Annotated[float | None, fail_under_option("AP")]
Metric = Annotated[str | None, metric_option("ap", "sizes.small.ap")]
Verify = Annotated[
    bool,
    RUNNING.option(
        "--verify",
        "Also run the official package and compare every number; exit with 1 if any differs.",
    ),
]


def parse_per(values: Sequence[str]) -> tuple[Per, ...]:
    """The requested tables in order, without duplicates.

    Args:
        values: of `--per`; each holds one name, or several separated by commas.

    Example:
        >>> [per.value for per in parse_per(["category,image", "category"])]
        ['category', 'image']
    """
    return tuple(map(Per, parse_tables(values, list(Per))))
