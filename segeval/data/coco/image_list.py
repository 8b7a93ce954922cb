"""The images and categories of a COCO file, whatever its annotations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from segeval.data.coco import refused_ground_truth
from segeval.data.coco.image_sizes import stated_sizes
from segeval.data.coco.numbered_ids import allow_ids, listed, numbering_of
from segeval.data.coco.structs import FIELDS, AnyCategory, AnyImage, Image, ImageFile
from segeval.data.files import open_content
from segeval.data.keys import Key
from segeval.data.wrong_ids import repeated_ids
from segeval.findings import raise_first, refusal
from segeval.frozen import frozen
from segeval.words import size_problem


@frozen
class ListedImage:
    """An image of a COCO file.

    Attributes:
        id: id of the image.
        file_name: path within a folder that the file does not name.
        size: (H, W) in pixels; None if the file gives none.
    """

    id: Key
    file_name: str
    size: tuple[int, int] | None


@frozen
class ImageList:
    """The images and categories of a COCO file.

    Attributes:
        images: the images in file order.
        categories: id and name of each, by id; empty if the file lists none.
        source: name of the file in messages.
    """

    images: tuple[ListedImage, ...]
    categories: tuple[tuple[Key, str], ...]
    source: str


def read_image_list(path: str | Path, *, needs_names: bool = True) -> ImageList:
    """The images and categories of a COCO file; it needs no annotations.

    Args:
        path: path of a JSON file, compressed with gzip or not.
        needs_names: whether each image must name its file.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is not a COCO file, an image lacks the name that it needs or has a size
            that is not above 0 or beyond the limits, or an id is repeated.
    """
    content = open_content(path)
    if content.begins == b"[":
        raise refusal(
            content.name,
            "holds a list, as predictions do; expected a COCO file, which is an object with images",
            code="not-ground-truth",
        )
    try:
        file = msgspec.json.decode(content.data.data, type=ImageFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        records = refused_ground_truth.known_fields(
            content, {section: FIELDS[section] for section in ("images", "categories")}
        )
        try:
            file = msgspec.convert(records, ImageFile)
        except msgspec.ValidationError as error:
            raise refused_ground_truth.explained(content.name, records, error) from None
    name = content.name
    _check_ids(file.images, "image", name)
    _check_ids(file.categories, "category", name)
    stated_sizes(file.images, content.name)  # refuses those beyond the limits
    images = tuple(
        ListedImage(
            key_of(each),
            _name(each, index, name) if needs_names else each.file_name or "",
            _size(each, index, name),
        )
        for index, each in enumerate(file.images)
    )
    categories = sorted((key_of(each), each.name or "") for each in file.categories)
    return ImageList(images, tuple(categories), content.name)


def _check_ids(records: Sequence[Any], noun: str, source: str) -> None:
    """Put ids into the form that is kept, and refuse impossible and repeated ones."""
    name = f"{noun} #{{}}".format
    allow_ids(records, ("id",), name, source)
    found = listed(records, "id", name)
    numbers = numbering_of([found], noun, source)
    ids = numbers.column(found.ids)
    raise_first(repeated_ids(noun, ids, source=source, keys=numbers.keys))


def key_of(record: AnyImage | AnyCategory) -> Key:
    """The id of a record, which is allowed."""
    return cast("Key", record.id)


def _name(image: Image, index: int, source: str) -> str:
    """The file of an image; LVIS v1 gives COCO's URL instead, where files are named by id."""
    if image.file_name and Path(image.file_name).name:  # none in "."
        return image.file_name
    if image.coco_url and isinstance(image.id, int):
        return f"{image.id:012d}.jpg"
    text = f"image #{index} has no file_name, by which its file could be found"
    raise refusal(source, text, code="no-file-name", rows=index, field="file_name")


def _size(image: Image, index: int, source: str) -> tuple[int, int] | None:
    """(H, W), None if a side is missing."""
    height = -1 if image.height is None else image.height
    width = -1 if image.width is None else image.width
    if -1 in (height, width):
        return None
    if min(height, width) < 1:
        text = f"image {image.id} {size_problem((height, width))}: write width and height"
        raise refusal(
            source, text, code="no-size", rows=index, field="height" if height < 1 else "width"
        )
    return height, width
