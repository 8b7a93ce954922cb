"""Photographs as pixels, in the orientation of their annotations."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.folder_files import files_below
from segeval.data.pictures.opening import PHOTOS, opened, whole
from segeval.errors import FormatError, InputError, MismatchError
from segeval.words import size_text

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""Suffixes of photographs in a folder."""

ORIENTATION = 0x0112
"""EXIF's tag for how the camera was held."""

UPRIGHT = 1
"""Its value for pixels stored upright."""

ON_ITS_SIDE = (5, 6, 7, 8)
"""Its values for pixels stored with rows and columns swapped."""


def read_photo(path: str | Path, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """The colours of a photograph.

    Grey becomes three equal colours, a palette is looked up, transparency is left out, and of 16
    bits the upper 8 are kept, as photographs of 16 bits use their whole range.

    Cameras store how they were held (EXIF). The photograph is turned accordingly, as in browsers,
    annotation tools and OpenCV, unless only the stored pixels have the size of its annotations.

    Args:
        path: path of a JPEG, PNG, WebP, TIFF or BMP file.
        size: (H, W) of the annotations; None if there are none.

    Returns:
        Red, green and blue, uint8, shape (H, W, 3).

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not a picture, or damaged.
        MismatchError: if it lacks the size of its annotations, turned or not.
    """
    with opened(path, PHOTOS) as picture:
        return _colours(picture, _turn(picture, size, path), path)


def photo_size(path: str | Path) -> tuple[int, int]:
    """(H, W) of a photograph, upright as its camera was held; its pixels are not read.

    Args:
        path: path of a JPEG, PNG, WebP, TIFF or BMP file.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not a picture, or its header is damaged.
    """
    with opened(path, PHOTOS) as picture:
        is_turned = _held(picture) in ON_ITS_SIDE
        height, width = picture.height, picture.width
    return (width, height) if is_turned else (height, width)


def read_annotated_photo(
    path: str | Path, size: tuple[int, int] | None
) -> tuple[NDArray[np.uint8], bool]:
    """The colours of a photograph in the orientation of its annotations, to look at these.

    As `read_photo`, but where both the pixels as stored and those turned as the camera was held
    have the size of the annotations, they are as stored: tools that annotate differ in this.

    Args:
        path: path of a JPEG, PNG, WebP, TIFF or BMP file.
        size: (H, W) of the annotations; None if it is unknown.

    Returns:
        Red, green and blue, uint8, shape (H, W, 3); and whether both orientations would do.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not a picture, or damaged.
        MismatchError: if it lacks the size of its annotations, turned or not.
    """
    with opened(path, PHOTOS) as picture:
        stored = (picture.height, picture.width)
        turn = _turn(picture, size, path)
        is_unsure = turn is not None and size in (None, stored)
        return _colours(picture, None if is_unsure else turn, path), is_unsure


def resize_photo(photo: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A photograph resized bilinearly; when it shrinks, every pixel counts.

    Args:
        photo: uint8, shape (H, W, 3).
        size: new (H, W).

    Source:
        Pillow's `resize`, in whole numbers, as in the public implementation of PointRend.
    """
    from PIL import Image

    height, width = size
    resized = Image.fromarray(photo).resize((width, height), Image.Resampling.BILINEAR)
    return np.array(resized)


def photos_below(folder: str | Path) -> list[Path]:
    """The photographs of a folder and its subfolders, by their suffixes, in order of their paths.

    Raises:
        InputError: if there are none.
    """
    found = files_below(Path(folder), *(f"*{suffix}" for suffix in SUFFIXES))
    if not found:
        raise InputError(
            f"{folder}: has no images, expected files {_listed(SUFFIXES)}.",
            code="no-images",
            path=str(folder),
        )
    return found


def _listed(suffixes: Iterable[str]) -> str:
    return ", ".join(f"*{suffix}" for suffix in suffixes)


def _colours(picture: Image, turn: Any, path: str | Path) -> NDArray[np.uint8]:
    """The pixels of an open picture, turned by an operation of Pillow; None for none."""
    with whole(path):
        seen = _eight_bits(picture, path).convert("RGB")
        return np.array(seen if turn is None else seen.transpose(turn))


def _turn(picture: Image, size: tuple[int, int] | None, path: str | Path) -> Any:
    """Pillow's operation that turns the pixels upright; None for none.

    Raises:
        MismatchError: if it does not give the size.
    """
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    held = _held(picture)
    stored = (picture.height, picture.width)
    upright = stored[::-1] if held in ON_ITS_SIDE else stored
    if size is None or size == upright:
        return turns.get(held)
    if size == stored:
        return None
    raise MismatchError(
        f"{path}: has {size_text(upright)} pixels, its annotations are for {size_text(size)} "
        "(H x W). Is it another version of the image?",
        code="image-size",
        path=str(path),
    )


def _held(picture: Image) -> int:
    """EXIF's orientation; upright if it is missing or unreadable."""
    try:
        value = picture.getexif().get(ORIENTATION, UPRIGHT)
    except Exception:  # values of cameras and editors may raise anything
        return UPRIGHT
    return value if isinstance(value, int) else UPRIGHT


def _eight_bits(picture: Image, path: str | Path) -> Image:
    """A picture with at most 8 bits per colour; for pictures in colour Pillow keeps 8 itself."""
    from PIL import Image

    if not picture.mode.startswith(("I", "F")):
        return picture
    values = np.asarray(picture)
    if picture.mode == "F" or values.min() < 0 or values.max() > np.iinfo(np.uint16).max:
        raise FormatError(
            f"{path}: has numbers of 32 bits per pixel, expected 8 or 16.",
            code="picture-mode",
            path=str(path),
        )
    return Image.fromarray((values >> 8).astype(np.uint8))
