"""What a part file holds, as a result that commands show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from segeval.brief import Brief
from segeval.frozen import frozen
from segeval.metrics.result import Description, versus
from segeval.words import counted


@frozen(eq=False, repr=False)
class PartScores(Brief):
    """How much a part file holds.

    Attributes:
        task: what was matched for: "ap", "miou" or "pq".
        images: number of images.
        predictions: number of judged predictions; None for label maps, which have none.
        ground_truths: number of ground truths; None for label maps.
        size: of the file in bytes.
    """

    task: str
    images: int
    predictions: int | None
    ground_truths: int | None
    size: int


def part_description(
    place: str, rules: Callable[[Mapping[str, Any]], str]
) -> Description[PartScores]:
    """How results of writing part files are presented.

    Args:
        place: of the constant that holds this description.
        rules: what the title says of the settings.
    """
    return Description(
        place=place,
        schema="segeval/match/1",
        brief=_content,
        headline=lambda result: (
            "Matched",
            versus(result.inputs),
            *([f"slice {result.settings['shard']}"] if result.settings["shard"] else []),
            rules(result.settings),
        ),
        summary=lambda result: f"{_content(result.scores)}, {result.scores.size / 2**20:,.1f} MiB",
        tables=lambda _: (),
        values=vars,
    )


def _content(scores: PartScores) -> str:
    """How much it holds, in words."""
    images = counted(scores.images, "image")
    if scores.predictions is None or scores.ground_truths is None:
        return images
    return (
        f"{counted(scores.predictions, 'prediction')} and "
        f"{counted(scores.ground_truths, 'ground truth')} of {images}"
    )
