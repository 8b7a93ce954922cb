"""Objects of Pascal VOC in two pictures: which object a pixel is of, and which class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segeval.data.image_objects import ImageObjects, Place
from segeval.data.paths import is_file
from segeval.data.pictures.png import read_label_map
from segeval.errors import MismatchError
from segeval.masks import compress
from segeval.masks.regions import regions
from segeval.words import size_text

BACKGROUND, VOID = 0, 255


def add_masks(
    objects: ImageObjects, path: Path, classes: Path, folder: Path, names: Sequence[str]
) -> None:
    """Collect the objects of an image.

    Args:
        objects: where they go to.
        path: the picture of objects.
        classes: folder of the pictures of classes, which have the same names.
        folder: that of the pictures of objects.
        names: of the classes by their number, background included.

    Raises:
        FormatError: if a picture is none, or has classes without a name.
        MismatchError: if one is missing, they differ in size, or an object is of several classes.
    """
    inside = path.relative_to(folder)
    partner = classes / inside
    place = Place(str(path), str(path))
    if not is_file(partner):
        raise MismatchError(
            f"{path}: there is no {partner}, expected a picture of the classes with its name.",
            code="unpaired-pictures",
            path=str(path),
        )
    ids, labels = read_label_map(path).labels, read_label_map(partner).labels
    if ids.shape != labels.shape:
        raise MismatchError(
            f"{path}: has {size_text(ids.shape)} pixels, {partner} {size_text(labels.shape)}.",
            code="size-differs",
            path=str(path),
        )
    objects.add_image(inside.with_suffix(".jpg").as_posix(), (ids.shape[0], ids.shape[1]), place)
    values, masks = regions(ids)
    strings = compress(masks)
    for row, value in enumerate(values.tolist()):
        if value in (BACKGROUND, VOID):
            continue
        found = np.unique(labels[ids == value]).tolist()
        if len(found) != 1 or found[0] in (BACKGROUND, VOID):
            raise MismatchError(
                f"{path}: object {value} has the classes {', '.join(map(str, found[:8]))} in "
                f"{partner}, expected one that is neither background nor void.",
                code="class-of-object",
                path=str(path),
            )
        if found[0] >= len(names):
            raise Place(str(partner), str(partner)).refuse(
                f"has class {found[0]}, expected VOC's 0 to {len(names) - 1} and 255 for void.",
                code="class-of-object",
                field="class",
            )
        objects.add_mask(names[found[0]], strings.bytes_of(row))
