"""What a part file holds, as a result that commands show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segeval.errors import Note
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.parts.layout import TASK
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.coco.tables import rules_text
from segeval.metrics.part_scores import PartScores, part_description
from segeval.metrics.result import Result

PART = part_description(rules_text)


def part_result(
    frames: Sequence[Matches],
    path: Path,
    *,
    predictions: int,
    compat: str | None,
    notes: Sequence[Note],
    seconds: float,
    shard: str | None = None,
) -> Result[PartScores]:
    """What was written to a part file.

    Args:
        frames: of its kinds of IoU.
        path: of the file.
        predictions: number of judged predictions.
        compat: the official package as the caller named it.
        notes: what the user should know.
        seconds: wall time.
        shard: which slice of the images it is, such as "3/64"; None for all.
    """
    first = frames[0]
    scores = PartScores(TASK, len(first.image_ids), predictions, len(first.gt), path.stat().st_size)
    return Result(
        scores=scores,
        inputs=first.inputs,
        settings={**ap_settings(frames, compat), "shard": shard},
        notes=tuple(notes),
        seconds=seconds,
        about=PART,
    )
