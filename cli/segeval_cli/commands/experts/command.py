"""`segeval experts`: which categories an expert should be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.errors import InputError
from segeval_cli.commands.experts import options as own
from segeval_cli.commands.experts.classifier import classifier_rows
from segeval_cli.measured import CocoPreds
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import (
    All,
    GroundTruthPath,
    Json,
    OutputFile,
    Overwrite,
    Quiet,
    Workers,
)
from segeval_cli.output import check_target, write_whole
from segeval_cli.progress import working
from segeval_cli.results import Output
from segeval_cli.streams import say
from segeval_cli.values import parse_choices

if TYPE_CHECKING:
    from segeval.data.keys import Key


def experts(
    preds: CocoPreds,
    gt: GroundTruthPath,
    *,
    sources: own.Sources = None,
    count: own.Count = 10,
    min_gt: own.MinGt = 5,
    thresholds: own.Thresholds = None,
    target_ratio: own.TargetRatio = None,
    weights: own.Classifier = None,
    weight_name: own.WeightName = None,
    background: own.BackgroundRow = "last",
    hierarchy: own.Hierarchy = None,
    iou: own.IouKind = None,
    positive_list: own.PositiveList = None,
    negative_list: own.NegativeList = None,
    show_all: All = False,
    json: Json = False,
    output: OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Which categories an expert should be trained on.

    The weakest ones by AP, and those that are taken for them, which the
    expert must see to leave them alone.

    Example: segeval experts preds.json gt.json --count 10 --positive-list classes.txt
    """
    out = Output(
        inputs={"preds": preds, "gt": gt}, number="AP", json=json, path=output,
        overwrite=overwrite, quiet=quiet, every_row=show_all,
    )  # fmt: skip
    lists = (("--positive-list", positive_list), ("--negative-list", negative_list))
    for option, path in lists:
        check_target(path, (".txt",), overwrite=overwrite, option=option)
    kinds: Any = parse_choices(sources or ["confusion"], "--source", own.SOURCES, "source")
    limits = _by_source(thresholds, kinds)
    if weight_name is not None and weights is None:
        raise InputError(
            "`weight_name` names a layer of the model's weights: give `weights`",
            code="weight-name",
            option="weights",
        )
    give_back_blocks()
    with working(f"evaluating {preds}", quiet=quiet):
        from segeval.ensemble.experts.proposing import propose_experts

        found = propose_experts(
            preds, gt, sources=kinds, count=count, min_gt=min_gt, thresholds=limits,
            target_ratio=target_ratio, background=background, hierarchy=hierarchy,
            weights=None if weights is None else classifier_rows(weights, weight_name),
            iou=None if iou is None else iou.value, workers=workers,
        )  # fmt: skip
    out.show(found)
    _write(positive_list, found.scores.positive, quiet=quiet)
    _write(negative_list, found.scores.negative, quiet=quiet)


def _by_source(threshold: float | None, sources: Sequence[Any]) -> dict[str, float] | None:
    """The value of --threshold by source."""
    if threshold is None:
        return None
    if len(sources) > 1:
        raise InputError(
            f"`thresholds` is of one source, and there are {', '.join(sources)}",
            code="expert-classes",
            option="thresholds",
        )
    return {sources[0]: threshold}


def _write(path: Path | None, ids: Sequence[Key], *, quiet: bool) -> None:
    """Write a list of categories, whole or not at all."""
    if path is None:
        return
    write_whole(path, "".join(f"{each}\n" for each in ids))
    if not quiet:
        say(f"wrote {path}")
