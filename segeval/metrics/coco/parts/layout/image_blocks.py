"""The images of a part file in blocks, ascending by id: `images/BLOCK/COLUMN`.

Columns that differ between kinds of IoU have the kind in their names; what equals the first kind's
is written once. Whole numbers are in the narrowest type that holds those of their block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError
from segeval.frozen import frozen
from segeval.metrics.coco.evidence import COUNTS, Evidence, ImageCounts
from segeval.metrics.coco.image_tallies import ARRAYS, ImageTallies, layout_of
from segeval.metrics.coco.image_totals import ImageTotals
from segeval.metrics.coco.parts.layout.sorted_blocks import (
    Place,
    ascends,
    before,
    in_blocks,
    narrow,
)
from segeval.metrics.coco.parts.layout.texts import Texts
from segeval.metrics.parts.arrays import are_places, check_layout
from segeval.metrics.parts.files import PartReader, PartWriter

IMAGES = 1 << 11
"""Images of a block. Merging holds one block of every part in memory."""

NAMES = ("name_lengths", "name_text")
"""The columns of the names of files."""

COUNTED = "counted"
"""The column with the number of objects that count in the first size bucket."""

TALLY = "tally_"
"""What the names of the columns of `ImageTallies` begin with."""

WIDE = ("digest", "highest", f"{TALLY}objects")
"""Columns that are as wide as they are: hashes and scores."""

MOST_COUNTED = 2**31
"""No count of an image is as high."""


@frozen(eq=False)
class ImageBlock:
    """n images.

    Attributes:
        id: ascending, int64, shape (n,).
        origin: index of their files, integers, shape (n,).
        names: of their files.
        by_kind: columns by kind of IoU and name, shape (n,): the hash `digest`, and where notes are
            made from evidence those of `ImageCounts` and `counted`.
        tallies: what notes count in each image by kind of IoU, where that is known.
    """

    id: NDArray[np.int64]
    origin: NDArray[np.integer[Any]]
    names: Texts
    by_kind: Mapping[str, Mapping[str, NDArray[Any]]]
    tallies: Mapping[str, ImageTallies]

    def __len__(self) -> int:
        return len(self.id)

    def take(self, rows: slice | NDArray[Any]) -> ImageBlock:
        """Some of the images, in that order."""
        return ImageBlock(
            self.id[rows],
            self.origin[rows],
            self.names.take(rows),
            {
                kind: {name: column[rows] for name, column in own.items()}
                for kind, own in self.by_kind.items()
            },
            {kind: own.take(rows) for kind, own in self.tallies.items()},
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Several lists end to end."""
        first = parts[0]
        if len(parts) == 1:
            return first
        every = np.arange(sum(map(len, parts)))
        return cls(
            np.concatenate([part.id for part in parts]),
            np.concatenate([part.origin for part in parts]),
            Texts.joined([part.names for part in parts]),
            {
                kind: {
                    name: np.concatenate([part.by_kind[kind][name] for part in parts])
                    for name in own
                }
                for kind, own in first.by_kind.items()
            },
            {
                kind: ImageTallies.merged([part.tallies[kind] for part in parts], every)
                for kind in first.tallies
            },
        )

    def at(self, row: int) -> Place:
        """The id of one image."""
        return (int(self.id[row]),)

    def before(self, end: Place) -> int:
        """How many images come before or at an id."""
        return before([self.id], end)

    def counts(self, kind: str) -> ImageCounts:
        """What is known of one kind of IoU, int64."""
        own = self.by_kind[kind]
        whole = {name: own[name].astype(np.int64) for name in COUNTS}
        return ImageCounts(**whole, highest=own["highest"])

    def totals(self, kind: str) -> ImageTotals:
        """What notes ask of these images."""
        counted = self.by_kind[kind][COUNTED].astype(np.int64)
        return ImageTotals.of(self.id, self.counts(kind), counted)


def write_images(writer: PartWriter, blocks: Iterable[ImageBlock]) -> None:
    """Write images.

    Args:
        writer: of the part file.
        blocks: the images in order, in blocks of any length.
    """
    for number, block in enumerate(in_blocks(blocks, IMAGES)):
        where = f"images/{number:08}"
        writer.add(f"{where}/id", block.id)
        writer.add(f"{where}/origin", narrow(block.origin))
        writer.add(f"{where}/name_lengths", narrow(block.names.lengths))
        writer.add(f"{where}/name_text", block.names.text)
        first: Mapping[str, NDArray[Any]] = {}
        for kind, columns in block.by_kind.items():
            own = {**columns}
            if kind in block.tallies:
                arrays = block.tallies[kind].to_arrays()
                own |= {f"{TALLY}{name}": column for name, column in arrays.items()}
            for name, column in own.items():
                if name in first and np.array_equal(first[name], column):
                    continue
                is_plain = name in WIDE
                writer.add(f"{where}/{name}_{kind}", column if is_plain else narrow(column))
            first = first or own


def read_images(
    reader: PartReader, images: int, origins: int, kinds: Mapping[str, Evidence | None]
) -> Iterator[ImageBlock]:
    """The images of a part file, block by block, which were found right.

    Args:
        reader: of the part file.
        images: their number.
        origins: number of pairs of files.
        kinds: all kinds of IoU in order, and what the notes of each are made from.

    Raises:
        FormatError: if the file is damaged.
    """
    last: NDArray[np.int64] = np.zeros(0, np.int64)
    for number in range(-(-images // IMAGES)):
        size = min(IMAGES, images - number * IMAGES)
        where = f"images/{number:08}"
        ids, origin = reader.array(f"{where}/id"), reader.array(f"{where}/origin")
        names = read_texts(reader, f"{where}/name", size)
        by_kind = {
            kind: _columns(reader, where, kind, next(iter(kinds)), size, known=known is not None)
            for kind, known in kinds.items()
        }
        tallies = {
            kind: _tallies(reader, where, kind, next(iter(kinds)), size, known.by_image.kinds)
            for kind, known in kinds.items()
            if known is not None and known.by_image is not None
        }
        sound = (
            ids.dtype == np.int64
            and ids.shape == (size,)
            and ascends([np.concatenate([last, ids])], strictly=True)
            and are_places(origin, size, origins)
        )
        if not sound:
            raise reader.damaged(where)
        last = ids[-1:]
        yield ImageBlock(ids, origin, names, by_kind, tallies)


def read_texts(reader: PartReader, name: str, size: int) -> Texts:
    """Texts of a part file.

    Args:
        reader: of the part file.
        name: what their members begin with.
        size: their number.

    Raises:
        FormatError: if the file is damaged.
    """
    lengths, text = reader.array(f"{name}_lengths"), reader.array(f"{name}_text")
    if not are_places(lengths, size, len(text) + 1) or text.dtype != np.uint8 or text.ndim != 1:
        raise reader.damaged(name)
    found = Texts(lengths.astype(np.int64), text)
    if not found.are_sound():
        raise reader.damaged(name)
    return found


def _columns(
    reader: PartReader, where: str, kind: str, first: str, size: int, *, known: bool
) -> dict[str, NDArray[Any]]:
    """The columns of one kind of IoU, checked."""
    found = {}
    counts = (*ImageCounts.__dataclass_fields__, COUNTED) if known else ()
    for name in ("digest", *counts):
        own = f"{where}/{name}_{kind}"
        column = reader.array(own if reader.has(own) else f"{where}/{name}_{first}")
        if name == "digest":
            sound = column.dtype == np.uint64 and column.shape == (size,)
        elif name == "highest":
            sound = column.dtype == np.float64 and column.shape == (size,)
        else:
            sound = are_places(column, size, MOST_COUNTED)
        if not sound:
            raise reader.damaged(own)
        found[name] = column
    return found


def _tallies(
    reader: PartReader, where: str, kind: str, first: str, size: int, names: tuple[str, ...]
) -> ImageTallies:
    """What notes count in each image, checked."""
    arrays = {}
    for name in ARRAYS:
        own = f"{where}/{TALLY}{name}_{kind}"
        arrays[name] = reader.array(own if reader.has(own) else f"{where}/{TALLY}{name}_{first}")
    try:
        check_layout(arrays, layout_of(size))
        return ImageTallies.from_parts(list(names), arrays)
    except (FormatError, ValueError):
        raise reader.damaged(where) from None
