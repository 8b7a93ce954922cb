"""Compressed bytes, unpacked in pieces up to a limit: a few bytes can stand for any number."""

from __future__ import annotations

import zlib

from segeval.data.beginnings import GZIP
from segeval.errors import FormatError
from segeval.limits import limits, way_to_raise
from segeval.words import counted

PIECE = 1 << 24
"""Bytes unpacked together."""

FIRST_PIECE = 1 << 12
"""Bytes taken from a member at first: those after its end are copied, for each of many members."""

WITH_HEADER = 16 + zlib.MAX_WBITS
"""zlib's number for data with the header and the checksum of gzip."""


def gunzip(data: bytes | bytearray | memoryview, name: str) -> bytearray:
    """The content of a gzip file of one or more members.

    Args:
        data: its bytes.
        name: its name in messages.

    Raises:
        FormatError: if it is damaged or ends early, or unpacks to more than `limits()` allow.
    """
    most = most_unpacked(len(data))
    found = bytearray()
    left = memoryview(data)
    try:
        while len(left):
            if bytes(left[:2]) != GZIP:
                if found:
                    raise _foreign_end(name, left)
                raise zlib.error(f"Not a gzipped file ({bytes(left[:2])!r})")
            left = left[_member(left, found, most, name) :]
            left = left[zeros(left) :]  # padding, as of tapes
    except (zlib.error, EOFError) as error:
        raise FormatError(
            f"{name}: not a complete gzip file ({error}). Was the writing interrupted?",
            code="bad-gzip",
            path=name,
        ) from None
    return found


def _foreign_end(name: str, left: memoryview) -> FormatError:
    """The error for a complete gzip file with something else behind it."""
    return FormatError(
        f"{name}: {counted(len(left), 'byte follows', 'bytes follow')} the end of the gzip data "
        f"({bytes(left[:8])!r}). Was something else written to the same file?",
        code="bad-gzip",
        path=name,
    )


def most_unpacked(packed: int) -> int:
    """Bytes that some packed bytes may unpack to."""
    return max(limits().unpacked_bytes, limits().unpacked_ratio * packed)


def too_much(name: str, packed: int) -> FormatError:
    """The error for a file that unpacks to more than `most_unpacked`."""
    way = way_to_raise("unpacked_ratio", 10 * limits().unpacked_ratio)
    return FormatError(
        f"{name}: has {packed:,} bytes and unpacks to more than {most_unpacked(packed):,}. {way}",
        code="limit",
        path=name,
        option="limit unpacked_ratio",
    )


def _member(data: memoryview, found: bytearray, most: int, name: str) -> int:
    """Add the first member to what was found; how many bytes it takes."""
    reader = zlib.decompressobj(WITH_HEADER)
    place, size = 0, FIRST_PIECE
    while not reader.eof:
        piece: bytes | memoryview = reader.unconsumed_tail
        if not piece:
            piece = data[place : place + size]
            place += len(piece)
            size = min(4 * size, PIECE)
            if not len(piece):
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
        found += reader.decompress(piece, PIECE)
        if len(found) > most:
            raise too_much(name, len(data))
    return place - len(reader.unused_data)


def zeros(data: memoryview) -> int:
    """How many bytes of zero data begins with."""
    for place in range(0, len(data), FIRST_PIECE):
        found = bytes(data[place : place + FIRST_PIECE]).lstrip(b"\0")
        if found:
            return min(place + FIRST_PIECE, len(data)) - len(found)
    return len(data)


def inflate(data: bytes, most: int) -> bytes | None:
    """The content of zlib's format; None if it has more bytes than `most`.

    Raises:
        zlib.error: if it is damaged or ends early.
    """
    reader = zlib.decompressobj()
    found = reader.decompress(data, most + 1)
    if len(found) > most:
        return None
    if not reader.eof:
        raise zlib.error("incomplete or truncated stream")
    return found
