"""`segeval match`: match predictions to ground truth, all of them or a slice, into a part file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from segeval.errors import InputError
from segeval_cli.commands.match.request import PartRequest
from segeval_cli.commands.match.tasks import (
    check_options,
    match_ap,
    match_miou,
    match_pq,
)
from segeval_cli.label_map_options import LabelMapOptions
from segeval_cli.measured import CocoOptions
from segeval_cli.options import (
    WHAT,
    WHICH,
    BoundaryPx,
    GtDir,
    Json,
    Overwrite,
    PredsDir,
    Quiet,
    Workers,
    argument,
    boundary_ratio_option,
    output_option,
)
from segeval_cli.part_files import SUFFIXES, check_part_file
from segeval_cli.results import Output
from segeval_cli.scheduler import Scheduler, Shards, check_shards
from segeval_cli.streams import say
from segeval_cli.unfolding import unfolded
from segeval_cli.values import refused

Files = Annotated[
    list[str],
    argument(
        "PREDS ... GT",
        'Predictions: .json, .json.gz or .jsonl, "-" for standard input, folders of them or quoted '
        "patterns; a folder of label maps (miou) or a panoptic .json (pq). The last one is the "
        "ground truth of the same kind; of instances, COCO or LVIS, also a folder or quoted "
        "pattern of files of different images.",
    ),
]
Task = Annotated[
    Literal["ap", "miou", "pq"],
    WHAT.option(
        "--task",
        "The command that is to read the part: it takes that command's options.",
        show_default=True,
    ),
]
IouKinds = Annotated[
    list[str] | None,
    WHAT.option(
        "--iou KIND",
        "Compare masks (segm), their boundaries (boundary) or boxes (bbox; ap alone), or several "
        "of them, separated by commas. Default: segm (lvis-2021: boundary).",
        autocompletion=lambda: ["segm", "boundary", "bbox"],
    ),
]
Compat = Annotated[
    str | None,
    WHAT.option(
        "--compat NAME",
        "Reproduce a tool: official, pycocotools or lvis (ap), official or detectron2 (miou), "
        "official (pq).",
    ),
]
BoundaryRatio = Annotated[float | None, boundary_ratio_option("that of the task's command")]
Errors = Annotated[
    bool,
    WHAT.option(
        "--errors",
        "Also write what segeval errors needs: which objects each prediction overlaps (ap).",
    ),
]
Shard = Annotated[
    str | None,
    WHICH.option(
        "--shard I/N",
        "Match one of N slices of the images in ascending id, from 1/N to N/N. Default: all.",
    ),
]
PartFile = Annotated[Path | None, output_option(f"Part file to write: {SUFFIXES[0]}.")]


@unfolded
def match(
    context: typer.Context,
    files: Files,
    *,
    task: Task = "ap",
    errors: Errors = False,
    iou: IouKinds = None,
    compat: Compat = None,
    instances: CocoOptions,
    maps: LabelMapOptions,
    boundary_ratio: BoundaryRatio = None,
    boundary_px: BoundaryPx = None,
    preds_dir: PredsDir = None,
    gt_dir: GtDir = None,
    shard: Shard = None,
    scheduler: Scheduler = None,
    shards: Shards = None,
    output: PartFile = None,
    json: Json = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """A part of an evaluation as a file, for segeval merge and segeval ap, miou or pq.

    Every option that decides what is matched is given here; the command that
    reads the part takes it from the file.

    Several files of predictions are read one after the other. An image may lie in several.

    Example: segeval match preds.json gt.json --shard 3/64 -o part-03.match
    """
    *preds, gt = files
    if not preds:
        context.fail("Missing argument 'GT'.")
    path = check_part_file(output, overwrite=overwrite)
    check_options(context, task)
    parsed_shard = None if shard is None else parse_shard(shard)
    check_shards(scheduler, shards)
    if shard is not None and scheduler is not None:
        raise InputError("--shard does not go with --scheduler, which matches all.", code="option")
    from segeval.data.joining import joined_sources

    name = joined_sources(preds)
    out = Output(inputs={"preds": name, "gt": gt}, number="matches", json=json, quiet=quiet)
    request = PartRequest(
        preds=preds, gt=gt, path=path, shard=parsed_shard, shard_text=shard,
        scheduler=scheduler, shards=shards, errors=errors, workers=workers,
    )  # fmt: skip
    shared: dict[str, Any] = {
        "compat": compat, "boundary_ratio": boundary_ratio, "boundary_px": boundary_px,
    }  # fmt: skip
    match task:
        case "ap":
            run = match_ap(request, replace(instances, iou=iou, **shared))
        case "miou":
            run = match_miou(request, replace(maps, **shared))
        case _:
            run = match_pq(request, iou, preds_dir=preds_dir, gt_dir=gt_dir, **shared)
    from segeval_cli.memory import give_back_blocks
    from segeval_cli.progress import working

    give_back_blocks()
    with working(f"matching {name}", quiet=quiet) as advance:
        result = run(advance)
    out.show(result)
    if not quiet:
        say(f"wrote {path}")


def parse_shard(text: str) -> tuple[int, int]:
    """The value of `--shard`: which slice, of how many.

    Raises:
        InputError: for anything but two whole numbers with a slash between them.

    Example:
        >>> parse_shard("3/64")
        (3, 64)
    """
    number, slash, count = text.partition("/")
    if not (slash and number.isascii() and count.isascii() and number.isdigit()):
        raise refused("--shard", text, "expected which slice of how many, such as 3/64.")
    if not count.isdigit() or max(len(number), len(count)) > 9:
        raise refused("--shard", text, "expected which slice of how many, such as 3/64.")
    return int(number), int(count)
