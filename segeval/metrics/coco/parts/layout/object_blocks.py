"""The ground truths of a group in blocks: `objects/GROUP/BLOCK/COLUMN`.

They are in the order of their files, and of their rows in these. Whole numbers are in the narrowest
type that holds those of their block; whether one counts in each size bucket is a bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.coco.matches_layout import MOST
from segeval.metrics.coco.parts.layout.sorted_blocks import Place, before, in_blocks, narrow
from segeval.metrics.parts.arrays import are_places
from segeval.metrics.parts.files import PartReader, PartWriter

OBJECTS = 1 << 12
"""Ground truths of a block. Merging holds one block of every part in memory."""

PLAIN = ("gt", "image", "category")
"""Columns that kinds of IoU have in common."""


@frozen(eq=False)
class ObjectBlock:
    """n ground truths.

    Attributes:
        gt: row of each in its file, integers, shape (n,).
        image: index of each image, integers, shape (n,).
        category: index of each category, integers, shape (n,).
        counted: in which buckets each counts by kind of IoU, uint8, shape (B, n): a bit for each
            bucket, the highest first.
        origin: index of the files of each, integers, shape (n,); not written.
    """

    gt: NDArray[np.integer[Any]]
    image: NDArray[np.integer[Any]]
    category: NDArray[np.integer[Any]]
    counted: Mapping[str, NDArray[np.uint8]]
    origin: NDArray[np.integer[Any]]

    def __len__(self) -> int:
        return len(self.gt)

    def take(self, rows: slice | NDArray[Any]) -> ObjectBlock:
        """Some of the ground truths, in that order."""
        return ObjectBlock(
            self.gt[rows],
            self.image[rows],
            self.category[rows],
            {kind: bits[:, rows] for kind, bits in self.counted.items()},
            self.origin[rows],
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Several lists end to end."""
        first = parts[0]
        if len(parts) == 1:
            return first
        gt, image, category, origin = (
            np.concatenate([getattr(part, name) for part in parts]) for name in (*PLAIN, "origin")
        )
        counted = {
            kind: np.concatenate([part.counted[kind] for part in parts], axis=1)
            for kind in first.counted
        }
        return cls(gt, image, category, counted, origin)

    @property
    def columns(self) -> tuple[NDArray[np.integer[Any]], ...]:
        """What they are sorted by."""
        return self.origin, self.gt, self.image

    def sorted(self) -> ObjectBlock:
        """The ground truths in order."""
        return self.take(np.lexsort((self.image, self.gt, self.origin)))

    def at(self, row: int) -> Place:
        """The place of one in the order."""
        return tuple(int(column[row]) for column in self.columns)

    def before(self, end: Place) -> int:
        """How many come before or at a place in the order."""
        return before(self.columns, end)

    def counts(self, kind: str) -> NDArray[np.bool_]:
        """Which count in the first size bucket, bool, shape (n,)."""
        return np.asarray(self.counted[kind][0] & 0x80, np.bool_)


def packed(counted: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Which buckets count, shape (A, n), as bits."""
    return np.packbits(counted, axis=0)


def unpacked(bits: NDArray[np.uint8], buckets: int) -> NDArray[np.bool_]:
    """Which buckets count, bool, shape (A, n), from bits."""
    return np.unpackbits(bits, axis=0, count=buckets).view(np.bool_)


def write_objects(writer: PartWriter, place: int, blocks: Iterable[ObjectBlock]) -> None:
    """Write the ground truths of a group.

    Args:
        writer: of the part file.
        place: number of the group.
        blocks: the ground truths in order, in blocks of any length.
    """
    for number, block in enumerate(in_blocks(blocks, OBJECTS)):
        where = f"objects/{place}/{number:08}"
        for name in PLAIN:
            writer.add(f"{where}/{name}", narrow(getattr(block, name)))
        first: NDArray[np.uint8] | None = None
        for kind, bits in block.counted.items():
            if first is None or not np.array_equal(first, bits):
                writer.add(f"{where}/counted_{kind}", bits)
            first = bits if first is None else first


def read_objects(
    reader: PartReader,
    place: int,
    objects: int,
    kinds: Mapping[str, int],
    *,
    images: int,
    categories: int,
) -> Iterator[ObjectBlock]:
    """The ground truths of a group, block by block, whose indices were found right.

    Args:
        reader: of the part file.
        place: number of the group.
        objects: their number.
        kinds: number of size buckets by kind of IoU, of all kinds of the group in order.
        images: number of images.
        categories: number of categories.

    Returns:
        Blocks whose origins are all 0.

    Raises:
        FormatError: if the file is damaged.
    """
    ends = {"gt": MOST, "image": images, "category": categories}
    first = next(iter(kinds))
    for number in range(-(-objects // OBJECTS)):
        size = min(OBJECTS, objects - number * OBJECTS)
        where = f"objects/{place}/{number:08}"
        columns = {name: reader.array(f"{where}/{name}") for name in PLAIN}
        counted = {}
        for kind in kinds:
            own = f"{where}/counted_{kind}"
            counted[kind] = reader.array(own if reader.has(own) else f"{where}/counted_{first}")
        sound = all(are_places(columns[name], size, end) for name, end in ends.items()) and all(
            counted[kind].dtype == np.uint8 and counted[kind].shape == (-(-buckets // 8), size)
            for kind, buckets in kinds.items()
        )
        if not sound:
            raise reader.damaged(where)
        yield ObjectBlock(**columns, counted=counted, origin=np.zeros(size, np.uint8))
