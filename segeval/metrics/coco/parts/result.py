"""What a part file holds, as a result that commands show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segeval.errors import Note
from segeval.metrics.coco.curve_source import CurveSource
from segeval.metrics.coco.parts.layout.groups import TASK
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.coco.tables import rules_text
from segeval.metrics.parts.result import PartScores, part_description
from segeval.metrics.result import Result

PART = part_description(rules_text)


def part_result(
    found: Sequence[CurveSource],
    path: Path,
    *,
    predictions: int,
    objects: int,
    compat: str | None,
    notes: Sequence[Note],
    seconds: float,
    shard: str | None = None,
) -> Result[PartScores]:
    """What was written to a part file.

    Args:
        found: its kinds of IoU.
        path: of the file.
        predictions: number of judged predictions.
        objects: number of ground truths.
        compat: the official package as the caller named it.
        notes: what the user should know.
        seconds: wall time.
        shard: which slice of the images it is, such as "3/64"; None for all.
    """
    inputs = found[0].inputs
    images: int = inputs["gt"]["images"]
    scores = PartScores(TASK, images, predictions, objects, path.stat().st_size)
    return Result(
        scores=scores,
        inputs=inputs,
        settings={**ap_settings(found, compat), "shard": shard},
        notes=tuple(notes),
        seconds=seconds,
        about=PART,
    )
