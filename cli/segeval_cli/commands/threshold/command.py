"""`segeval threshold`: the score at which to keep predictions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from segeval_cli.commands.threshold import options as own
from segeval_cli.measured import CocoOptions, CocoPreds
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import All, GroundTruthPath, Json, Overwrite, Quiet, Workers
from segeval_cli.progress import working
from segeval_cli.resampling_options import Resamples, Seed
from segeval_cli.results import Output, View
from segeval_cli.unfolding import unfolded

if TYPE_CHECKING:
    from segeval.analysis.thresholds.operating_point import OperatingPoint


@unfolded
def threshold(
    preds: CocoPreds,
    gt: GroundTruthPath,
    *,
    asked: CocoOptions,
    thresholds: own.Thresholds = "0.5",
    beta: own.Beta = 1.0,
    calibration: own.Calibration = False,
    show_all: All = False,
    json: Json = False,
    output: own.OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    workers: Workers = None,
) -> None:
    """The score to deploy at: best F and LRP, judged on unseen images; calibration.

    "Unseen" numbers come from thresholds chosen on the other half of the images.

    Example: segeval threshold preds.json gt.json -o thresholds.json
    """
    out = Output(
        inputs={"preds": preds, "gt": gt},
        number="F",
        json=json,
        path=output,
        overwrite=overwrite,
        quiet=quiet,
        every_row=show_all,
    )
    arguments = replace(asked, thresholds=thresholds).coco_arguments()
    give_back_blocks()
    from segeval.analysis.bootstrap import Bootstrap
    from segeval.analysis.thresholds.operating_point import operating_point_with

    bootstrap = Bootstrap(resamples=resamples, seed=seed)
    with working(f"evaluating {preds}", quiet=quiet):
        result = operating_point_with(
            preds,
            gt,
            arguments,
            beta=beta,
            calibration=calibration,
            bootstrap=bootstrap,
            workers=workers,
        )
    out.show(result, View(result.tables, result.to_dict, lines=[*_lines(result)]))


def _lines(result: OperatingPoint) -> Iterator[str]:
    """Whether thresholds by category are worth it, for each kind of IoU."""
    from segeval.analysis.thresholds.presented import gain_by_category

    for scores in result.scores.values():
        line = gain_by_category(scores)
        if line:
            yield line
