"""What a part file of AP holds, as a result that commands show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segeval.errors import Note
from segeval.metrics.coco.file_notes import each_once
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.parts.layout.groups import TASK
from segeval.metrics.coco.parts.streaming.matches import streamed
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.coco.tables import rules_text
from segeval.metrics.parts.result import PartScores, part_description
from segeval.metrics.result import Result

PART = part_description(f"{__name__}:PART", rules_text)


def part_result(
    path: str | Path, *, notes: Sequence[Note] = (), seconds: float = 0.0
) -> Result[PartScores]:
    """What a part file holds.

    Args:
        path: of the file.
        notes: what the user should know besides the notes in the file.
        seconds: wall time of making it.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version.
    """
    found, compat = streamed(path)
    group, inputs = found[0].group, found[0].inputs
    return Result(
        scores=PartScores(
            TASK, inputs["gt"]["images"], len(group), group.objects, Path(path).stat().st_size
        ),
        inputs=inputs,
        settings={**ap_settings(found, compat), "shard": None},
        notes=each_once([*notes, *(note for own in found for note in own.frame.notes)]),
        seconds=seconds,
        about=PART,
    )


def matched_part_result(
    found: Sequence[Matches],
    path: Path,
    *,
    compat: str | None,
    seconds: float,
    shard: str | None = None,
) -> Result[PartScores]:
    """What was just written to a part file.

    Args:
        found: its matches, one for each kind of IoU.
        path: of the file.
        compat: the official package as the caller named it.
        seconds: wall time of matching.
        shard: which slice of the images it is, such as "3/64"; None for all.
    """
    first, size = found[0], path.stat().st_size
    return Result(
        scores=PartScores(TASK, first.inputs["gt"]["images"], len(first), len(first.gt), size),
        inputs=first.inputs,
        settings={**ap_settings(found, compat), "shard": shard},
        notes=each_once([note for own in found for note in own.notes]),
        seconds=seconds,
        about=PART,
    )
