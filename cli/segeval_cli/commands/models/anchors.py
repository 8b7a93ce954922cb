"""`segeval models anchors`: shapes of anchors that suit a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.options import (
    RUNNING,
    WHAT,
    GroundTruthPath,
    Json,
    OutputFile,
    Overwrite,
    Quiet,
)
from segeval_cli.progress import working
from segeval_cli.results import Output, View

Number = Annotated[int, WHAT.option("--k N", "Number of anchors in a cell.", show_default=True)]
Name = Annotated[
    str | None,
    WHAT.reading(
        "--config NAME",
        "A preset or a TOML file whose anchors to measure; boxes are scaled as it predicts. "
        "Default: pixels of the file.",
    ),
]
Seed = Annotated[
    int, RUNNING.option("--seed N", "Seed of the first centres.", min=0, show_default=True)
]


def anchors(
    data: GroundTruthPath,
    *,
    number: Number = 9,
    config: Name = None,
    seed: Seed = 0,
    json: Json = False,
    output: OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Anchors that suit the boxes of a data set, by k-means of their shapes.

    Shapes are in cells of their level of the pyramid. The nearest grid is what
    the settings proposals.ratios and proposals.scales can name.

    Example: segeval models anchors train.json --k 18
    """
    out = Output(
        inputs={"gt": data}, number="mean IoU", json=json, path=output, overwrite=overwrite,
        quiet=quiet, every_row=True,
    )  # fmt: skip
    from segeval.data import load_ground_truth
    from segeval.models.anchors.result import GRID, suggest_anchors
    from segeval.models.config import read_config

    measured = None if config is None else read_config(config)
    with working(f"reading {Path(data).name}", quiet=quiet):
        gt = load_ground_truth(data)
    with working(f"clustering {len(gt):,} boxes", quiet=quiet):
        scaled = measured is not None
        result = suggest_anchors(gt, k=number, config=measured, scaled=scaled, seed=seed)
    grid = result.scores.fits[GRID].grid
    lines = () if grid is None else (
        f"proposals.scales = {list(grid.scales)}",
        f"proposals.ratios = {list(grid.ratios)}",
    )  # fmt: skip
    out.show(result, View(result.tables, result.to_dict, lines=lines))
