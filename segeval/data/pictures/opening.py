"""Pictures opened by a fixed list of formats, with limits of our own.

Pillow recognises a file by its content, and some of its formats start other programs. Its guard
against bombs is one number for the whole process, below the size of real aerial pictures. So each
format's own class is called here, without that guard, and what the header claims is compared with
the bytes of the file and with `limits()`. Pillow gets no name: with one, it would map the file.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.data.opening import ordinary_file, readable
from segeval.data.paths import exists
from segeval.data.recognisers import known_bytes
from segeval.errors import FormatError, InputError
from segeval.limits import check_limit
from segeval.words import size_text

if TYPE_CHECKING:
    from PIL.Image import Image

MAPS = ("PNG",)
"""Formats of label maps, ids and masks, whose numbers must be exact."""

PHOTOS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
"""Formats of photographs. None of Pillow's decoders for them starts another program."""

MODULES = {
    "JPEG": "JpegImagePlugin", "PNG": "PngImagePlugin", "WEBP": "WebPImagePlugin",
    "TIFF": "TiffImagePlugin", "BMP": "BmpImagePlugin",
}  # fmt: skip

BEGINNINGS = {
    b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"GIF8": "GIF", b"BM": "BMP", b"%!PS": "EPS",
    b"\xc5\xd0\xd3\xc6": "EPS", b"II*\x00": "TIFF", b"MM\x00*": "TIFF", b"%PDF": "PDF",
    b"RIFF": "WebP", b"\x93NUMPY": "NumPy",
}  # fmt: skip
"""First bytes of files, and their names for people."""

DEFLATE = 1032
"""Bytes that one byte of PNG's compression stands for at most."""

FEW_BITS = {"1": 1, "P;1": 1, "L;2": 2, "P;2": 2, "L;4": 4, "P;4": 4}
"""Bits of a pixel in the codings of PNG with fewer than 8."""

DENSEST = 4096
"""Pixels that one byte of a photograph stands for at most, above `SMALL` pixels."""

SMALL = 1 << 24

DAMAGE = (
    ArithmeticError, AttributeError, EOFError, LookupError, OSError, RuntimeError, SyntaxError,
    TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip
"""What any reader raises for bytes that are something else."""


PLENTY = 1 << 20
"""Bytes for which a file is not looked at first."""


class Bounded(io.BufferedReader):
    """A file from which no more bytes are asked for than it has left.

    Pillow asks for as many as a damaged chunk claims, and memory for them is taken before.
    """

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes, or all that are left."""
        if size is not None and size > PLENTY:
            size = min(size, os.fstat(self.fileno()).st_size)
        return super().read(size)


@contextmanager
def opened(
    path: str | Path,
    formats: tuple[str, ...] = MAPS,
    *,
    seen: Callable[[Bounded], Any] = lambda file: file,
) -> Iterator[Image]:
    """A picture whose header has been read; it is closed with the block.

    Args:
        path: path of an ordinary file.
        formats: Pillow's names of the formats that it may have.
        seen: what of the open file the reader gets to see, such as one page of it.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not a picture of these formats, its header is damaged, or it claims
            more pixels than its bytes hold or `limits()` allow.
    """
    with picture_file(path) as (file, size), ExitStack() as stack:
        beginning = file.read(16)
        picture = stack.enter_context(_picture(seen(file), beginning, path, formats))
        _check_claims(picture, size, path, formats)
        # Colours are what they are below transparency; Pillow warns when it converts some palettes.
        picture.info.pop("transparency", None)
        yield picture


@contextmanager
def opened_bytes(data: bytes, name: str) -> Iterator[Image]:
    """A picture of a format for maps in memory, whose header has been read.

    Args:
        data: the bytes of its file.
        name: where it is, for messages.

    Raises:
        FormatError: as `opened`.
    """
    with ExitStack() as stack:
        picture = stack.enter_context(_picture(io.BytesIO(data), data[:16], name, MAPS))
        _check_claims(picture, len(data), name, MAPS)
        picture.info.pop("transparency", None)
        yield picture


@contextmanager
def picture_file(path: str | Path) -> Iterator[tuple[Bounded, int]]:
    """An ordinary file that may be a picture, open at its start, and its size in bytes.

    Raises:
        InputError: if there is no such file.
        FormatError: if it cannot be read.
    """
    with ExitStack() as stack:
        try:
            with readable(str(path)):
                plain = stack.enter_context(ordinary_file(path))
                file = stack.enter_context(Bounded(plain))  # type: ignore[arg-type]
                size = file.seek(0, io.SEEK_END)
                file.seek(0)
                file.peek()  # what cannot be read is told here
        except InputError as error:
            if exists(path) and error.code == "no-file":
                raise FormatError(error.message, code="not-a-picture", path=str(path)) from None
            raise
        yield file, size


@contextmanager
def whole(path: str | Path) -> Iterator[None]:
    """A context in which the pixels of a picture are read.

    Raises:
        FormatError: if it ends or fails within its pixels.
    """
    try:
        yield
    except InputError:
        raise
    except _damage() as error:
        raise damaged(path, error) from None


@cache
def _damage() -> tuple[type[Exception], ...]:
    """What Pillow's readers raise for bytes that are something else; for WebP also its guard."""
    from PIL.Image import DecompressionBombError

    return (*DAMAGE, DecompressionBombError)


def damaged(path: str | Path, error: Exception | str) -> FormatError:
    """The error for a picture that ends or fails before its end."""
    return FormatError(
        f"{path}: the picture is damaged ({error}).", code="not-a-picture", path=str(path)
    )


def _picture(file: Any, beginning: bytes, path: str | Path, formats: tuple[str, ...]) -> Image:
    """The picture by the class of its format."""
    for name in formats:
        make, accepts = _reader(name)
        if accepts(beginning):
            file.seek(0)
            try:
                picture: Image = make(file, "")
            except _damage() as error:  # it ends or fails within its header
                raise damaged(path, error) from None
            return picture
    found = next((name for key, name in BEGINNINGS.items() if beginning.startswith(key)), None)
    if found is not None and found.upper() in formats:  # its first bytes are there, in part
        raise damaged(path, f"it begins like a {found} file and is none")
    known = known_bytes(beginning) if found is None else None
    what = "not a picture" if found is None else f"is {_article(found)} {found} file"
    what = what if known is None else known[0]
    *others, last = formats
    expected = f"{', '.join(others)} or {last}" if others else last
    raise FormatError(
        f"{path}: {what}, expected a {expected} file.", code="not-a-picture", path=str(path)
    )


def _article(name: str) -> str:
    return "an" if name.startswith("E") else "a"


@cache
def _reader(name: str) -> Any:
    """What makes a picture of a format, and what recognises it by its first bytes."""
    import_module(f"PIL.{MODULES[name]}")
    return import_module("PIL.Image").OPEN[name]


def _check_claims(picture: Image, size: int, path: str | Path, formats: tuple[str, ...]) -> None:
    """Refuse more pixels than the bytes of the file can hold, or than the limit."""
    pixels = picture.width * picture.height
    shape = size_text((picture.height, picture.width))
    is_png = picture.format == "PNG"
    least = _bytes_of_row(picture) * picture.height if is_png else pixels
    most = size * DEFLATE if is_png else size * DENSEST + SMALL
    if least > most:
        raise damaged(path, f"it claims {shape} pixels, more than its {size:,} bytes can hold")
    limit = "photo_pixels" if formats == PHOTOS else "picture_pixels"
    check_limit(limit, pixels, f"has {shape} = {pixels:,} pixels", source=str(path))


def _bytes_of_row(picture: Image) -> int:
    """Bytes of one row of a PNG picture before compression, at least."""
    tiles = getattr(picture, "tile", None)
    coding = str(tiles[0].args) if tiles else "1"
    return 1 + picture.width * FEW_BITS.get(coding, 8 * len(picture.getbands())) // 8
