"""Pages of a TIFF file as numbers. Pillow lives here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.opening import DENSEST, SMALL, damaged, opened, whole
from segeval.data.pictures.png import MODE_NAMES
from segeval.errors import FormatError
from segeval.limits import check_limit
from segeval.words import counted, size_text

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


def page_count(path: str | Path) -> int:
    """Number of pages of a TIFF file, at least 1.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is no TIFF file, or ImageJ wrote more pictures into it than pages.
    """
    with opened(path, TIFF) as picture, whole(path):
        pages = int(getattr(picture, "n_frames", 1))
        picture.seek(0)
        said = _pictures_of_imagej(picture)
    if said > pages:
        raise FormatError(
            f"{path}: has {counted(pages, 'page')}, but ImageJ wrote {counted(said, 'picture')} "
            "into it, all but the first without a page. Save it as a sequence of images.",
            code="pages",
            path=str(path),
        )
    return pages


def read_page(path: str | Path, page: int) -> NDArray[Any]:
    """The numbers of a page, of any integer type, shape (H, W).

    Args:
        path: path of a TIFF file.
        page: from 0.

    Raises:
        InputError: if there is no such file.
        FormatError: if it has no such page, or the page is damaged or holds something else than one
            whole number per pixel.
    """
    with opened(path, TIFF) as picture, whole(path):
        picture.seek(page)
        _check_claims(picture, path)
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


def _pictures_of_imagej(picture: Image) -> int:
    """How many pictures ImageJ says that the file has; 0 where it says nothing."""
    tags: Any = getattr(picture, "tag_v2", {})
    text = tags.get(DESCRIPTION, "")
    if not isinstance(text, str) or not text.startswith("ImageJ="):
        return 0
    found = IMAGES_OF_IMAGEJ.search(text)
    return int(found[1]) if found else 0


def _check_claims(picture: Image, path: str | Path) -> None:
    """Refuse a page with more pixels than its file can hold, or than the limit."""
    shape, pixels = size_text((picture.height, picture.width)), picture.width * picture.height
    size = Path(path).stat().st_size
    if pixels > size * DENSEST + SMALL:
        raise damaged(path, f"it claims {shape} pixels, more than its {size:,} bytes can hold")
    check_limit("photo_pixels", pixels, f"has {shape} = {pixels:,} pixels", source=str(path))
