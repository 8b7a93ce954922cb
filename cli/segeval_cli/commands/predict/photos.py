"""The images of `segeval predict`: from paths, or from a COCO file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import InputError, Note
from segeval_cli.values import refused

if TYPE_CHECKING:
    from segeval.data.coco.image_list import ImageList
    from segeval.models.predict.photo_queue import Photo

LIST_SUFFIXES = (".json", ".gz")
"""Files that list images."""


def photos_of(
    images: Sequence[str], folder: Path | None, *, skip_broken: bool
) -> tuple[list[Photo], ImageList | None, tuple[Note, ...]]:
    """The images, the COCO file that lists them, and those that are missing."""
    from segeval.data.coco.image_list import read_image_list
    from segeval.models.predict.photo_list import photos_of_list, photos_of_paths, photos_there

    lists = [path for path in images if Path(path).suffix.lower() in LIST_SUFFIXES]
    if folder is None and not lists:
        return photos_of_paths(images), None, ()
    if folder is None:
        raise InputError(
            f"{lists[0]}: lists images without their folder. Name it with --images DIR.",
            code="option",
            path=lists[0],
        )
    if len(images) != 1 or not lists:
        inputs = images[0] if len(images) == 1 else f"{len(images)} inputs"
        problem = f"needs exactly one COCO file (.json), got {inputs}."
        raise refused("--images", folder, problem, code="option")
    listed = read_image_list(images[0])
    photos = photos_of_list(listed, folder)
    there, notes = photos_there(photos, listed, folder, skip=skip_broken)
    return there, listed, notes
