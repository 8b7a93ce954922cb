"""What a part file of panoptic images holds, as a result that commands show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segeval.errors import Note
from segeval.metrics.panoptic.parts.layout import TASK
from segeval.metrics.panoptic.parts.part import panoptic_quality_of_part
from segeval.metrics.parts.result import PartScores, part_description
from segeval.metrics.result import Result

PART = part_description(f"{__name__}:PART", lambda settings: " and ".join(settings["iou"]))


def part_result(
    path: str | Path, *, notes: Sequence[Note] = (), seconds: float = 0.0, shard: str | None = None
) -> Result[PartScores]:
    """What a part file of panoptic images holds.

    Args:
        path: of the file.
        notes: what the user should know.
        seconds: wall time of making it.
        shard: which slice of the images it is, such as "3/64"; None for all.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version or task.
    """
    found = panoptic_quality_of_part(path)
    preds, gt = (found.inputs[side] for side in ("preds", "gt"))
    size = Path(path).stat().st_size
    return Result(
        scores=PartScores(TASK, gt["images"], preds["count"], gt["count"], size),
        inputs=found.inputs,
        settings={**found.settings, "shard": shard},
        notes=tuple(notes),
        seconds=seconds,
        about=PART,
    )
