"""What a part file holds, as a result that commands show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segeval.brief import Brief
from segeval.errors import Note
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.settings import ap_settings
from segeval.metrics.coco.tables import rules_text
from segeval.metrics.result import Description, Result, versus
from segeval.words import counted


@dataclass(frozen=True, eq=False, repr=False)
class PartScores(Brief):
    """How much a part file holds.

    Attributes:
        images: number of images.
        predictions: number of judged predictions.
        ground_truths: number of ground truths.
        size: of the file in bytes.
    """

    images: int
    predictions: int
    ground_truths: int
    size: int


def _content(scores: PartScores) -> str:
    """How much it holds, in words."""
    return (
        f"{counted(scores.predictions, 'prediction')} and "
        f"{counted(scores.ground_truths, 'ground truth')} of {counted(scores.images, 'image')}"
    )


PART: Description[PartScores] = Description(
    schema="segeval/match/1",
    brief=_content,
    headline=lambda result: (
        "Matched",
        versus(result.inputs),
        *([f"slice {result.settings['shard']}"] if result.settings["shard"] else []),
        rules_text(result.settings),
    ),
    summary=lambda result: f"{_content(result.scores)}, {result.scores.size / 2**20:,.1f} MiB",
    tables=lambda _: (),
    values=vars,
)


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
    scores = PartScores(len(first.image_ids), predictions, len(first.gt), path.stat().st_size)
    return Result(
        scores=scores,
        inputs=first.inputs,
        settings={**ap_settings(frames, compat), "shard": shard},
        notes=tuple(notes),
        seconds=seconds,
        about=PART,
    )
