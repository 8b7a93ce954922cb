"""Parts of one run over many files: the places of their records become places in all files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from segeval.frozen import frozen
from segeval.metrics.coco.caps import Unjudged
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.merging import Origin
from segeval.metrics.coco.parts.layout.groups import Group


@frozen
class OneRun:
    """What is known once all files of a run were read.

    Attributes:
        name: of the predictions as a whole.
        starts: number of records before those of each part.
        predictions: number of all records.
        key: tells these files from others, as that of `Origin`.
    """

    name: str
    starts: tuple[int, ...]
    predictions: int
    key: int

    def applied(self, parts: Sequence[Sequence[Group]]) -> list[list[Group]]:
        """The parts, which all come from the same files."""
        whole = self._origin(parts[0][0].frames[0])
        return [
            [_placed_group(group, whole, start) for group in part]
            for part, start in zip(parts, self.starts, strict=True)
        ]

    def placed(self, parts: Sequence[Sequence[Matches]]) -> list[list[Matches]]:
        """The same for matches in memory, for every part one for each kind of IoU."""
        whole = self._origin(parts[0][0])
        return [
            [_placed(matches, whole, start) for matches in part]
            for part, start in zip(parts, self.starts, strict=True)
        ]

    def of(self, start: int, stop: int) -> OneRun:
        """The same for some of the parts."""
        return replace(self, starts=self.starts[start:stop])

    def _origin(self, first: Matches) -> Origin:
        """All files as one pair, from those of a part."""
        return replace(
            first.origins[0], key=self.key, preds=self.name, predictions=self.predictions
        )


def _placed_group(group: Group, origin: Origin, start: int) -> Group:
    """A group whose records are counted from the beginning of the first file."""
    frames = tuple(_placed(frame, origin, start) for frame in group.frames)
    return replace(group, frames=frames, others=_placed_others(group.others, start))


def _placed(matches: Matches, origin: Origin, start: int) -> Matches:
    """Matches whose records are counted from the beginning of the first file."""
    return replace(
        matches,
        prediction=matches.prediction + start,
        unjudged=_placed_others(matches.unjudged, start),
        origins=(origin,),
        image_origin=np.zeros_like(matches.image_origin),
    )


def _placed_others(others: Unjudged, start: int) -> Unjudged:
    """Predictions that only use up a cap, in the same way."""
    moved = others.prediction + start
    return replace(others, prediction=moved, origin=np.zeros_like(others.origin))
