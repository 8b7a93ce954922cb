"""Parts of one run over many files: the places of their records become places in all files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from segeval.metrics.coco.merging import Origin
from segeval.metrics.coco.parts.layout import Group


@dataclass(frozen=True)
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
        first = parts[0][0].frames[0].origins[0]
        whole = replace(first, key=self.key, preds=self.name, predictions=self.predictions)
        return [
            [_with_origin(group, whole, start) for group in part]
            for part, start in zip(parts, self.starts, strict=True)
        ]

    def of(self, start: int, stop: int) -> OneRun:
        """The same for some of the parts."""
        return replace(self, starts=self.starts[start:stop])


def _with_origin(group: Group, origin: Origin, start: int) -> Group:
    """A group whose records are counted from the beginning of the first file."""
    others = replace(
        group.others,
        prediction=group.others.prediction + start,
        origin=np.zeros_like(group.others.origin),
    )
    frames = tuple(
        replace(
            frame,
            origins=(origin,),
            image_origin=np.zeros_like(frame.image_origin),
            evidence=None if frame.evidence is None else frame.evidence.moved(start),
        )
        for frame in group.frames
    )
    return replace(group, frames=frames, others=others)
