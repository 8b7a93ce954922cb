"""Masks in the form of Open Images: base64 of zlib of COCO's compressed counts, or PNG files."""

from __future__ import annotations

import base64
import binascii
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.open_images.table import CsvTable
from segeval.data.paths import is_file
from segeval.data.pictures.png import read_mask
from segeval.data.unpacking import inflate, most_unpacked, too_much
from segeval.errors import FormatError, InputError
from segeval.kernels.threads import map_slices
from segeval.masks import CompressedMasks, RunLengths, compress, concatenate, encode
from segeval.masks.proofs import check_side_and_pixels, largest
from segeval.words import size_text

EXPECTED = "base64 of zlib of COCO's compressed counts"

NOT_BASE64 = "this is not base64"
NOT_ZLIB = "this is base64, but not of zlib"
TOO_LONG = "this unpacks to more than the pixels of its image"
"""What may be wrong with a text, in the order in which it is reported."""

LONGEST_RUN = 7
"""Characters of a run at most."""

PICTURE = ".png"
"""A value that ends so is the name of a file."""


def mask_column(table: CsvTable) -> str | None:
    """Name of the column that holds the masks, or None."""
    return next((name for name in ("Mask", "MaskPath") if name in table.columns), None)


def read_masks(
    table: CsvTable, workers: int | None = None
) -> tuple[NDArray[np.int64], CompressedMasks, NDArray[np.int64]]:
    """The masks of a table.

    Args:
        table: table with `Mask` (base64, or the name of a PNG file) or `MaskPath`; files are beside
            the table, in a folder `masks` there, or in one of the table's name. The size of a mask
            is ImageHeight x ImageWidth, or without these columns that of its PNG file.
        workers: threads, None for all cores.

    Returns:
        Rows of the table with a mask, int64, shape (R,), their masks, and areas in pixels, int64,
        shape (R,).

    Raises:
        InputError: for a missing PNG file.
        FormatError: for text that is not a mask.
    """
    column = mask_column(table) or "Mask"
    texts = table.columns[column]
    rows = np.array([row for row, text in enumerate(texts) if text], np.int64)
    is_file = np.array([texts[row].lower().endswith(PICTURE) for row in rows], bool)
    if is_file.all() and len(rows):
        masks = _pictures(table, column, rows, workers)
    elif is_file.any():
        first = rows[np.flatnonzero(is_file)[0]]
        raise table.error([int(first)], column, f"{column} mixes files and {EXPECTED}", "bad-mask")
    else:
        masks = _texts(table, column, rows)
    areas, defects = masks.measure(workers)
    bad = np.flatnonzero(defects)
    if len(bad):
        problem = masks.defect(int(bad[0]), int(defects[bad[0]]))
        raise table.error(rows[bad].tolist(), column, f"{column}: {problem}", "bad-counts")
    return rows, masks, areas


def mask_text(counts: bytes) -> str:
    """COCO's compressed counts in the form of Open Images.

    Example:
        >>> zlib.decompress(base64.b64decode(mask_text(b"013000")))
        b'013000'
    """
    return base64.b64encode(zlib.compress(counts, 9)).decode("ascii")


def _texts(table: CsvTable, column: str, rows: NDArray[np.int64]) -> CompressedMasks:
    """Masks from their text."""
    for name in ("ImageWidth", "ImageHeight"):
        if name not in table.columns:
            raise FormatError(
                f"{table.name}: the column {name} is missing; {column} is {EXPECTED} and does not "
                "give the size of the image.",
                code="missing-column",
                path=table.name,
                field=name,
            )
    sizes = _stated_sizes(table, rows)
    strings = _unpacked(table, column, rows.tolist(), sizes.prod(axis=1, dtype=np.int64).tolist())
    return CompressedMasks.from_strings(strings, sizes)


def _stated_sizes(table: CsvTable, rows: NDArray[np.int64]) -> NDArray[np.int32]:
    """(H, W) of the masks in some rows, int32, shape (R, 2), within the limits."""
    sizes = np.stack([table.sides("ImageHeight"), table.sides("ImageWidth")], axis=1)[rows]
    if len(sizes):
        row, side, pixels = largest(sizes)
        place = int(rows[row])
        with table.naming(place):
            check_side_and_pixels("the mask", side, pixels, source=table.place(place))
    return sizes


def _unpacked(table: CsvTable, column: str, rows: list[int], pixels: list[int]) -> list[bytes]:
    """COCO's compressed counts of each row, whose mask has some pixels."""
    texts = table.columns[column]
    strings: list[bytes] = []
    wrong: dict[str, list[int]] = {NOT_BASE64: [], NOT_ZLIB: [], TOO_LONG: []}
    packed = sum(len(texts[row]) for row in rows)
    left = most_unpacked(packed)
    for row, own in zip(rows, pixels, strict=True):
        most = LONGEST_RUN * (own + 2)
        if not texts[row].isascii():
            wrong[NOT_BASE64].append(row)
            continue
        try:
            found = inflate(binascii.a2b_base64(texts[row], strict_mode=True), min(most, left))
        except binascii.Error:
            wrong[NOT_BASE64].append(row)
        except zlib.error:
            wrong[NOT_ZLIB].append(row)
        else:
            if found is None and most > left:
                raise too_much(table.name, packed)
            if found is None:
                wrong[TOO_LONG].append(row)
            else:
                left -= len(found)
                strings.append(found)
    for reason, bad in wrong.items():
        if bad:
            raise table.wrong(bad, column, f"{EXPECTED}; {reason}")
    return strings


def _pictures(
    table: CsvTable, column: str, rows: NDArray[np.int64], workers: int | None
) -> CompressedMasks:
    """Masks from PNG files."""
    names = table.columns[column]
    csv_path = Path(table.name)
    folders = (csv_path.parent, csv_path.parent / "masks", csv_path.with_suffix(""))

    def some(start: int, stop: int) -> RunLengths:
        found = []
        for row in rows[start:stop].tolist():
            paths = [folder / names[row] for folder in folders]
            path = next((path for path in paths if is_file(path)), None)
            if path is None:
                raise InputError(
                    f"{table.place(row)}: {column} is {names[row]!r}, and there is no such file "
                    f"beside the table, nor in {folders[1]} or {folders[2]}.",
                    code="no-file",
                    path=table.name,
                    index=row,
                    field=column,
                )
            found.append(read_mask(path))
        return encode(found)

    masks = concatenate(map_slices(some, len(rows), workers, least=8))
    if {"ImageWidth", "ImageHeight"} <= table.columns.keys():
        sizes = _stated_sizes(table, rows)
        bad = np.flatnonzero((masks.sizes != sizes).any(axis=1))
        if len(bad):
            raise table.error(
                rows[bad].tolist(),
                column,
                f"{column} is a picture of {size_text(masks.sizes[bad[0]])} pixels, ImageHeight x "
                f"ImageWidth is {size_text(sizes[bad[0]])}",
                "mask-size",
            )
    return compress(masks)
