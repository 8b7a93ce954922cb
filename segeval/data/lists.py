"""Masks that a file gives as lists of numbers: polygons and uncompressed counts."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.numbers import scan_number
from segeval.data.scan import CLOSE_LIST, COMMA, OPEN_LIST, scan_integer, skip_blank
from segeval.errors import FormatError
from segeval.masks import CompressedMasks, Polygons, RunLengths
from segeval.masks.jit import kernel
from segeval.masks.polygons import COORDINATE_LIMIT
from segeval.masks.strings import NEGATIVE_COUNT, WRONG_TOTAL

# Defects of a polygon, from the harmless on.
SHORT_LATER = -1  # a later part of fewer than 3 points, which pycocotools draws
SHORT_FIRST = -2  # a first part of fewer than 3 points
TOO_FAR = -3  # a coordinate beyond COORDINATE_LIMIT
UNCLEAR = -4  # not a list of lists of numbers, or numbers that only Python can read
MALFORMED = -5  # Python agrees


def polygons(
    text: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int32]
) -> tuple[Polygons, NDArray[np.int8]]:
    """Polygons from their JSON text.

    Args:
        text: bytes, uint8, shape (B,).
        starts: of each list of parts in text, int64, shape (N,).
        lengths: in bytes, int32, shape (N,); 0 for a record without polygon.

    Returns:
        N masks, and defects, int8, shape (N,); a mask worse than SHORT_LATER has no parts.
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
        Polygons(
            points[:corners], part_offsets[: mask_offsets[-1] + 1], mask_offsets
        ),
        defects,
    )


def polygon_defect(value: Any, *, lenient: bool = False) -> str | None:
    """What is wrong with one polygon mask, in words; None if it is sound.

    Args:
        value: the parsed JSON value of `segmentation`.
        lenient: accept later parts of fewer than three points.
    """
    if not isinstance(value, list) or not value:
        return "polygon is empty"
    if all(isinstance(number, int | float) for number in value):
        return (
            "polygon is a flat list of numbers, expected a list of parts, each a list "
            "x1, y1, x2, y2, ..."
        )
    for place, part in enumerate(value):
        if not isinstance(part, list) or not all(
            isinstance(number, int | float) and not isinstance(number, bool) for number in part
        ):
            return f"polygon part #{place} is {json.dumps(part)[:40]}, expected a list of numbers"
        if not all(abs(number) <= COORDINATE_LIMIT for number in part):
            far = next(number for number in part if not abs(number) <= COORDINATE_LIMIT)
            shown = far if math.isfinite(far) else {math.inf: "Infinity"}.get(abs(far), "NaN")
            return (
                f"polygon has the coordinate {shown}, expected finite numbers "
                f"within {COORDINATE_LIMIT:.0e}"
            )
        short = len(part) < 6
        if short and lenient:
            short = place == 0 and len(part) < 5
        if short:
            which = "polygon" if len(value) == 1 else f"polygon part #{place}"
            return f"{which} has {len(part)} numbers, a polygon needs at least 6 (3 points)"
    return None


def _polygons_by_python(
    text: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int32]
) -> tuple[Polygons, NDArray[np.int8]]:
    """As `polygons`, through Python's parser: slow, but it reads every number that JSON has."""
    defects = np.zeros(len(starts), np.int8)
    parts: list[NDArray[np.float64]] = []
    mask_offsets = np.zeros(len(starts) + 1, np.int64)
    for i, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        if length:
            value = json.loads(text[start : start + length].tobytes())
            if polygon_defect(value, lenient=True) is not None:
                defects[i] = MALFORMED
            else:
                short = any(len(part) < 6 for part in value)
                defects[i] = SHORT_LATER if short else 0
                parts += [
                    np.array(part[: len(part) // 2 * 2], np.float64).reshape(-1, 2)
                    for part in value
                ]
        mask_offsets[i + 1] = len(parts)
    offsets = np.cumsum([0, *(len(part) for part in parts)], dtype=np.int64)
    return Polygons(np.concatenate([np.empty((0, 2)), *parts]), offsets, mask_offsets), defects


def counts(masks: CompressedMasks) -> RunLengths:
    """Masks whose text is a JSON list of counts.

    Raises:
        FormatError: for the first list that is malformed or does not add up to H x W.
    """
    runs = np.empty(int(masks.lengths.sum(dtype=np.int64)) // 2 + 1, np.uint32)
    offsets = np.zeros(len(masks) + 1, np.int64)
    bad, defect = scan_counts(
        masks.text, masks.starts, masks.lengths, masks.sizes, runs, offsets
    )
    if defect == 0:
        return RunLengths(runs[: offsets[-1]].copy(), offsets, masks.sizes)
    height, width = (int(side) for side in masks.sizes[bad])
    reason = "counts is a list with something else than whole numbers of 0 and more"
    if defect == NEGATIVE_COUNT:
        reason = "counts holds a negative run length"
    elif defect == WRONG_TOTAL:
        total = sum(json.loads(masks.bytes_of(bad)))
        reason = (
            f"the runs add up to {total:,} pixels, "
            f"expected {height} x {width} = {height * width:,}"
        )
    raise FormatError(f"mask #{bad}: {reason}.", code="bad-counts", index=int(bad), field="counts")


@kernel
def scan_polygons(text, starts, lengths, points, part_offsets, mask_offsets, defects):  # type: ignore[no-untyped-def]
    """Fill points (P, 2), part_offsets, mask_offsets (N + 1,), defects (N,); returns P."""
    corner = 0
    part = 0
    for i in range(starts.size):
        if lengths[i]:
            first_corner, first_part = corner, part
            place = skip_blank(text, starts[i] + 1, text.size)
            defect = UNCLEAR if text[place] != OPEN_LIST else 0
            while defect > UNCLEAR:
                place, numbers, problem = scan_part(text, place, points, corner)
                defect = min(defect, problem)
                if numbers < 6:
                    short_first = part == first_part and numbers < 5
                    defect = min(defect, SHORT_FIRST if short_first else SHORT_LATER)
                corner += numbers // 2
                part += 1
                part_offsets[part] = corner
                if text[place] == CLOSE_LIST:
                    break
                place = skip_blank(text, place + 1, text.size)
                if text[place] != OPEN_LIST:
                    defect = UNCLEAR
            defects[i] = defect
            if defect < SHORT_LATER:
                corner, part = first_corner, first_part
        mask_offsets[i + 1] = part
    return corner


@kernel
def scan_part(text, place, points, corner):  # type: ignore[no-untyped-def]
    """One list of numbers into points from `corner` on.

    Returns the place of the bracket or comma behind it, how many numbers it had, and a defect.
    """
    defect = 0
    numbers = 0
    place = skip_blank(text, place + 1, text.size)
    while text[place] != CLOSE_LIST:
        value, place, sure = scan_number(text, place, text.size)
        place = skip_blank(text, place, text.size)
        if not sure or (text[place] != COMMA and text[place] != CLOSE_LIST):
            return place, numbers, UNCLEAR
        if not abs(value) <= COORDINATE_LIMIT:
            defect = TOO_FAR
        points[corner + numbers // 2, numbers % 2] = value
        numbers += 1
        if text[place] == COMMA:
            place = skip_blank(text, place + 1, text.size)
    place = skip_blank(text, place + 1, text.size)
    if text[place] != COMMA and text[place] != CLOSE_LIST:
        defect = UNCLEAR
    return place, numbers, defect


@kernel
def scan_counts(text, starts, lengths, sizes, runs, offsets):  # type: ignore[no-untyped-def]
    """Fill runs (R,) and offsets (N + 1,) from lists of counts; returns (index, defect)."""
    run = 0
    for i in range(starts.size):
        place = skip_blank(text, starts[i] + 1, text.size)
        total = np.int64(0)
        while text[place] != CLOSE_LIST:
            value, place, good = scan_integer(text, place)
            place = skip_blank(text, place, text.size)
            if not good or (text[place] != COMMA and text[place] != CLOSE_LIST):
                return i, UNCLEAR
            if value < 0:
                return i, NEGATIVE_COUNT
            if value > 4294967295:
                return i, WRONG_TOTAL
            runs[run] = value
            run += 1
            total += value
            if text[place] == COMMA:
                place = skip_blank(text, place + 1, text.size)
        if total != np.int64(sizes[i, 0]) * np.int64(sizes[i, 1]):
            return i, WRONG_TOTAL
        offsets[i + 1] = run
    return -1, 0
