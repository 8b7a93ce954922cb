"""The PNG files that label maps usually are, read without Pillow in a third of its time.

Pillow decides what a picture is: a file is read here only if it is sound and as plain as can be,
and any other is left to it, with its messages and its patience.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.opening import DEFLATE, picture_file, whole
from segeval.data.pictures.unfilter import three_bytes, unfilter
from segeval.data.pictures.zlib_stream import inflated
from segeval.limits import limits

BEGINNING = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"
"""The signature, and the length and the name of the header."""

END = b"\0\0\0\0IEND\xaeB`\x82"
"""The last chunk."""

FIRST_CHUNK = 33
"""Where the chunk behind the header begins."""

GREY, PALETTE, DEEP_GREY, COLOURS = "grey", "palette", "grey of 16 bits", "colours"

KINDS = {(8, 0): GREY, (8, 3): PALETTE, (16, 0): DEEP_GREY, (8, 2): COLOURS}
"""By the bits and the colour type of a header."""

BYTES_OF_PIXEL = {GREY: 1, PALETTE: 1, DEEP_GREY: 2, COLOURS: 3}

LEAST = {b"PLTE": 3, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"bKGD": 0, b"tIME": 0}
"""Chunks that may stand before the pixels and change none, and the fewest bytes of each."""

LARGE_FILE = 1 << 26
"""Bytes of a file that is left to Pillow, which does not need all of it at a time."""

LARGE = 1 << 26
"""Pixels of a picture that is left to Pillow, for the same reason."""


class PlainPicture(NamedTuple):
    """The bytes of all pixels, uint8, shape (H, W * bytes of a pixel), and their kind."""

    rows: NDArray[np.uint8]
    kind: str

    def numbers(self) -> NDArray[Any]:
        """One number per pixel: uint8, uint16, or int32 of three colours; shape (H, W)."""
        if self.kind == DEEP_GREY:
            return self.rows.view(">u2").astype(np.uint16)
        if self.kind != COLOURS:
            return self.rows
        height, width = self.rows.shape
        numbers = np.empty((height, width // 3), np.int32)
        three_bytes(self.rows, numbers)
        return numbers


class _Header(NamedTuple):
    """Pixels, and what they are."""

    width: int
    height: int
    kind: str

    @property
    def row(self) -> int:
        """Bytes of a row."""
        return self.width * BYTES_OF_PIXEL[self.kind]


def read_plain(path: str | Path, *kinds: str) -> PlainPicture | None:
    """The pixels of a PNG file that is plain and sound; None for any other.

    Args:
        path: path of the file.
        kinds: those that are asked for.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is none that can be read.
    """
    with picture_file(path) as (file, size), whole(path):
        data = file.read() if size < LARGE_FILE else b""
    header = _header(data)
    if header is None or header.kind not in kinds or not _is_possible(header, len(data)):
        return None
    stream = _stream(data)
    filtered = None if stream is None else inflated(stream, header.height * (header.row + 1))
    if filtered is None:
        return None
    rows = np.empty((header.height + 1, header.row), np.uint8)
    rows[0] = 0
    is_known = unfilter(filtered, BYTES_OF_PIXEL[header.kind], rows)
    return PlainPicture(rows[1:], header.kind) if is_known else None


def _header(data: bytes) -> _Header | None:
    """What the first chunk says, if it is one of a plain picture."""
    if data[: len(BEGINNING)] != BEGINNING or len(data) < FIRST_CHUNK:
        return None
    values = struct.unpack(">IIBBBBBI", data[len(BEGINNING) : FIRST_CHUNK])
    width, height, bits, colour, *methods, checksum = values
    kind = KINDS.get((bits, colour))
    if kind is None or any(methods) or checksum != zlib.crc32(data[12:29]):
        return None
    return _Header(width, height, kind)


def _is_possible(header: _Header, size: int) -> bool:
    """Whether a file of so many bytes may hold such a picture, within all limits."""
    pixels = header.width * header.height
    may_fit = header.height * (header.row + 1) <= size * DEFLATE
    return 0 < pixels <= min(LARGE, limits().picture_pixels) and may_fit


def _stream(data: bytes) -> bytes | None:
    """The compressed pixels of a file, if nothing else in it matters and it ends as it should."""
    parts: list[bytes] = []
    place = FIRST_CHUNK
    while data[place : place + 8] != END[:8]:
        length = int.from_bytes(data[place : place + 4], "big")
        name, stop = data[place + 4 : place + 8], place + 8 + length
        if stop + 4 > len(data):
            return None
        if name == b"IDAT":
            parts.append(data[place + 8 : stop])
        elif parts or not _is_harmless(name, data[place + 8 : stop + 4]):
            return None
        place = stop + 4
    return b"".join(parts) if data[place:] == END else None


def _is_harmless(name: bytes, content: bytes) -> bool:
    """Whether a chunk before the pixels changes none; its content ends with its checksum."""
    size = len(content) - 4
    if size < LEAST.get(name, size + 1) or (name == b"PLTE" and (size % 3 or size > 768)):
        return False
    return zlib.crc32(name + content[:-4]) == int.from_bytes(content[-4:], "big")
