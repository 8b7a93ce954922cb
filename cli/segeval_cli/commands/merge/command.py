"""`segeval merge`: one part file from several, in any order and grouping."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

from segeval_cli.options import Json, Overwrite, Quiet, argument, output_option
from segeval_cli.part_files import SUFFIXES, check_part_file
from segeval_cli.results import Output
from segeval_cli.streams import say

Parts = Annotated[list[str], argument("PART ...", "Part files that segeval match wrote.")]
PartFile = Annotated[Path | None, output_option(f"Part file to write: {SUFFIXES[0]}.")]


def merge(
    parts: Parts,
    *,
    output: PartFile = None,
    json: Json = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """One part file from several, in any order and grouping.

    Numbers from it equal those of one evaluation of all files, to the last
    bit. Memory does not grow with the number of predictions.

    Example: segeval merge part-*.match -o all.match
    """
    path = check_part_file(output, overwrite=overwrite)
    inputs = {f"part_{place}": part for place, part in enumerate(parts, 1)}
    out = Output(inputs=inputs, number="matches", json=json, quiet=quiet)
    started = time.perf_counter()
    from segeval_cli.progress import working

    with working(f"merging {len(parts)} parts", quiet=quiet):
        from segeval.metrics.coco.average_precision import each_once
        from segeval.metrics.coco.parts.joining import merge_parts
        from segeval.metrics.coco.parts.result import part_result
        from segeval.metrics.coco.parts.streamed import streamed

        more = merge_parts(parts, path)
        found, compat = streamed(path)
        frames = [own.frame for own in found]
        result = part_result(
            frames, path, predictions=len(found[0].group), compat=compat,
            notes=each_once([*more, *(note for frame in frames for note in frame.notes)]),
            seconds=time.perf_counter() - started,
        )  # fmt: skip
    out.show(result)
    if not quiet:
        say(f"wrote {path}")
