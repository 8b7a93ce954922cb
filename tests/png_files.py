"""PNG files with any claims, chunk by chunk."""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk with its size and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(
    width: int, height: int, *, bits: int = 8, colour: int = 0, methods: bytes = bytes(3)
) -> bytes:
    """The first chunk; the methods are those of compression, filters and interlacing."""
    return chunk(b"IHDR", struct.pack(">IIBB", width, height, bits, colour) + methods)


def png(
    width: int, height: int, rows: bytes, *, bits: int = 8, colour: int = 0, more: bytes = b""
) -> bytes:
    """A PNG file with any claims; `rows` begin with the byte of their filter."""
    first = header(width, height, bits=bits, colour=colour)
    pixels = chunk(b"IDAT", zlib.compress(rows, 9))
    return SIGNATURE + first + more + pixels + chunk(b"IEND", b"")
