"""What a part file of label maps holds, as a result that commands show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segeval.data.joining import joined_sources
from segeval.errors import Note
from segeval.metrics.parts.result import PartScores, part_description
from segeval.metrics.result import Result
from segeval.metrics.semantic.parts.layout import TASK, read_part

PART = part_description(f"{__name__}:PART", lambda settings: f"{settings['classes']} classes")


def part_result(
    path: str | Path, *, notes: Sequence[Note] = (), seconds: float = 0.0, shard: str | None = None
) -> Result[PartScores]:
    """What a part file of label maps holds.

    Args:
        path: of the file.
        notes: what the user should know.
        seconds: wall time of making it.
        shard: which slice of the images it is, such as "3/64"; None for all.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version or task.
    """
    part, rules = read_part(path)
    images = len(part.keys)
    names = (joined_sources(each) for each in zip(*part.brought["origins"], strict=True))
    return Result(
        scores=PartScores(TASK, images, None, None, Path(path).stat().st_size),
        inputs={
            side: {"path": name, "count": images}
            for side, name in zip(("preds", "gt"), names, strict=True)
        },
        settings={**rules.settings(), "shard": shard},
        notes=tuple(notes),
        seconds=seconds,
        about=PART,
    )
