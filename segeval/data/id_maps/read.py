"""The ids of one image, from a picture or an array."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.id_maps.tiff import pages_of, read_page
from segeval.data.label_maps.npy import read_npy
from segeval.data.pictures.png import read_label_map
from segeval.errors import FormatError, ShapeError

TIFFS = (".tif", ".tiff")

SUFFIXES = (".png", ".npy", *TIFFS)
"""Files that may be id maps."""

CELLPOSE = "_seg.npy"
"""What names of Cellpose's files of Python objects end with."""

LARGEST_ID = (1 << 31) - 1
"""The largest id."""

WHAT = "0 for background and an id from 1 for each object"
"""What the pixels of an id map are, for messages."""


def read_id_map(path: Path, page: int | None = None) -> NDArray[np.integer[Any]]:
    """The id of every pixel of one image.

    Args:
        path: a .png file of 8 or 16 bits, a .npy file of two dimensions or a .tif file.
        page: of a .tif file, from `pages_of`; None for the first.

    Returns:
        Ids of 0 to `LARGEST_ID`, C-contiguous, of the type of the file or narrower, shape (H, W).

    Raises:
        InputError: if there is no such file.
        FormatError: if it holds no ids: colours, a palette, fractions, or numbers out of range.
        ShapeError: if an array does not have two dimensions.
    """
    match path.suffix.lower():
        case ".npy":
            ids = _array(path)
        case suffix if suffix in TIFFS:
            ids = read_page(path, pages_of(path)[0] if page is None else page)
        case _:
            ids = _picture(path)
    if ids.dtype == np.bool_:
        ids = ids.view(np.uint8)
    if ids.dtype.kind not in "iu":
        raise FormatError(
            f"{path}: holds {ids.dtype}, expected whole numbers: {WHAT}.",
            code="dtype",
            path=str(path),
        )
    if ids.dtype not in (np.uint8, np.uint16):
        _check_range(ids, path)
    return np.ascontiguousarray(ids)


def _array(path: Path) -> NDArray[Any]:
    """The array of a .npy file."""
    try:
        ids = read_npy(path)
    except FormatError as error:
        if error.code != "not-an-array" or not path.name.endswith(CELLPOSE):
            raise
        raise FormatError(
            f"{error.message} Of Cellpose's files give *_cp_masks in place of *{CELLPOSE}.",
            code=error.code,
            path=error.path,
        ) from None
    if ids.ndim != 2 or not ids.size:
        hint = " Save each image as a file of its own, or all as the pages of a TIFF file."
        raise ShapeError(
            f"{path}: has the shape {ids.shape}, expected an id map (H, W)."
            f"{hint if ids.ndim == 3 else ''}",
            code="shape",
            path=str(path),
        )
    return ids


def _picture(path: Path) -> NDArray[Any]:
    """The numbers of a PNG file."""
    try:
        labels, has_palette = read_label_map(path)
    except FormatError as error:
        if error.code != "picture-mode":
            raise
        found = error.message.partition(", expected")[0]
        raise FormatError(
            f"{found}, expected grey of 8 or 16 bits: {WHAT}. Colours are not ids.",
            code=error.code,
            path=error.path,
        ) from None
    if has_palette:
        raise FormatError(
            f"{path}: has a palette, expected grey of 8 or 16 bits: {WHAT}. In files with a "
            "palette a value may stand for no object, as 255 does in Pascal VOC; write the ids "
            "without one.",
            code="palette",
            path=str(path),
        )
    return labels


def _check_range(ids: NDArray[Any], path: Path) -> None:
    """Refuse negative ids, and ids above the largest."""
    low, high = int(ids.min()), int(ids.max())
    if low < 0:
        raise FormatError(
            f"{path}: has the id {low}, expected {WHAT}.", code="id-range", path=str(path)
        )
    if high > LARGEST_ID:
        raise FormatError(
            f"{path}: has the id {high}, expected at most {LARGEST_ID}. Number the objects of each "
            "image from 1.",
            code="id-range",
            path=str(path),
        )
