"""The rows of a part: its predictions in the order of the curves, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.coco.curve_order import curve_order
from segeval.metrics.coco.overlaps import Overlaps
from segeval.metrics.coco.parts.layout.sorted_blocks import Place, batches

BLOCK = 1 << 14
"""Rows of a block. Merging holds one block of every part in memory."""


@frozen(eq=False)
class Rows:
    """n predictions, sorted by category, score down, image, and row in their file.

    Attributes:
        category: index of each category, int32, shape (n,).
        score: float64, shape (n,).
        image: index of each image, unsigned, shape (n,).
        prediction: row in its file of predictions, unsigned, shape (n,).
        rank: place under the cap in its image, unsigned, shape (n,).
        codes: numbers of its bits by kind of IoU, unsigned, shape (n,).
        overlaps: with objects, by kind of IoU; none where the part does not hold them.
    """

    category: NDArray[np.int32]
    score: NDArray[np.float64]
    image: NDArray[np.unsignedinteger[Any]]
    prediction: NDArray[np.unsignedinteger[Any]]
    rank: NDArray[np.unsignedinteger[Any]]
    codes: Mapping[str, NDArray[np.unsignedinteger[Any]]]
    overlaps: Mapping[str, Overlaps] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.score)

    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns by their names in files; the category is known from its offsets."""
        found = {name: getattr(self, name) for name in PLAIN}
        found |= {f"codes_{kind}": column for kind, column in self.codes.items()}
        for kind, own in self.overlaps.items():
            columns = own.columns(masks=kind == "segm")
            found |= {f"{name}_{kind}": column for name, column in columns.items()}
        return found

    def take(self, rows: slice | NDArray[Any]) -> Rows:
        """Some of the rows, in that order."""
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in ("category", *PLAIN)},
            codes={kind: column[rows] for kind, column in self.codes.items()},
            overlaps={kind: own.take(rows) for kind, own in self.overlaps.items()},
        )

    @classmethod
    def joined(cls, parts: list[Rows]) -> Rows:
        """Several lists of rows end to end."""
        if len(parts) == 1:
            return parts[0]
        plain: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("category", *PLAIN)
        }
        codes = {
            kind: np.concatenate([part.codes[kind] for part in parts]) for kind in parts[0].codes
        }
        overlaps = {
            kind: Overlaps.joined([part.overlaps[kind] for part in parts])
            for kind in parts[0].overlaps
        }
        return cls(**plain, codes=codes, overlaps=overlaps)

    def at(self, row: int) -> tuple[int, float, int]:
        """What one of the rows is sorted by."""
        return int(self.category[row]), -float(self.score[row]), int(self.image[row])

    def before(self, end: Place) -> int:
        """How many rows come before or at a place in the order."""
        category, score, image = end
        first, stop = np.searchsorted(self.category, [category, category + 1])
        falling = -self.score[first:stop]
        low, high = (int(np.searchsorted(falling, score, side)) for side in ("left", "right"))
        own = self.image[first + low : first + high]
        return int(first) + low + int(np.searchsorted(own, image, "right"))

    def sorted(self) -> Rows:
        """The rows in the order of the curves; those of one image must be in order already."""
        return self.take(curve_order(self.category, self.score, self.image))


PLAIN = ("score", "image", "prediction", "rank")
"""Columns that every part has."""


def no_rows(kinds: Sequence[str], *, overlaps: bool = False) -> Rows:
    """No predictions, with codes of some kinds of IoU, and overlaps if asked for."""
    none = np.zeros(0, np.uint8)
    codes = dict.fromkeys(kinds, none)
    found = Rows(none.astype(np.int32), none.astype(np.float64), none, none, none, codes)
    return replace(found, overlaps=dict.fromkeys(kinds, Overlaps.none())) if overlaps else found


def merged_rows(parts: Sequence[Iterator[Rows]]) -> Iterator[Rows]:
    """Sorted rows of several parts with different images as one sorted list.

    One block of every part is in memory.

    Args:
        parts: blocks of each, in the order of the curves.
    """
    for ready in batches(parts):
        yield Rows.joined([rows for _, rows in ready]).sorted()
