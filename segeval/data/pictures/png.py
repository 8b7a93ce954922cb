"""PNG files as numbers: label maps, ids in colours, and masks. Pillow lives here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.opening import opened, whole
from segeval.data.pictures.plain_png import (
    COLOURS,
    DEEP_GREY,
    GREY,
    PALETTE,
    read_plain,
)
from segeval.errors import FormatError

if TYPE_CHECKING:
    from PIL.Image import Image

LARGE = 1 << 26
"""Pixels of pictures that are read in strips."""

STRIP = 1 << 24
"""Pixels of a strip."""

LABEL_MODES = {"1": np.uint8, "L": np.uint8, "P": np.uint8, "I;16": np.uint16, "I": np.int32}
"""Pillow's modes of pictures with one number per pixel, and its type."""

MODE_NAMES = {
    "RGB": "colours (RGB)",
    "RGBA": "colours (RGBA)",
    "LA": "grey with transparency",
    "PA": "a palette with transparency",
}
"""Names of Pillow's other modes for people."""


class LabelMap(NamedTuple):
    """The labels of pixels, shape (H, W), and whether they were the indices of a palette."""

    labels: NDArray[Any]
    has_palette: bool = False


def read_label_map(path: str | Path) -> LabelMap:
    """The labels of a picture with one number per pixel.

    Args:
        path: path of a PNG file of 8 or 16 bits; with a palette the indices are the labels, as in
            Pascal VOC.

    Returns:
        Labels as uint8, uint16 or (for files of 32 bits) int32.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not a picture, or holds colours.
    """
    plain = read_plain(path, GREY, PALETTE, DEEP_GREY)
    if plain is not None:
        return LabelMap(plain.numbers(), has_palette=plain.kind == PALETTE)
    with opened(path) as picture:
        if picture.mode not in LABEL_MODES:
            raise _wrong_mode(path, picture, "one number per pixel (8 or 16 bits, or a palette)")
        with whole(path):
            labels = _pixels(picture)
            if labels.dtype == np.bool_:  # of one bit: large ones are not copied
                labels = labels.view(np.uint8)
            labels = labels.astype(LABEL_MODES[picture.mode], copy=False)
        return LabelMap(labels, has_palette=picture.mode == "P")


def read_ids(path: str | Path) -> NDArray[np.int32]:
    """The ids of a panoptic picture: red + 256 green + 65536 blue.

    Args:
        path: path of a PNG file with three colours of 8 bits; transparency is left out.

    Returns:
        int32, shape (H, W); 0 is void.

    Raises:
        InputError: if there is no such file.
        FormatError: unless it is a PNG file with three colours of 8 bits.
    """
    plain = read_plain(path, COLOURS)
    if plain is not None:
        return plain.numbers()
    expected = "three colours of 8 bits, id = R + 256 G + 65536 B"
    with opened(path) as picture:
        if picture.mode not in ("RGB", "RGBA"):
            raise _wrong_mode(path, picture, expected)
        if _coding(picture) not in ("RGB", "RGBA"):
            raise FormatError(
                f"{path}: has colours of 16 bits, expected a PNG file with {expected}.",
                code="picture-mode",
                path=str(path),
            )
        with whole(path):  # Pillow keeps four bytes per pixel, and is much faster than with three
            ids: NDArray[np.int32] = _in_strips(picture, _ids)
        return ids


def read_mask(path: str | Path) -> NDArray[np.bool_]:
    """The pixels of a mask that are not black, bool, shape (H, W).

    Args:
        path: path of a PNG file of any kind, which is read as 8-bit grey.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not a picture.
    """
    plain = read_plain(path, GREY)
    if plain is not None:
        return plain.rows.astype(np.bool_)
    with opened(path) as picture, whole(path):
        mask: NDArray[np.bool_] = _pixels(_grey(picture)) != 0
        return mask


def read_object(path: str | Path) -> tuple[NDArray[np.bool_], tuple[int, int], tuple[int, int]]:
    """The pixels of a mask that are not black, within their box only.

    Args and errors as in `read_mask`.

    Returns:
        The box, bool, shape (h, w), (0, 0) for a black picture; its top left corner as (row,
        column); and (H, W) of the picture.
    """
    plain = read_plain(path, GREY)
    if plain is not None:
        return _inside_box(plain.rows)
    with opened(path) as picture, whole(path):
        grey = _grey(picture)
        left, top, right, bottom = grey.getbbox() or (0, 0, 0, 0)
        if (bottom - top) * (right - left) <= STRIP:
            box = np.asarray(grey.crop((left, top, right, bottom))) != 0
        else:  # Pillow guards crops, too
            box = _pixels(grey)[top:bottom, left:right] != 0
        return box.reshape(bottom - top, right - left), (top, left), (grey.height, grey.width)


def _inside_box(
    grey: NDArray[np.uint8],
) -> tuple[NDArray[np.bool_], tuple[int, int], tuple[int, int]]:
    """The result of `read_object` for a picture in memory, shape (H, W)."""
    height, width = grey.shape
    rows = np.flatnonzero(grey.max(axis=1))
    if not len(rows):
        return np.zeros((0, 0), np.bool_), (0, 0), (height, width)
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(grey[top:bottom].max(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    return grey[top:bottom, left:right] != 0, (top, left), (height, width)


def _ids(picture: Image) -> NDArray[np.int32]:
    """The ids of a panoptic picture or a strip of it."""
    words = picture.tobytes("raw", "RGBX" if picture.mode == "RGB" else "RGBA")
    ids: NDArray[np.int32] = np.frombuffer(words, "<i4") & 0xFFFFFF
    return ids.reshape(picture.height, picture.width)


def _pixels(picture: Image) -> NDArray[Any]:
    """The numbers of a picture."""
    return _in_strips(picture, np.asarray)


def _in_strips(picture: Image, read: Callable[[Any], NDArray[Any]]) -> NDArray[Any]:
    """The numbers of a picture; those of large ones are read by rows, to save copies."""
    picture.load()
    height, width = picture.height, picture.width
    if height * width <= LARGE or width > STRIP:
        return read(picture)
    rows = STRIP // width
    found = np.empty((0, 0))
    for top in range(0, height, rows):
        strip = read(picture.crop((0, top, width, min(top + rows, height))))
        if top == 0:
            found = np.empty((height, width), strip.dtype)
        found[top : top + rows] = strip
    return found


def _grey(picture: Image) -> Image:
    """A picture as 8-bit grey, below transparency as `opened` has it."""
    picture.load()
    picture.info.pop("transparency", None)  # of a chunk behind the pixels
    return picture.convert("L")


def _coding(picture: Image) -> str:
    """The file's coding of pixels, as Pillow calls 16-bit colours RGB as well."""
    tiles = getattr(picture, "tile")  # noqa: B009 - not in the class, yet documented
    return str(tiles[0].args) if tiles else picture.mode  # without pixels it cannot be loaded


def _wrong_mode(path: str | Path, picture: Image, expected: str) -> FormatError:
    """The error for a picture of another kind."""
    labels = "one number per pixel" if picture.mode in LABEL_MODES else ""
    kind = "a palette" if picture.mode == "P" else labels
    return FormatError(
        f"{path}: has {kind or MODE_NAMES.get(picture.mode, f'mode {picture.mode}')}, expected "
        f"{expected}.",
        code="picture-mode",
        path=str(path),
    )
