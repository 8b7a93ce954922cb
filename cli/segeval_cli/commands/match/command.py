"""`segeval match`: match predictions to ground truth, all of them or a slice, into a part file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

from segeval_cli.measured import ApOptions, CocoPreds
from segeval_cli.options import (
    WHICH,
    Json,
    Overwrite,
    Quiet,
    Workers,
    argument,
    output_option,
)
from segeval_cli.part_files import SUFFIXES, check_part_file
from segeval_cli.results import Output
from segeval_cli.streams import say
from segeval_cli.unfolding import unfolded
from segeval_cli.values import refused

GroundTruthPath = Annotated[str, argument("GT", "Ground truth, COCO or LVIS: .json or .json.gz.")]
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
    preds: CocoPreds,
    gt: GroundTruthPath,
    *,
    asked: ApOptions,
    shard: Shard = None,
    output: PartFile = None,
    json: Json = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """A part of an evaluation as a file, for segeval merge and segeval ap.

    Every option that decides what is matched is given here; segeval ap takes
    it from the file.

    Example: segeval match preds.json gt.json --shard 3/64 -o part-03.match
    """
    path = check_part_file(output, overwrite=overwrite)
    number = None if shard is None else parse_shard(shard)
    out = Output(inputs={"preds": preds, "gt": gt}, number="matches", json=json, quiet=quiet)
    arguments = asked.coco_arguments()
    started = time.perf_counter()
    from segeval_cli.memory import give_back_large_blocks
    from segeval_cli.progress import working

    give_back_large_blocks()
    with working(f"matching {preds}", quiet=quiet):
        from segeval.metrics.coco.average_precision import each_once
        from segeval.metrics.coco.parts.part import match_part
        from segeval.metrics.coco.parts.result import part_result

        found = match_part(preds, gt, path, arguments, shard=number, workers=workers)
        notes = each_once([note for own in found for note in own.notes])
        result = part_result(
            found, path, predictions=len(found[0]), compat=arguments.compat, notes=notes,
            seconds=time.perf_counter() - started, shard=shard,
        )  # fmt: skip
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
