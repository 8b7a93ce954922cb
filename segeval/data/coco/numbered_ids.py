"""The ids of a ground-truth file, numbered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from segeval.data.coco.structs import AnyGroundTruthFile, AnyImage
from segeval.data.id_values import IdField, check_one_kind, id_value
from segeval.data.keys import PLAIN, Key, Numbering, numbering
from segeval.errors import FormatError
from segeval.frozen import frozen

LISTS = ("neg_category_ids", "not_exhaustive_category_ids")
"""Fields of an image that hold ids of categories."""


@frozen(eq=False)
class Numberings:
    """How the ids of a file become columns."""

    image: Numbering = PLAIN
    category: Numbering = PLAIN
    annotation: Numbering = PLAIN


def with_allowed_ids(file: AnyGroundTruthFile, source: str) -> Numberings:
    """Put every id of the records into the form that is kept, and number them.

    Raises:
        FormatError: for a value that cannot be an id, or text beside numbers.
    """
    name = "annotation #{}".format
    allow_ids(file.images, ("id",), "image #{}".format, source)
    allow_ids(file.categories, ("id",), "category #{}".format, source)
    allow_ids(file.annotations, ("id", "image_id", "category_id"), name, source)
    own = listed(file.annotations, "id", name)
    of_images = [
        listed(file.images, "id", "image #{}".format),
        listed(file.annotations, "image_id", name),
    ]
    of_categories = [
        listed(file.categories, "id", "category #{}".format),
        listed(file.annotations, "category_id", name),
        *(_in_lists(file.images, field, source) for field in LISTS),
    ]
    return Numberings(
        numbering_of(of_images, "image", source),
        numbering_of(of_categories, "category", source),
        numbering_of([own], "annotation", source),
    )


def listed(records: Sequence[Any], field: str, name: Callable[[int], str]) -> IdField:
    """The allowed ids in one field of typed records."""
    return IdField(field, [getattr(record, field) for record in records], name)


def allow_ids(
    records: Sequence[Any], fields: Iterable[str], name: Callable[[int], str], source: str
) -> None:
    """Put the ids of typed records into the form that is kept.

    Args:
        records: with fields that are changed in place.
        fields: names of those with ids.
        name: name of a record, by its place.
        source: name of the file.

    Raises:
        FormatError: for a value that cannot be an id.
    """
    for field in fields:
        for row, record in enumerate(records):
            value = getattr(record, field)
            if type(value) is int and abs(value) < 2**63:
                continue
            setattr(record, field, _allowed(value, field, f"{source}: {name(row)}", row, source))


def numbering_of(lists: Sequence[IdField], noun: str, source: str) -> Numbering:
    """The numbering of all ids of one kind in a file.

    Raises:
        FormatError: if some are text and some are numbers.
    """
    check_one_kind(lists, noun, source)
    return numbering(key for each in lists for key in each.ids)


def _allowed(value: Any, field: str, place: str, row: int, source: str) -> Key:
    try:
        return id_value(value, field)
    except FormatError as error:
        raise error.placed(f"{place}: {error.message}.", path=source, index=row) from None


def _in_lists(images: Sequence[AnyImage], field: str, source: str) -> IdField:
    """The ids of categories in one of LVIS's lists, put into the form that is kept."""
    ids: list[Key] = []
    rows: list[int] = []
    for row, image in enumerate(images):
        place = f"{source}: image #{row}"
        kept = [_allowed(value, field, place, row, source) for value in getattr(image, field) or ()]
        if kept:
            setattr(image, field, kept)
        ids += kept
        rows += [row] * len(kept)
    return IdField(field, ids, lambda place: f"image #{rows[place]}")
