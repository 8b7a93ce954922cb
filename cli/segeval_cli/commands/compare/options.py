"""Options of `segeval compare` alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from segeval_cli.options import OUTPUT, Panel, argument

COMPARISON = Panel("Comparison")


class By(StrEnum):
    """What differences can be looked at by."""

    SIZE = "size"
    CATEGORY = "category"
    IMAGE = "image"
    SLICE = "slice"


Files = Annotated[
    list[str],
    argument(
        "A B [C ...] GT",
        "Predictions of two or more models, then the ground truth, in any form that ap, miou and "
        "pq read. Runs of one recipe are joined by commas: a1.json,a2.json.",
    ),
]
ByTables = Annotated[
    list[str],
    OUTPUT.option(
        "--by TABLE",
        "Tables to print: size, category, image, slice, separated by commas.",
        autocompletion=lambda: list(By),
        show_default=True,
    ),
]
Slice = Annotated[
    str | None,
    COMPARISON.reading(
        "--slice SOURCE",
        "Also compare parts of the images: by a field of the images in GT, or by a .csv of image "
        "and label.",
    ),
]
Margin = Annotated[
    float,
    COMPARISON.option(
        "--margin POINTS",
        '"Same within 0.3" if the whole interval of a difference is within this, in points, and '
        "neither better nor worse is shown.",
    ),
]
Metric = Annotated[
    str | None,
    COMPARISON.option(
        "--metric NAME",
        'The main number: such as AP50, APs, APr, "boundary AP", mIoU, PQ or a key path of JSON, '
        "sizes.small.ap; with --slice also slices.night.ap, or slices.worst.ap for all of them. "
        "Default: AP, mIoU or PQ.",
    ),
]
PlanFor = Annotated[
    float | None,
    COMPARISON.option(
        "--plan POINTS", "State how many images would show a difference of this many points."
    ),
]
FailIfWorse = Annotated[
    bool,
    OUTPUT.option(
        "--fail-if-worse",
        "Exit with 1 if B is shown to be worse than A, or if the number is undefined.",
    ),
]
Require = Annotated[
    Literal["not-worse"] | None,
    OUTPUT.option(
        "--require",
        "Exit with 1 unless B is shown to lose at most --margin.",
    ),
]

ONLY_NUMBERS = (
    "metric", "plan", "by", "show_all", "fail_if_worse", "require", "json", "output", "replicates",
    "overwrite", "quiet", "workers",
)  # fmt: skip
"""Parameters that a page with all numbers does not need."""
