"""Segmentations that the scanner refuses: Python reads or explains them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.data.json.broken import shown
from segeval.data.json.grammar import DEEPEST
from segeval.data.json.scan import COUNTS, NONE, POLYGON, STRING
from segeval.errors import FormatError
from segeval.masks.proofs import are_within_limits, check_side_and_pixels, largest

_ALPHABET = re.compile("[0-o]*")


class PlainMask(NamedTuple):
    """A segmentation in the form of the columns: characters, a `Format` value, and (H, W)."""

    text: bytes
    format: int
    size: tuple[int, int]


def checked_segmentation(value: Any) -> Any:
    """The value, if it is of a known kind; its content is checked when it is decoded.

    Raises:
        FormatError: names the field and the value; the caller adds file and record.
    """
    if value is None or isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise wrong_field(
            "segmentation", value, 'polygons or {"size": [H, W], "counts": ...}', "bad-segmentation"
        )
    for name in ("size", "counts"):
        if name not in value:
            raise FormatError(
                f'segmentation has no {name}, expected {{"size": [H, W], "counts": ...}}',
                code="bad-segmentation",
                field=f"segmentation.{name}",
            )
    size, counts = value["size"], value["counts"]
    sides = size if isinstance(size, list) else []
    if len(sides) != 2 or not all(type(side) is int and 0 <= side < 2**31 for side in sides):
        raise wrong_field(
            "segmentation.size", size, "[height, width] in whole pixels", "bad-segmentation"
        )
    check_claimed(max(sides), sides[0] * sides[1])
    if not isinstance(counts, str | list):
        raise wrong_field("segmentation.counts", counts, "text or a list of numbers", "bad-counts")
    if isinstance(counts, str) and not _ALPHABET.fullmatch(counts):
        if counts[:2] in ("b'", 'b"'):
            message = (
                f'counts is the text of Python bytes ("{counts[:8]}..."). '
                'Write rle["counts"].decode("ascii").'
            )
        else:
            message = f"counts holds a character that compressed counts never have: {counts[:24]!r}"
        raise FormatError(message, code="bad-counts", field="counts")
    return value


def check_claimed(side: int, pixels: int) -> None:
    """Refuse a mask that claims a size beyond the limits.

    Args:
        side: the longer side in pixels.
        pixels: height times width.

    Raises:
        FormatError: names the value; the caller adds file and record.
    """
    try:
        check_side_and_pixels("the mask", side, pixels, source="segmentation.size")
    except FormatError as error:
        raise FormatError(
            error.message, code=error.code, field="segmentation.size", option=error.option
        ) from None


def refused_size(sizes: NDArray[np.int32]) -> tuple[int, FormatError] | None:
    """The first mask that claims a size beyond the limits, and its error.

    Args:
        sizes: (H, W) of N masks in pixels, shape (N, 2).
    """
    if are_within_limits(sizes):
        return None
    row, side, pixels = largest(sizes)
    try:
        check_claimed(side, pixels)
    except FormatError as error:
        return row, error
    return None


def plain_mask(segmentation: Any) -> PlainMask:
    """A checked segmentation in the form of the columns."""
    if not segmentation:
        return PlainMask(b"", NONE, (0, 0))
    if isinstance(segmentation, list):
        return PlainMask(_dumped(segmentation), POLYGON, (0, 0))
    height, width = segmentation["size"]
    counts = segmentation["counts"]
    if isinstance(counts, str):
        return PlainMask(counts.encode("ascii"), STRING, (height, width))
    return PlainMask(_dumped(counts), COUNTS, (height, width))


def wrong_field(name: str, value: Any, expected: str, code: str = "bad-field") -> FormatError:
    """The error for a field; the caller adds file and record."""
    return FormatError(f"{name} is {shown(value, 60)}, expected {expected}", code=code, field=name)


def _dumped(value: list[Any]) -> bytes:
    """A list as text.

    Raises:
        FormatError: if it is nested deeper than the scanner goes.
    """
    level: list[Any] = value
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _members(each)]
        if not level:
            return json.dumps(value, separators=(",", ":")).encode()
    raise FormatError(
        f"segmentation has lists within lists, more than {DEEPEST} deep",
        code="bad-segmentation",
        field="segmentation",
    )


def _members(value: Any) -> Iterable[Any]:
    """What is in a list or an object of JSON, nothing in other values."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
