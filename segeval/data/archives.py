"""Text inside of xz, bzip2 and zip, unpacked up to a limit."""

from __future__ import annotations

import bz2
import io
import lzma
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO

from segeval.data.beginnings import BZIP2, LOOKED_AT, XZ, ZIP
from segeval.data.recognisers import known_bytes, other_format
from segeval.data.recognisers.first_bytes import NPZ
from segeval.data.unpacking import FIRST_PIECE, PIECE, most_unpacked, too_much, zeros
from segeval.errors import FormatError
from segeval.words import first_few

TEXTS = (".json", ".jsonl", ".csv")
"""Endings of the names of files that are read out of an archive."""

LIMITED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Methods of zip that Python unpacks in pieces of a limited size, whatever they unpack to."""

MEMORY = 1 << 28
"""Bytes that the decoder of xz may use; the largest preset of the xz program needs 65 MiB."""

SHOWN = 3
"""Most files named in a message."""

DAMAGE = (
    EOFError, NotImplementedError, OSError, RuntimeError, ValueError, lzma.LZMAError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What Python's readers raise for bytes that are something else."""


def unpacked(data: bytes | bytearray, name: str) -> bytes | bytearray:
    """The content of a file of xz, bzip2 or zip; other data as they are.

    Args:
        data: the bytes of the file.
        name: its name in messages.

    Raises:
        FormatError: if it is damaged, unpacks to more than `limits()` allow, or is an archive that
            does not hold exactly one text file.
    """
    try:
        if data[: len(XZ)] == XZ:
            return _of_xz(memoryview(data), name)
        if data[: len(BZIP2)] == BZIP2:
            with bz2.BZ2File(io.BytesIO(data)) as file:
                return _read(file, len(data), name)
        if data[: len(ZIP)] == ZIP:
            return _of_zip(data, name)
    except FormatError:
        raise
    except DAMAGE as error:
        raise _damaged(name, str(error)) from None
    return data


def _of_xz(data: memoryview, name: str) -> bytearray:
    """The content of one stream or more; its header says how much memory the decoder takes."""
    found, place, most = bytearray(), 0, most_unpacked(len(data))
    while place < len(data):
        reader = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)
        size = FIRST_PIECE
        while not reader.eof:
            piece = data[place : place + size] if reader.needs_input else data[:0]
            if reader.needs_input and not len(piece):
                raise EOFError("it ends too early")
            place, size = place + len(piece), min(4 * size, PIECE)
            found += reader.decompress(piece, PIECE)
            if len(found) > most:
                raise too_much(name, len(data))
        place -= len(reader.unused_data)
        place += zeros(data[place:])  # padding between streams
    return found


def _of_zip(data: bytes | bytearray, name: str) -> bytearray:
    """The one text file of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [info for info in archive.infolist() if _is_ordinary(info)]
        texts = [info for info in members if info.filename.lower().endswith(TEXTS)]
        if len(texts) == 1:
            if texts[0].compress_type not in LIMITED:
                raise ValueError("compressed by another method than deflate")
            with archive.open(texts[0]) as file:
                return _read(file, len(data), name)
    names = [info.filename for info in texts or members]
    known = known_bytes(bytes(data[:LOOKED_AT]))
    is_own = any(each.endswith("data.pkl") or each == "header.npy" for each in names)
    if not texts and known is not None and is_own:
        raise other_format(name, known, "a file of JSON")
    if names and all(each.endswith(".npy") for each in names):
        raise other_format(name, NPZ, "a file of JSON")
    shown = first_few(names, SHOWN)
    found = f"{len(names):,} of them ({shown})" if texts else shown or "nothing"
    raise FormatError(
        f"{name}: is a zip archive, expected exactly one file {' or '.join(TEXTS[:2])} in it, "
        f"found {found}. Unpack it, and give the file or the folder.",
        code="archive",
        path=name,
    )


def _is_ordinary(info: zipfile.ZipInfo) -> bool:
    """Whether a member is a file that a person put there."""
    parts = PurePosixPath(info.filename).parts
    return not info.is_dir() and not any(
        part.startswith((".", "__MACOSX")) and part != ".." for part in parts
    )


def _read(file: IO[bytes], packed: int, name: str) -> bytearray:
    """All bytes of an open file within an archive."""
    found = bytearray()
    most = most_unpacked(packed)
    while piece := file.read(PIECE):
        found += piece
        if len(found) > most:
            raise too_much(name, packed)
    return found


def _damaged(name: str, reason: str) -> FormatError:
    """The error for an archive that cannot be unpacked."""
    return FormatError(
        f"{name}: cannot be unpacked ({reason.rstrip('.') or 'it ends too early'}).",
        code="bad-archive",
        path=name,
    )
