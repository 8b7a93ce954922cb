"""Polygons from their JSON text: lists of parts, each a list x1, y1, x2, y2, ..."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.json.broken import shown
from segeval.data.json.grammar import CLOSE_LIST, COMMA, OPEN_LIST, Bytes, byte_at, skip_blank
from segeval.data.json.numbers import scan_number
from segeval.kernels.pointers import pointer
from segeval.kernels.promise import kernel
from segeval.masks import Polygons
from segeval.masks.polygons import COORDINATE_LIMIT
from segeval.words import counted

LEAST_ROWS = 8
"""Rows and columns from which on numbers of two values are those of a picture."""

# Defects of a polygon, the harmless first.
SHORT_LATER = -1  # a later part of fewer than 3 points, which pycocotools draws
ODD = -2  # a part of an odd number of coordinates, the last of which pycocotools leaves out
SHORT_FIRST = -3  # a first part of fewer than 3 points
TOO_FAR = -4  # a coordinate beyond COORDINATE_LIMIT
UNCLEAR = -5  # not a list of lists of numbers, or numbers that only Python can read
MALFORMED = -6  # Python agrees


def parse_polygons(
    text: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int32]
) -> tuple[Polygons, NDArray[np.int8]]:
    """Polygons from their JSON text.

    Args:
        text: bytes, uint8, shape (B,).
        starts: start of each list of parts in text, int64, shape (N,).
        lengths: its length in bytes, int32, shape (N,); 0 for a record without polygon.

    Returns:
        N masks, and defects, int8, shape (N,); a mask worse than ODD has no parts.
    """
    total = int(lengths.sum(dtype=np.int64))
    points = np.empty((total // 4 + 1, 2))  # a point takes at least "0,0,"
    part_offsets = np.zeros(total // 2 + 2, np.int64)
    mask_offsets = np.zeros(len(starts) + 1, np.int64)
    defects = np.zeros(len(starts), np.int8)
    corners = scan_polygons(text, starts, lengths, points, part_offsets, mask_offsets, defects)
    if (defects == UNCLEAR).any():
        return _polygons_by_python(text, starts, lengths)
    return (
        Polygons(points[:corners], part_offsets[: mask_offsets[-1] + 1], mask_offsets),
        defects,
    )


def polygon_defect(value: Any, *, tolerated: int = 0) -> str | None:
    """What is wrong with one polygon mask, in words; None if it is sound.

    Args:
        value: the parsed JSON value of `segmentation`.
        tolerated: the worst defect that is accepted: 0 for none, `SHORT_LATER` or `ODD`.
    """
    if not isinstance(value, list) or not value:
        return "polygon is empty"
    if all(isinstance(number, int | float) for number in value):
        return (
            "polygon is a flat list of numbers, expected a list of parts, each a list "
            "x1, y1, x2, y2, ..."
        )
    if is_bitmap(value):
        return bitmap_text(len(value), len(value[0]))
    for place, part in enumerate(value):
        if not isinstance(part, list) or not all(
            isinstance(number, int | float) and not isinstance(number, bool) for number in part
        ):
            return f"polygon part #{place} is {shown(part, 40)}, expected a list of numbers"
        if not all(abs(number) <= COORDINATE_LIMIT for number in part):
            far = next(number for number in part if not abs(number) <= COORDINATE_LIMIT)
            return (
                f"polygon has the coordinate {shown(far, 40)}, expected finite numbers "
                f"within {COORDINATE_LIMIT:.0e}"
            )
        short = len(part) < 6
        if short and tolerated <= SHORT_LATER:
            short = place == 0 and len(part) < 5
        if short:
            which = "polygon" if len(value) == 1 else f"polygon part #{place}"
            return (
                f"{which} has {counted(len(part), 'number')}, a polygon needs at least 6 (3 points)"
            )
        if len(part) % 2 and tolerated > ODD:
            return (
                f"polygon part #{place} has {counted(len(part), 'number')}, expected pairs x, y; "
                "run lengths belong into {size, counts}"
            )
    return None


def is_bitmap(value: list[Any]) -> bool:
    """Whether the parts of a polygon are the rows of a picture of 0 and 1, or 0 and 255."""
    if len(value) < LEAST_ROWS or not all(isinstance(row, list) for row in value):
        return False
    if len({len(row) for row in value}) > 1 or len(value[0]) < LEAST_ROWS:
        return False
    if not all(isinstance(number, int) for row in value for number in row):
        return False
    return {number for row in value for number in row} in ({0, 1}, {0, 255})


def bitmap_text(height: int, width: int) -> str:
    """The words for a picture where a polygon belongs."""
    return (
        f"segmentation is a picture ({height} rows of {width} numbers), expected polygons or run "
        "lengths: encode it with pycocotools.mask.encode"
    )


def _polygons_by_python(
    text: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int32]
) -> tuple[Polygons, NDArray[np.int8]]:
    """`parse_polygons` through Python: slow, but it reads every JSON number."""
    defects = np.zeros(len(starts), np.int8)
    parts: list[NDArray[np.float64]] = []
    mask_offsets = np.zeros(len(starts) + 1, np.int64)
    for i, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        if length:
            value = json.loads(text[start : start + length].tobytes())
            if polygon_defect(value, tolerated=ODD) is not None:
                defects[i] = MALFORMED
            else:
                short = any(len(part) < 6 for part in value)
                odd = any(len(part) % 2 for part in value)
                defects[i] = ODD if odd else SHORT_LATER if short else 0
                parts += [
                    np.array(part[: len(part) // 2 * 2], np.float64).reshape(-1, 2)
                    for part in value
                ]
        mask_offsets[i + 1] = len(parts)
    offsets = np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)
    return Polygons(np.concatenate([np.empty((0, 2)), *parts]), offsets, mask_offsets), defects


@kernel
def scan_polygons(
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    points: NDArray[np.float64],
    part_offsets: NDArray[np.int64],
    mask_offsets: NDArray[np.int64],
    defects: NDArray[np.int8],
) -> int:
    """Fill points (P, 2), part_offsets, mask_offsets (N + 1,), defects (N,); returns P.

    Assumes a `CompressedMasks`, proven by its constructor, and room for a point per 4 characters.
    """
    corner = 0
    part = 0
    data, xy = pointer(text), pointer(points)
    for i in range(starts.size):
        if lengths[i]:
            stop = starts[i] + lengths[i]
            first_corner, first_part = corner, part
            place = skip_blank(data, starts[i] + 1, stop)
            defect = UNCLEAR if byte_at(data, place, stop) != OPEN_LIST else 0
            while defect > UNCLEAR:
                place, numbers, problem = scan_part(data, place, stop, xy, corner)
                defect = min(defect, problem)
                if numbers % 2:
                    defect = min(defect, ODD)
                if numbers < 6:
                    short_first = part == first_part and numbers < 5
                    defect = min(defect, SHORT_FIRST if short_first else SHORT_LATER)
                corner += numbers // 2
                part += 1
                part_offsets[part] = corner
                if byte_at(data, place, stop) == CLOSE_LIST:
                    break
                place = skip_blank(data, place + 1, stop)
                if byte_at(data, place, stop) != OPEN_LIST:
                    defect = UNCLEAR
            defects[i] = defect
            if defect < ODD:
                corner, part = first_corner, first_part
        mask_offsets[i + 1] = part
    return corner


@kernel
def scan_part(
    data: Bytes, place: int, stop: int, xy: NDArray[np.float64], corner: int
) -> tuple[int, int, int]:
    """One list of numbers into points (2 P,) from `corner` on.

    Returns the place of the bracket or comma after it, its number of numbers, and a defect.
    """
    defect = 0
    numbers = 0
    place = skip_blank(data, place + 1, stop)
    while byte_at(data, place, stop) != CLOSE_LIST:
        value, place, sure = scan_number(data, place, stop)
        place = skip_blank(data, place, stop)
        c = byte_at(data, place, stop)
        if not sure or (c != COMMA and c != CLOSE_LIST):
            return place, numbers, UNCLEAR
        if not abs(value) <= COORDINATE_LIMIT:
            defect = TOO_FAR
        xy[2 * corner + numbers] = value
        numbers += 1
        if c == COMMA:
            place = skip_blank(data, place + 1, stop)
    place = skip_blank(data, place + 1, stop)
    c = byte_at(data, place, stop)
    return place, numbers, UNCLEAR if c != COMMA and c != CLOSE_LIST else defect
