"""Label maps: their pixels as numbers from 0.

A label map gives every pixel the id of a class. An *index map* gives the class's index in the list
of a run instead, so kernels need no list.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.cityscapes.labels import LABEL_FILE
from segeval.data.label_maps.npy import read_npy
from segeval.data.label_maps.semantic_json import DrawnLabels
from segeval.data.pictures.png import LabelMap, read_label_map
from segeval.errors import FormatError, ShapeError
from segeval.kernels.promise import kernel

Source = Path | DrawnLabels | NDArray[Any]
"""A file, an image of a file of JSON, or an array in memory."""


def read_labels(source: Source, name: str) -> LabelMap:
    """The labels of a file or an array, uint8 or uint16, C-contiguous.

    Args:
        source: a .png or .npy file, or an array of whole numbers from 0 to 65535.
        name: name for messages.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not a label map, or a value is out of range.
        ShapeError: unless an array has two dimensions.
    """
    has_palette = False
    if isinstance(source, DrawnLabels):
        labels = source.draw()
    elif not isinstance(source, Path):
        labels = np.asarray(source)
    elif source.suffix.lower() == ".npy":
        labels = read_npy(source)
    else:
        labels, has_palette = _picture(source)
    if labels.ndim != 2 or not labels.size:
        raise ShapeError(
            f"{name}: has the shape {labels.shape}, expected a label map (H, W).{_hint(labels)}",
            code="shape",
            path=name,
        )
    if labels.dtype == np.bool_:
        labels = labels.view(np.uint8)
    if labels.dtype.kind not in "iu":
        raise FormatError(
            f"{name}: holds {labels.dtype}, expected whole numbers. A label map has ids of "
            "classes, not probabilities.",
            code="dtype",
            path=name,
        )
    if labels.dtype not in (np.uint8, np.uint16):
        labels = _narrowed(labels, name)
    return LabelMap(np.ascontiguousarray(labels), has_palette)


def _hint(labels: NDArray[Any]) -> str:
    """What makes a label map of an array with a value for each class."""
    if labels.ndim == 3 and labels.dtype.kind == "f":
        return " Of a value for each class, take the class with the largest: `argmax`."
    return ""


def index_map(labels: NDArray[Any], table: NDArray[Any]) -> NDArray[Any]:
    """The index of every pixel's class.

    Args:
        labels: uint8 or uint16, C-contiguous, shape (H, W).
        table: table of `LabelClasses.table` for this dtype.

    Returns:
        0..C-1, C for ignored labels, C + 1 for unknown ones; of the table's dtype, shape (H, W).

    Raises:
        ShapeError: if the table has no entry for a label that the map could hold.
    """
    if labels.ndim != 2 or labels.dtype.kind != "u" or len(table) <= np.iinfo(labels.dtype).max:
        raise ShapeError(
            f"the label map is {labels.dtype} of shape {labels.shape} and the table has "
            f"{len(table)} entries, expected an entry for every label that (H, W) pixels can hold.",
            code="label-table",
        )
    places: NDArray[Any] = look_up(labels, table)
    return places


@kernel
def look_up(labels: NDArray[Any], table: NDArray[Any]) -> NDArray[Any]:
    """table[labels] for labels (H, W) and a table (256,) or (65536,).

    Assumes an entry for every label, proven by `index_map`.
    """
    height, width = labels.shape
    places = np.empty((height, width), table.dtype)
    for row in range(height):
        for column in range(width):
            places[row, column] = table[labels[row, column]]
    return places


def _picture(path: Path) -> LabelMap:
    """The labels of a picture; the error says what to do if it has none."""
    try:
        return read_label_map(path)
    except FormatError as error:
        if error.code != "picture-mode":
            raise
        raise FormatError(
            f"{error.message} Colours are not ids: for Cityscapes give *{LABEL_FILE}; otherwise "
            "convert every colour to the id of its class.",
            code=error.code,
            path=error.path,
        ) from None


def _narrowed(labels: NDArray[Any], name: str) -> NDArray[Any]:
    """Labels in the smallest type that holds them."""
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high > np.iinfo(np.uint16).max:
        raise FormatError(
            f"{name}: has the label {low if low < 0 else high}, expected 0 to "
            f"{np.iinfo(np.uint16).max}. Give pixels without a label their own id, such as 255, "
            "and ignore it.",
            code="label-range",
            path=name,
        )
    return labels.astype(np.uint8 if high <= np.iinfo(np.uint8).max else np.uint16)
