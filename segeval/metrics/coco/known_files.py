"""What was found of whole files, which slices of their images share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from segeval.metrics.coco.looked_at import LookedAt
from segeval.metrics.coco.selection import Selection


@dataclass(eq=False)
class KnownFiles:
    """What one pair of files has told under one set of arguments.

    Threads may share it: what two of them find at the same time is the same.

    Attributes:
        selections: the records that take part, by the place of the kind of IoU.
        looked: the records that checks look at, likewise.
    """

    selections: dict[int, Selection] = field(default_factory=dict)
    looked: dict[int, LookedAt] = field(default_factory=dict)

    def selection(self, place: int, find: Callable[[], Selection]) -> Selection:
        """The records that take part, which are looked for once."""
        if place not in self.selections:
            self.selections[place] = find()
        return self.selections[place]

    def looked_at(self, place: int, find: Callable[[], LookedAt]) -> LookedAt:
        """The records that checks look at, which are looked for once."""
        if place not in self.looked:
            self.looked[place] = find()
        return self.looked[place]
