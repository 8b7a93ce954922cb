"""What functions of users return for a batch: image ids, predictions and targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from segeval.data.keys import Key, shown_key
from segeval.errors import FormatError, MismatchError, ShapeError
from segeval.metrics.loop.batch_ids import image_keys
from segeval.words import counted


def batch_of(found: Any, name: str) -> tuple[Any, Any, Any]:
    """The three arguments of the metric's `update`.

    Args:
        found: what the function returned.
        name: of the function.

    Raises:
        FormatError: for anything else.
    """
    is_list = isinstance(found, Iterable) and not isinstance(found, str | bytes | Mapping)
    values = tuple(found) if is_list else None
    if values is None or len(values) != 3:
        kind = f"is of the type {type(found).__name__}"
        had = kind if values is None else f"has {counted(len(values), 'value')}"
        raise FormatError(
            f"what `{name}` returned {had}, expected three values: image ids, predictions and "
            "targets.",
            code="type",
            option=name,
        )
    return values


def batch_of_new_images(
    found: Any, name: str, count: int, seen: set[Key]
) -> tuple[list[Key], Any, Any]:
    """The same for the next images of a data set, none of which came before.

    Args:
        found: what the function returned.
        name: of the function.
        count: number of images.
        seen: ids of those before; takes the new ones.

    Raises:
        FormatError: for something else than three values.
        ShapeError: for another number of images.
        MismatchError: for an image that came before.
    """
    ids, preds, targets = batch_of(found, name)
    keys = image_keys(ids)
    if len(keys) != count:
        raise ShapeError(
            f"`{name}` returned {counted(len(keys), 'image id')} for a batch of "
            f"{counted(count, 'image')}.",
            code="shape",
        )
    if again := [key for key in keys if key in seen]:
        raise MismatchError(
            f"image {shown_key(again[0])} came in an earlier batch: `{name}` must return an id of "
            "its own for every image of the data set, such as its place.",
            code="repeated-image",
            field="image_id",
        )
    seen.update(keys)
    return keys, preds, targets
