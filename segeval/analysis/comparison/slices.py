"""Parts of the images, and groups of images that belong together, by a label of each image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.coco.image_fields import image_field
from segeval.data.image_labels import read_image_labels
from segeval.data.keys import Key, shown_key
from segeval.data.paths import exists
from segeval.errors import InputError, MismatchError, Note
from segeval.words import counted

LabelSource = str | Path | Mapping[Any, Any]
"""A field of the images, a CSV file of image and label, or labels by id or file name."""

MOST_SLICES = 1000
"""Most labels of which each has a row."""


def image_labels(
    source: LabelSource,
    *,
    gt: Any,
    ids: Sequence[Key],
    file_names: Sequence[str],
    option: str,
) -> tuple[str | None, ...]:
    """The label of each image, None for images without one.

    Args:
        source: where the labels are.
        gt: the ground truth, for fields of its images: a path or a dict; anything else has none.
        ids: of the images.
        file_names: of the images, "" where there is none.
        option: name of the argument, for messages.

    Raises:
        InputError: if there is no such field or file, or more than `MOST_SLICES` labels of slices.
        FormatError: for a file that cannot be used.
        MismatchError: if no image is named in the file.

    Example:
        >>> image_labels({1: "rain"}, gt=None, ids=(1, 2), file_names=("", ""), option="slices")
        ('rain', None)
    """
    if isinstance(source, Mapping):
        labels, where = {str(key): str(value) for key, value in source.items()}, f"`{option}`"
    elif _is_file(source):
        labels, where = read_image_labels(source), str(source)
    else:
        by_id = _field(gt, str(source), option)
        return tuple(by_id.get(each) for each in ids)
    found = tuple(
        next((labels[each] for each in _names(own, name) if each in labels), None)
        for own, name in zip(ids, file_names, strict=True)
    )
    if not any(label is not None for label in found):
        first = next(iter(labels), None)
        example = "" if first is None else f", first {first!r}"
        own = file_names[0] or shown_key(ids[0]) if ids else "none"
        raise MismatchError(
            f"{where}: names {counted(len(labels), 'image')}{example}, and none of those "
            f"evaluated, such as {own}. Name images by their id or file name.",
            code="image-labels",
            path=where,
            option=option,
        )
    return found


def slices_of(labels: Sequence[str | None]) -> dict[str, NDArray[np.bool_]]:
    """The images of every label, bool, shape (I,), by ascending label.

    Raises:
        InputError: if there are more than `MOST_SLICES` labels.

    Example:
        >>> slices_of(["rain", None, "rain"])
        {'rain': array([ True, False,  True])}
    """
    names = sorted({label for label in labels if label is not None}, key=_in_order)
    if len(names) > MOST_SLICES:
        raise InputError(
            f"`slices` divides the images into {len(names):,} parts, expected at most "
            f"{MOST_SLICES:,}: a field with few values.",
            code="slices",
            option="slices",
        )
    number = {name: place for place, name in enumerate(names)}
    own = np.array([-1 if label is None else number[label] for label in labels], np.int64)
    return {name: own == place for name, place in number.items()}


def unlabelled_note(images: int) -> Note:
    """The note on images without a label.

    Args:
        images: their number, at least 1.
    """
    has = counted(images, "image has no label and is", "images have no label and are")
    return Note("no-slice", f"{has} in no slice", images, "slices")


def named_source(source: LabelSource | None) -> str | None:
    """A source of labels as a setting; labels in memory have no name of their own."""
    if source is None:
        return None
    return "labels" if isinstance(source, Mapping) else str(source)


def check_all_grouped(labels: Sequence[str | None], ids: Sequence[Key]) -> list[str]:
    """The group of every image.

    Raises:
        InputError: if an image has none.
    """
    without = [own for own, label in zip(ids, labels, strict=True) if label is None]
    if without:
        has = counted(len(without), "image has", "images have")
        raise InputError(
            f"`groups`: {has} no group, first image {shown_key(without[0])}. Every image needs "
            "one; an image by itself is a group of its own.",
            code="groups",
            option="groups",
            count=len(without),
        )
    return [label for label in labels if label is not None]


def _in_order(label: str) -> tuple[bool, float, str]:
    """Sort key: numbers by their size, before texts; NaN and infinity are texts."""
    try:
        number = float(label)
    except ValueError:
        number = math.nan
    return (False, number, label) if math.isfinite(number) else (True, 0.0, label)


def _names(own: Key, file_name: str) -> tuple[str, ...]:
    """What a file may call an image."""
    return str(own), file_name, Path(file_name).name, Path(file_name).stem


def _is_file(source: str | Path) -> bool:
    """Whether a source names a file rather than a field."""
    return (
        isinstance(source, Path)
        or source.lower().endswith((".csv", ".csv.gz"))
        or ("/" in source or exists(source))
    )


def _field(gt: Any, field: str, option: str) -> dict[Key, str]:
    """A field of the images of the ground truth, by id."""
    if not isinstance(gt, str | Path | Mapping) or (
        isinstance(gt, str | Path) and ".json" not in Path(gt).name
    ):
        raise InputError(
            f"`{option}` is {field!r}, but this ground truth has no fields of images, expected a "
            "CSV file of image and label.",
            code=option,
            option=option,
        )
    try:
        return image_field(gt, field)
    except InputError as error:
        error.option = option
        raise
