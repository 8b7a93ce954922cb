"""Parts of the images, and groups of images that belong together, by a label of each image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.draws import Units
from segeval.data.coco.image_fields import image_field
from segeval.data.image_labels import read_image_labels
from segeval.data.keys import Key, shown_key
from segeval.data.names_by_way import by_way
from segeval.data.paths import exists, is_csv, is_folder
from segeval.errors import InputError, MismatchError, Note
from segeval.frozen import frozen
from segeval.words import beginning, counted

LabelSource = str | Path | Mapping[Any, Any]
"""A field of the images, a CSV file of image and label, or labels by id or file name."""

MOST_SLICES = 1000
"""Most labels of which each has a row."""

LONGEST_SHOWN = 40
"""Characters of a value that a message repeats."""


@frozen
class ImageLabels:
    """The labels of images.

    Attributes:
        of_images: of each image, None for images without one.
        unknown: names of images that do not exist.
        where: the file or the argument that names them.
        option: the argument that asks for labels.
    """

    of_images: tuple[str | None, ...]
    unknown: tuple[str, ...] = ()
    where: str = ""
    option: str = ""

    @property
    def notes(self) -> tuple[Note, ...]:
        """On images that are named and do not exist."""
        return (_unknown_note(self.where, self.unknown, self.option),) if self.unknown else ()


def image_labels(
    source: LabelSource,
    *,
    gt: Any,
    ids: Sequence[Key],
    file_names: Sequence[str],
    option: str,
) -> ImageLabels:
    """The label of each image.

    Images are named by their ids, file names, file names without folders, or these without suffix;
    a name that is an id of an image is no file name of another, and so on.

    Args:
        source: where the labels are.
        gt: the ground truth, for fields of its images: a path or a dict; anything else has none.
        ids: of the images.
        file_names: of the images, "" where there is none.
        option: name of the argument, for messages.

    Raises:
        InputError: if there is no such field or file, or an image has two labels by two of its
            names.
        FormatError: for a file that cannot be used.
        MismatchError: if no image is named in the file.

    Example:
        >>> found = image_labels({1: "day"}, gt=None, ids=(1, 2), file_names=("", ""), option="a")
        >>> found.of_images
        ('day', None)
    """
    check_label_source(option, source)
    if isinstance(source, Mapping):
        labels, where = {str(key): str(value) for key, value in source.items()}, f"`{option}`"
    elif _is_file(source):
        labels, where = read_image_labels(source), str(source)
    else:
        by_id = _field(gt, str(source), option)
        return ImageLabels(tuple(by_id.get(each) for each in ids))
    ways = _places_by_way(ids, file_names)
    named: list[str | None] = [None] * len(ids)
    unknown = []
    for name in labels:
        places = next((way[name] for way in ways if name in way), [])
        if not places:
            unknown.append(name)
        for place in places:
            other = named[place]
            if other is not None and labels[other] != labels[name]:
                raise InputError(
                    f"{where}: gives image {shown_key(ids[place])} two labels, {labels[other]!r} "
                    f"as {other!r} and {labels[name]!r} as {name!r}, expected one.",
                    code="image-labels",
                    path=where,
                    option=option,
                )
            named[place] = name
    if len(unknown) == len(labels):
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
    of_images = tuple(None if each is None else labels[each] for each in named)
    return ImageLabels(of_images, tuple(unknown), where, option)


def labels_by_option(
    sources: Mapping[str, LabelSource | None],
    *,
    gt: Any,
    ids: Sequence[Key],
    file_names: Sequence[str],
) -> dict[str, ImageLabels]:
    """The labels of images by the argument that asks for them, of those that are given.

    Args:
        sources: where the labels are, by the name of the argument; None for none.
        gt: as in `image_labels`, like its errors.
        ids: of the images.
        file_names: of the images, "" where there is none.
    """
    return {
        option: image_labels(source, gt=gt, ids=ids, file_names=file_names, option=option)
        for option, source in sources.items()
        if source is not None
    }


def notes_of_labels(labels: Mapping[str, ImageLabels]) -> tuple[Note, ...]:
    """What there is to say of labels, whatever argument asks for them."""
    return tuple(note for each in labels.values() for note in each.notes)


def _unknown_note(where: str, unknown: Sequence[str], option: str) -> Note:
    """The note on names that no image has."""
    names = counted(len(unknown), "image that is", "images that are")
    message = f"{where}: names {names} not evaluated, first {unknown[0]!r}"
    return Note("unknown-image-label", message, len(unknown), option)


def check_label_source(option: str, source: Any) -> None:
    """Refuse what labels no images; None passes.

    Raises:
        InputError: for anything else than the name of a field, a path and labels by image.
    """
    if not isinstance(source, str | Path | Mapping | None):
        raise InputError(
            f"`{option}` is {beginning(repr(source), LONGEST_SHOWN)}, expected a field of the "
            "images, a CSV file of image and label, or labels by image such as {1: 'rain'}.",
            code="image-labels",
            option=option,
        )


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


def units_of(labels: ImageLabels | None, keys: NDArray[np.uint64], ids: Sequence[Key]) -> Units:
    """What is drawn: groups of images; without labels each image by itself.

    Args:
        labels: the group of each image.
        keys: of the images, uint64, shape (I,), by which each is drawn.
        ids: of the images.

    Raises:
        InputError: if an image has no group.
    """
    if labels is None:
        return Units.of_keys(keys)
    return Units.of_groups(check_all_grouped(labels.of_images, ids))


def _in_order(label: str) -> tuple[bool, float, str]:
    """Sort key: numbers by their size, before texts; NaN and infinity are texts."""
    try:
        number = float(label)
    except ValueError:
        number = math.nan
    return (False, number, label) if math.isfinite(number) else (True, 0.0, label)


def _places_by_way(ids: Sequence[Key], file_names: Sequence[str]) -> list[dict[str, list[int]]]:
    """Places of images by each kind of name that a file may call them, the surest first."""
    named = (
        (place, (str(own), name, Path(name).name, Path(name).stem))
        for place, (own, name) in enumerate(zip(ids, file_names, strict=True))
    )
    return by_way(named, 4)


def names_a_field(source: LabelSource) -> bool:
    """Whether a source is the name of a field of the images."""
    return isinstance(source, str) and not _is_file(source)


def _is_file(source: str | Path) -> bool:
    """Whether a source names a file rather than a field, of which a folder may have the name."""
    return (
        isinstance(source, Path)
        or is_csv(source)
        or ("/" in source or (exists(source) and not is_folder(source)))
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
