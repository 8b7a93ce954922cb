"""Pages of a TIFF file as numbers. Pillow lives here.

Pillow comes to a page through all those before it, and a stack has hundreds. So the places of all
pages are found first, which takes a few bytes of each; then each is read as if it were the first.
"""

from __future__ import annotations

import re
import struct
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.opening import Bounded, damaged, opened, picture_file, whole
from segeval.data.pictures.png import MODE_NAMES
from segeval.errors import FormatError
from segeval.words import counted

if TYPE_CHECKING:
    from PIL.Image import Image

TIFF = ("TIFF",)

WHOLE_NUMBERS = ("1", "L", "I;16", "I;16B", "I")
"""Pillow's modes of pages with one whole number per pixel."""

OTHER_MODES = {"F": "fractions (float32)", "P": "a palette", **MODE_NAMES}
"""Names of other modes for people."""

DESCRIPTION = 270
"""The tag of a page's text, in which ImageJ says how many pictures there are."""

IMAGES_OF_IMAGEJ = re.compile(r"^images=(\d{1,9})\s*$", re.MULTILINE)


class _Layout(NamedTuple):
    """How a kind of TIFF file is written.

    Attributes:
        pointer_at: place of the pointer to the first page.
        pointer: form of a pointer to a page, for `struct`.
        number: form of the number of entries of a page.
        entry: form of an entry: tag, type, number of values, and these or a pointer to them.
    """

    pointer_at: int
    pointer: str
    number: str
    entry: struct.Struct


LAYOUTS = {
    b"II*\0": _Layout(4, "<I", "<H", struct.Struct("<HHI4s")),
    b"MM\0*": _Layout(4, ">I", ">H", struct.Struct(">HHI4s")),
    b"II+\0": _Layout(8, "<Q", "<Q", struct.Struct("<HHQ8s")),
    b"MM\0+": _Layout(8, ">Q", ">Q", struct.Struct(">HHQ8s")),
}
"""By the first bytes of a file."""

BYTES_OF_TYPE = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value by its type, where it is not one."""

SINGLE = (256, 257, 259, 262, 277, 278, 284, 317, 322, 323)
"""Tags that say how numbers are laid out, and have one value."""


class _FromPage:
    """An open file whose first page is another one of it."""

    def __init__(self, file: Bounded, page: int) -> None:
        self._file = file
        file.seek(0)
        layout = LAYOUTS[file.read(4)]
        self._pointer_at = layout.pointer_at
        self._pointer = struct.pack(layout.pointer, page)
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, or all that are left."""
        place = self._file.tell()
        data = self._file.read(size)
        if place >= self._pointer_at + len(self._pointer):
            return data
        changed = bytearray(data)
        for own, byte in enumerate(self._pointer, self._pointer_at):
            if place <= own < place + len(data):
                changed[own - place] = byte
        return bytes(changed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def pages_of(path: str | Path) -> tuple[int, ...]:
    """The places of the pages of a TIFF file, for `read_page`; at least one.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is no TIFF file, or ImageJ wrote more pictures into it than pages.
    """
    pages = _found(path)
    with opened(path, TIFF) as picture, whole(path):
        said = _pictures_of_imagej(picture)
    if said > len(pages):
        raise FormatError(
            f"{path}: has {counted(len(pages), 'page')}, but ImageJ wrote "
            f"{counted(said, 'picture')} into it, all but the first without a page. Save it as a "
            "sequence of images.",
            code="pages",
            path=str(path),
        )
    return pages


def read_page(path: str | Path, page: int) -> NDArray[Any]:
    """The numbers of a page, of any integer type, shape (H, W).

    Args:
        path: path of a TIFF file.
        page: place of the page, from `pages_of`.

    Raises:
        InputError: if there is no such file.
        FormatError: if the page is damaged or holds something else than one whole number per pixel.
    """
    with opened(path, TIFF, seen=partial(_FromPage, page=page)) as picture, whole(path):
        if picture.mode not in WHOLE_NUMBERS:
            kind = OTHER_MODES.get(picture.mode, f"mode {picture.mode}")
            raise FormatError(
                f"{path}: has {kind}, expected whole numbers of up to 32 bits, one per pixel: 0 "
                "for background and an id for each object.",
                code="picture-mode",
                path=str(path),
            )
        numbers = np.asarray(picture)
    return numbers.astype(numbers.dtype.newbyteorder("="), copy=False)


def _found(path: str | Path) -> tuple[int, ...]:
    """The places of all pages, each of which points to the next one; none if it is no TIFF file.

    Pillow warns of entries that point beyond the file, and goes on without them.
    """
    with picture_file(path) as (file, size), whole(path):
        layout = LAYOUTS.get(file.read(4))
        if layout is None:
            return ()
        pointer, number = struct.Struct(layout.pointer), struct.Struct(layout.number)
        file.seek(layout.pointer_at)
        pages: dict[int, None] = {}
        while place := pointer.unpack(file.read(pointer.size))[0]:
            name = f"page {len(pages)}"
            if place in pages or place >= size:
                raise damaged(path, f"{name} is where no page can be")
            pages[place] = None
            file.seek(place)
            entries = number.unpack(file.read(number.size))[0]
            data = file.read(entries * layout.entry.size)
            if len(data) < entries * layout.entry.size:
                raise damaged(path, f"{name} ends beyond the file")
            for entry in layout.entry.iter_unpack(data):
                _check_entry(path, name, entry, pointer, size)
    return tuple(pages)


def _check_entry(
    path: str | Path, page: str, entry: tuple[Any, ...], pointer: struct.Struct, size: int
) -> None:
    """Refuse an entry whose values are not in the file, or with several values instead of one."""
    tag, kind, count, value = entry
    length = count * BYTES_OF_TYPE.get(kind, 1)
    if length > pointer.size and pointer.unpack(value)[0] + length > size:
        raise damaged(path, f"tag {tag} of {page} lies beyond the file")
    if tag in SINGLE and count != 1:
        raise damaged(path, f"tag {tag} of {page} has {counted(count, 'value')}, expected one")


def _pictures_of_imagej(picture: Image) -> int:
    """How many pictures ImageJ says that the file has; 0 where it says nothing."""
    tags: Any = getattr(picture, "tag_v2", {})
    text = tags.get(DESCRIPTION, "")
    if not isinstance(text, str) or not text.startswith("ImageJ="):
        return 0
    found = IMAGES_OF_IMAGEJ.search(text)
    return int(found[1]) if found else 0
