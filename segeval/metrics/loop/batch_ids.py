"""The ids of the images of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval.data.id_values import exact_of, ids_in_memory
from segeval.data.keys import Key, shown_key, written
from segeval.errors import FormatError, ShapeError
from segeval.metrics.loop.places import array_of
from segeval.words import counted


def image_keys(image_ids: Any) -> list[Key]:
    """The ids of a batch, each once."""
    values = image_ids
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
        raise FormatError(
            f"`image_ids` is {values!r}, expected a list with the id of each image.",
            code="type",
            option="image_ids",
        )
    exact = exact_of(values)
    if not isinstance(values, list | tuple):
        values = array_of(values, "`image_ids`")
    else:
        values = [_scalar(value) for value in values]
    if getattr(values, "ndim", 1) != 1:
        raise ShapeError(
            f"`image_ids` has shape {values.shape}, expected (N,).",
            code="shape",
            option="image_ids",
        )
    numbers, own = ids_in_memory(values, "image_id", "image", "image_ids", exact=exact)
    keys = written(numbers, own)
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise FormatError(
            f"`image_ids` holds {shown_key(twice)} twice, expected every image of a batch once.",
            code="repeated-image",
            field="image_id",
            option="image_ids",
        )
    return keys


def _scalar(value: Any) -> Any:
    """An id of a list, also of an array or tensor with one value."""
    if not hasattr(value, "shape"):
        return value
    array = array_of(value, "`image_ids`")
    return array.reshape(-1)[0] if array.size == 1 else value


def check_dictionaries(given: Any, name: str, images: int) -> None:
    """Refuse what is no list of dictionaries, one for each image.

    Args:
        given: the argument.
        name: name of it.
        images: number of ids.

    Raises:
        FormatError: for another type.
        ShapeError: for another number.
    """
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Sequence):
        raise wrong_type(given, name, "dictionary")
    check_length(given, name, ("dictionary", "dictionaries"), images)


def wrong_type(given: Any, name: str, what: str) -> FormatError:
    """The error for an argument that is no list with something for each image."""
    return FormatError(
        f"`{name}` is of the type {type(given).__name__}, expected a list with a {what} for each "
        "image.",
        code="type",
        option=name,
    )


def check_length(given: Any, name: str, what: tuple[str, str], images: int) -> None:
    """Refuse a batch of another number of images than ids.

    Args:
        given: one entry for each image.
        name: name of the argument.
        what: what an entry is, and several of them.
        images: number of ids.

    Raises:
        ShapeError: for another number.
    """
    if len(given) != images:
        raise ShapeError(
            f"`{name}` has {counted(len(given), *what)} for {counted(images, 'image id')}.",
            code="shape",
            option=name,
        )
