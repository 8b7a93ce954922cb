"""Where tiles lie in the images that they were cut from, read from a CSV file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.csv_table import csv_rows, shown_row
from segeval.data.keys import Key
from segeval.errors import FormatError
from segeval.frozen import frozen
from segeval.masks.proofs import check_side_and_pixels, largest
from segeval.words import counted, joined

NEEDED = ("tile_id", "image_id", "x", "y")
"""Columns that a table of tiles has."""

SIZE = ("width", "height")
"""Columns of the size of the whole image, which may be left out together."""

ROWS = "tile_id, image_id, x and y"

WHOLE = re.compile(r"-?\d{1,9}")
"""A position or side that is in reach of any image."""

NUMBER = re.compile(r"0|-?[1-9]\d{0,18}")
"""An id that is a number."""


@frozen(eq=False)
class Tiles:
    """T tiles and where each lies in its image.

    Attributes:
        source: name of the file, for messages.
        tile_ids: ids of the tiles, as text, T of them, each once.
        image_ids: ids of their whole images, as text.
        corners: x, y of the top left pixel in the image, int64, shape (T, 2).
        sizes: (H, W) of the whole image, int32, shape (T, 2); -1 where the file gives none.
        lines: line of each in the file, from 1.
    """

    source: str
    tile_ids: tuple[str, ...]
    image_ids: tuple[str, ...]
    corners: NDArray[np.int64]
    sizes: NDArray[np.int32]
    lines: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.tile_ids)

    @cached_property
    def place(self) -> Mapping[str, int]:
        """The place of each tile by its id."""
        return {each: place for place, each in enumerate(self.tile_ids)}

    def keys(self, *, as_text: bool) -> list[Key]:
        """Ids of the whole images: numbers where all look so, or else text.

        Args:
            as_text: keep them as text anyway.
        """
        if as_text or not all(map(NUMBER.fullmatch, self.image_ids)):
            return list(self.image_ids)
        return [int(each) for each in self.image_ids]

    def refusal(self, place: int, problem: str, code: str = "tiles") -> FormatError:
        """The error about one tile, named by its line."""
        return FormatError(
            f"{self.source}: line {self.lines[place]} (tile {self.tile_ids[place]}) {problem}.",
            code=code,
            path=self.source,
            index=self.lines[place] - 1,
            option="tiles",
        )


def read_tiles(path: str | Path) -> Tiles:
    r"""Where tiles lie, from a CSV file.

    Args:
        path: a file with the columns tile_id (the image_id of its predictions), image_id (of the
            whole image), x and y (of the top left pixel of the tile, in pixels of the whole image),
            and perhaps width and height of the whole image. Other columns are not read.

    Raises:
        InputError: if there is no such file.
        FormatError: if a column is missing, a cell is no whole number, a tile is given twice, or
            an image has two sizes or one beyond the limits.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "tiles.csv")
        ...     _ = path.write_text("tile_id,image_id,x,y\nleft,7,0,0\nright,7,512,0\n")
        ...     read_tiles(path).corners
        array([[  0,   0],
               [512,   0]])
    """
    name, rows = csv_rows(path, ROWS, "tiles")
    if not rows:
        raise FormatError(
            f"{name}: has no rows, expected the columns {joined(NEEDED)}.",
            code="tiles",
            path=name,
            option="tiles",
        )
    header = [cell.strip().lower() for cell in rows[0][1]]
    column = _columns(name, rows[0][0], header)
    lines: list[int] = []
    ids: dict[str, list[str]] = {"tile_id": [], "image_id": []}
    numbers: dict[str, list[int]] = {each: [] for each in column if each not in ids}
    seen: dict[str, int] = {}
    for line, cells in rows[1:]:
        if len(cells) != len(header):
            problem = f"has {counted(len(cells), 'cell')}, expected {len(header)} as in the header"
            raise _refused(name, line, cells, problem)
        found = {each: cells[place].strip() for each, place in column.items()}
        for each, values in ids.items():
            if not found[each]:
                raise _refused(name, line, cells, f"has no {each}")
            values.append(found[each])
        for each, whole in numbers.items():
            if not WHOLE.fullmatch(found[each]) or (each in SIZE and int(found[each]) < 1):
                problem = f"has {each} {shown_row([found[each]])!r}, expected "
                problem += _expected(each, found[each])
                raise _refused(name, line, cells, problem)
            whole.append(int(found[each]))
        before = seen.setdefault(found["tile_id"], line)
        if before != line:
            problem = f"is of the same tile as line {before}, expected each tile once"
            raise _refused(name, line, cells, problem)
        lines.append(line)
    tiles = Tiles(
        source=name,
        tile_ids=tuple(ids["tile_id"]),
        image_ids=tuple(ids["image_id"]),
        corners=np.array([numbers["x"], numbers["y"]], np.int64).T.reshape(-1, 2),
        sizes=np.array([numbers.get(each, [-1] * len(lines)) for each in reversed(SIZE)], np.int32)
        .T.reshape(-1, 2),
        lines=tuple(lines),
    )  # fmt: skip
    _check_sizes(tiles)
    if len(tiles):
        place, side, pixels = largest(np.maximum(tiles.sizes, 0))
        check_side_and_pixels(f"the image of line {lines[place]}", side, pixels, source=name)
    return tiles


def _columns(name: str, line: int, header: list[str]) -> dict[str, int]:
    """Place of each column that is read.

    Raises:
        FormatError: if one is missing or there twice.
    """
    missing = [each for each in NEEDED if each not in header]
    given = [each for each in SIZE if each in header]
    if len(given) == 1:
        missing += [each for each in SIZE if each not in given]
    if missing:
        problem = (
            f"has no column {joined(missing)}, expected {joined(NEEDED)}, and perhaps width and "
            "height of the whole image"
        )
        raise _refused(name, line, header, problem)
    wanted = [*NEEDED, *given]
    twice = next((each for each in wanted if header.count(each) > 1), None)
    if twice is not None:
        raise _refused(name, line, header, f"has two columns {twice}, expected one")
    return {each: header.index(each) for each in wanted}


def _check_sizes(tiles: Tiles) -> None:
    """Refuse two sizes of one image.

    Raises:
        FormatError: names the line.
    """
    first: dict[str, int] = {}
    for place, (image, size) in enumerate(zip(tiles.image_ids, tiles.sizes.tolist(), strict=True)):
        other = first.setdefault(image, place)
        if size != tiles.sizes[other].tolist():
            height, width = tiles.sizes[other].tolist()
            raise tiles.refusal(
                place,
                f"gives image {image} {size[1]} x {size[0]} pixels (width x height), expected "
                f"{width} x {height} as in line {tiles.lines[other]}",
            )


def _expected(column: str, cell: str) -> str:
    """What a cell with a number should be, by what it is."""
    kind = "a whole number" + (" above 0" if column in SIZE else " of pixels")
    return f"{kind}, of at most 9 digits" if re.fullmatch(r"-?\d{10,}", cell) else kind


def _refused(name: str, line: int, cells: list[str], problem: str) -> FormatError:
    """The error about one row."""
    return FormatError(
        f"{name}: line {line} ({shown_row(cells)}) {problem}.",
        code="tiles",
        path=name,
        index=line - 1,
        option="tiles",
    )
