"""`segeval threshold`: the score from which on to keep predictions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from segeval_cli import ap_options as shared
from segeval_cli.commands.threshold import options as own
from segeval_cli.memory import give_back_large_blocks
from segeval_cli.options import (
    All,
    BoundaryPx,
    GroundTruthPath,
    Iou,
    Json,
    Overwrite,
    Quiet,
    SkipUnknown,
    Workers,
)
from segeval_cli.resampling_options import Resamples, Seed
from segeval_cli.values import parse_choices, parse_max_dets, parse_names, parse_thresholds

if TYPE_CHECKING:
    from segeval.analysis.thresholds.operating_point import OperatingPoint


def threshold(
    preds: own.Preds,
    gt: GroundTruthPath,
    *,
    iou: shared.IouKinds = None,
    protocol: shared.CocoProtocolChoice = None,
    thresholds: own.Thresholds = "0.5",
    beta: own.Beta = 1.0,
    calibration: own.Calibration = False,
    sizes: shared.Sizes = None,
    area_from: shared.AreaFrom = None,
    max_dets: shared.MaxDets = None,
    boundary_ratio: shared.BoundaryRatio = None,
    boundary_px: BoundaryPx = None,
    agnostic: shared.Agnostic = False,
    score_field: shared.ScoreField = "score",
    honour_ignore: shared.HonourIgnore = False,
    categories: shared.Categories = None,
    images: shared.Images = None,
    skip_unknown: SkipUnknown = False,
    show_all: All = False,
    json: Json = False,
    output: own.OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    workers: Workers = None,
) -> None:
    """The score to deploy at: best F and LRP, overall and per category, judged on unseen images.

    "Unseen" numbers are of thresholds that the other half of the images chose.

    Example: segeval threshold preds.json gt.json -o thresholds.json
    """
    from segeval_cli.progress import working
    from segeval_cli.results import Output, View

    out = Output(
        inputs={"preds": preds, "gt": gt},
        number="F",
        json=json,
        path=output,
        overwrite=overwrite,
        quiet=quiet,
        every_row=show_all,
    )
    kinds = parse_choices(iou, "--iou", list(Iou), "kind of IoU") if iou else None
    at = parse_thresholds(thresholds)
    caps = parse_max_dets(max_dets)
    some_categories = parse_names(categories, "--categories")
    some_images = parse_names(images, "--images")
    give_back_large_blocks()
    from segeval.analysis.thresholds.operating_point import operating_point

    with working(f"evaluating {preds}", quiet=quiet):
        result = operating_point(
            preds,
            gt,
            iou=kinds,
            thresholds=at or (),
            beta=beta,
            calibration=calibration,
            resamples=resamples,
            seed=seed,
            protocol=protocol,
            sizes=sizes,
            max_dets=caps,
            area_from=area_from,
            boundary_ratio=boundary_ratio,
            boundary_px=boundary_px,
            categories=some_categories,
            images=some_images,
            agnostic=agnostic,
            score_field=score_field,
            skip_unknown=skip_unknown,
            honour_ignore=honour_ignore,
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
