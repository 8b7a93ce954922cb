"""Photographs of a data set: found in a folder, turned as their annotations mean, scaled down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

import numpy as np
from numpy.typing import NDArray

from segeval.data.paths import is_file
from segeval.data.pictures.photos import read_annotated_photo, resize_photo
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.words import beginning

LONGEST_NAME = 120
"""Characters of a file's name in a message."""

PICTURES_IN_IT = ", expected the pictures in it"
"""What messages about a folder that does not exist add."""


@frozen(eq=False)
class Photograph:
    """The photograph of an image, or a grey placeholder for it.

    Attributes:
        pixels: red, green and blue, uint8, shape (h, w, 3); None for a placeholder, or without.
        notes: what there is to say of it.
        is_placeholder: whether it should be there, and is not or cannot be used.
    """

    pixels: NDArray[np.uint8] | None = None
    notes: tuple[Note, ...] = ()
    is_placeholder: bool = False


def photograph(
    folder: Path,
    name: str,
    size: tuple[int, int],
    shown: str,
    *,
    longest: int | None = None,
) -> Photograph:
    """The photograph of an image, in the orientation whose size is that of the image.

    Where the pixels as stored and those turned as the camera was held (EXIF) both have that size,
    the pixels are as stored, with a note.

    Args:
        folder: of the photographs. Nothing outside of it is read, but what links in it point to.
        name: of the file, below the folder or directly in it; "" where the image has none.
        size: (H, W) of the image; not positive where it is unknown.
        shown: the image in words, such as "image 139".
        longest: pixels of the longest side that it is scaled down to; None leaves it as it is.

    Raises:
        InputError: if it is missing.
        FormatError: if it cannot be read.
        MismatchError: if it lacks the size of the image.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.new("RGB", (80, 60)).save(Path(folder, "1.png"))
        ...     found = photograph(Path(folder), "1.png", (60, 80), "image 1", longest=40)
        >>> found.pixels.shape
        (30, 40, 3)
    """
    path = path_of(folder, name)
    if path is None:
        raise InputError(
            f"{_lacking(folder, name, shown)}. Name another folder, or none to draw on grey.",
            code="no-file",
            path=str(folder),
        )
    pixels, is_unsure = read_annotated_photo(path, size if min(size) > 0 else None)
    notes: tuple[Note, ...] = ()
    if is_unsure:
        message = (
            f"{path}: its EXIF orientation turns it, and turned or not it fits its image; it is "
            "drawn as stored"
        )
        notes = (Note("photo-orientation", message, 1),)
    return Photograph(scaled_down(pixels, longest), notes)


def path_of(folder: Path, name: str) -> Path | None:
    """Where the photograph of an image is; None if it is missing. Arguments as in `photograph`."""
    return next(filter(is_file, _places(folder, name)), None) if name else None


def photograph_or_placeholder(
    folder: Path,
    name: str,
    size: tuple[int, int],
    shown: str,
    *,
    longest: int | None = None,
) -> Photograph:
    """As `photograph`, with a note in place of a photograph that is missing, damaged or misfits.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found = photograph_or_placeholder(Path(folder), "1.png", (60, 80), "image 1")
        >>> found.is_placeholder, [note.code for note in found.notes]
        (True, ['no-photo'])
    """
    try:
        return photograph(folder, name, size, shown, longest=longest)
    except InputError as error:
        is_missing = error.code == "no-file"
        why = _lacking(folder, name, shown) if is_missing else error.message.rstrip(".")
        message = f"{why}; a grey placeholder stands in its place"
        note = Note("no-photo" if is_missing else "bad-photo", message, 1)
        return Photograph(None, (note,), is_placeholder=True)


def _places(folder: Path, name: str) -> Iterator[Path]:
    """Where a file may be, never outside of the folder, whatever its name says."""
    if "\0" in name:  # older versions of Python cut paths there
        return
    whole = Path(os.path.abspath(folder))  # noqa: PTH100 (links of the folder are the user's own)
    there = Path(os.path.abspath(whole / name))  # noqa: PTH100
    if there.is_relative_to(whole):
        yield folder / there.relative_to(whole)
    yield folder / Path(name).name
    yield folder / PureWindowsPath(name).name


def _lacking(folder: Path, name: str, shown: str) -> str:
    """That a folder lacks the photograph of an image."""
    what = beginning(name, LONGEST_NAME) or f"of {shown}, which has no file_name"
    return f"{folder}: has no picture {what}"


def scaled_down(pixels: NDArray[np.uint8], longest: int | None) -> NDArray[np.uint8]:
    """A photograph whose longest side is no longer than some pixels.

    Args:
        pixels: uint8, shape (H, W, 3).
        longest: pixels; None leaves it as it is.
    """
    scale = 1.0 if longest is None else longest / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    height, width = (max(round(side * scale), 1) for side in pixels.shape[:2])
    return resize_photo(pixels, (height, width))
