"""`segeval merge`: one part file from several, in any order and grouping."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from segeval_cli.options import Json, Overwrite, Quiet, argument, output_option
from segeval_cli.part_files import SUFFIXES, check_part_file
from segeval_cli.results import Output
from segeval_cli.streams import say

if TYPE_CHECKING:
    from segeval.metrics.parts.result import PartScores
    from segeval.metrics.result import Result

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
    bit. Memory hardly grows with predictions, objects and images; parts of miou
    and pq, some hundred bytes an image, are merged in memory.

    Example: segeval merge part-*.match -o all.match
    """
    path = check_part_file(output, overwrite=overwrite)
    inputs = {f"part_{place}": part for place, part in enumerate(parts, 1)}
    out = Output(inputs=inputs, number="matches", json=json, quiet=quiet)
    started = time.perf_counter()
    from segeval_cli.progress import working

    with working(f"merging {len(parts)} parts", quiet=quiet):
        from segeval.metrics.parts.files import task_of_parts

        merged = MERGED[task_of_parts(parts)](parts, path)
    out.show(replace(merged, seconds=time.perf_counter() - started))
    if not quiet:
        say(f"wrote {path}")


def _of_ap(parts: Sequence[str], path: Path) -> Result[PartScores]:
    """Merge parts of instances."""
    from segeval.metrics.coco.parts.merging.merge import merge_parts
    from segeval.metrics.coco.parts.result import part_result

    return part_result(path, notes=merge_parts(parts, path))


def _of_miou(parts: Sequence[str], path: Path) -> Result[PartScores]:
    """Merge parts of label maps."""
    from segeval.metrics.semantic.parts import merge_label_map_parts
    from segeval.metrics.semantic.parts.result import part_result

    return part_result(path, notes=merge_label_map_parts(parts, path))


def _of_pq(parts: Sequence[str], path: Path) -> Result[PartScores]:
    """Merge parts of panoptic images."""
    from segeval.metrics.panoptic.parts import merge_panoptic_parts
    from segeval.metrics.panoptic.parts.result import part_result

    return part_result(path, notes=merge_panoptic_parts(parts, path))


MERGED: Mapping[str, Callable[[Sequence[str], Path], Result[PartScores]]] = {
    "ap": _of_ap,
    "miou": _of_miou,
    "pq": _of_pq,
}
"""What merges the parts of each task and says what came of it."""
