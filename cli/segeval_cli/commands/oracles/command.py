"""`segeval oracles`: AP if scores, masks, categories or the choice of a model were perfect."""

from __future__ import annotations

from segeval.errors import InputError
from segeval_cli.commands.oracles import options as own
from segeval_cli.measured import CocoOptions
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import All, Json, OutputFile, Overwrite, Quiet, Workers
from segeval_cli.progress import working
from segeval_cli.resampling_options import Seed
from segeval_cli.results import Output, View
from segeval_cli.unfolding import unfolded

OVERLAP = "gains overlap: each oracle changes one thing alone, so they must not be added"


@unfolded
def oracles(
    files: own.Files,
    *,
    asked: CocoOptions,
    show_all: All = False,
    json: Json = False,
    output: OutputFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    seed: Seed = 0,
    workers: Workers = None,
) -> None:
    """AP if scores, masks, categories or the choice of a model were perfect.

    With several models: also what they find together, and what the best choice among them reaches.

    Example: segeval oracles a.json b.json gt.json
    """
    if len(files) < 2:
        raise InputError(
            f"expected predictions and ground truth, got {len(files)} file.", code="file-count"
        )
    *preds, gt = files
    roles = {chr(ord("a") + place): path for place, path in enumerate(preds)}
    out = Output(
        inputs={**(roles if len(preds) > 1 else {"preds": preds[0]}), "gt": gt},
        number="AP",
        json=json,
        path=output,
        overwrite=overwrite,
        quiet=quiet,
        every_row=show_all,
    )
    arguments = asked.coco_arguments()
    give_back_blocks()
    from segeval.analysis.oracles.upper_bounds import oracles_with

    with working(f"evaluating {', '.join(preds)}", quiet=quiet):
        result = oracles_with(preds, gt, arguments, seed=seed, workers=workers)
    out.show(result, View(result.tables, result.to_dict, lines=[OVERLAP]))
