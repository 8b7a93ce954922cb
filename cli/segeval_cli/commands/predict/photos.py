"""The images of `segeval predict`: from paths, or from a COCO file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import InputError, Note
from segeval_cli.values import refused

if TYPE_CHECKING:
    from segeval.data.coco.image_list import ImageList
    from segeval.models.categories import Categories
    from segeval.models.files.model_file import Loaded
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


def with_boxes(
    photos: list[Photo], boxes: Path | None, categories: Categories, loaded: Loaded
) -> tuple[list[Photo], tuple[Note, ...]]:
    """The images with the boxes of a file, and a note on those that have none."""
    from segeval.models.config.kinds import needs_boxes
    from segeval.models.given_boxes import read_given_boxes
    from segeval.models.predict.objects import require_boxes

    if boxes is None:
        if needs_boxes(loaded.config.detector) and loaded.config.task == "instance":
            raise InputError(
                "--boxes is missing: this model works on boxes that it is given, of a file of "
                "predictions.",
                code="option",
            )
        return photos, ()
    require_boxes(loaded.model)
    given = read_given_boxes(boxes, categories, {each.id: each.size for each in photos})
    ids = [each.id for each in photos]
    return [replace(each, boxes=given.of(each.id)) for each in photos], given.notes_on(ids)
