"""The images that a metric knows: their content in short, and how often they came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.id_values import IdField, check_one_kind, id_value
from segeval.data.keys import Key, shown_key
from segeval.errors import FormatError, Note
from segeval.frozen import frozen
from segeval.words import counted


@frozen
class Seen:
    """One image.

    Attributes:
        digest: hash of its predictions.
        gt_digest: hash of its ground truth.
        predictions: their number.
        annotations: their number.
        times: how often it came.
        differs: whether it came with different content.
        lowest: the lowest score of its predictions that take part; infinity without any.
    """

    digest: int
    gt_digest: int
    predictions: int
    annotations: int
    times: int = 1
    differs: bool = False
    lowest: float = np.inf

    @property
    def content(self) -> tuple[int, int]:
        """The hashes, of which the smaller ones stay."""
        return self.digest, self.gt_digest

    def again(self, other: Seen) -> Seen:
        """The image with the other copies of it, whose smallest content stays."""
        kept = min(self, other, key=lambda each: each.content)
        differs = self.differs or other.differs or self.content != other.content
        return replace(kept, times=self.times + other.times, differs=differs)


NUMBERS = ("digest", "gt_digest", "predictions", "annotations", "times")


def to_arrays(images: Mapping[Key, Seen]) -> dict[str, NDArray[Any]]:
    """The images as columns, by name in bytes; keys are written beside them."""
    every = [images[key] for key in ordered(images)]
    columns = {name: [getattr(one, name) for one in every] for name in NUMBERS}
    return {
        **{name: np.array(column, np.uint64) for name, column in columns.items()},
        "differs": np.array([one.differs for one in every], np.bool_),
        "lowest": np.array([one.lowest for one in every], np.float64),
    }


def layout_of(images: int) -> dict[str, tuple[str, tuple[int]]]:
    """Kind and shape of every array, as `parts.arrays.check_layout` takes them."""
    numbers = dict.fromkeys(NUMBERS, ("u8", (images,)))
    return {**numbers, "differs": ("b1", (images,)), "lowest": ("f8", (images,))}


def from_arrays(keys: Sequence[Any], arrays: Mapping[str, NDArray[Any]]) -> dict[Key, Seen]:
    """The images of columns that were checked.

    Raises:
        FormatError: for ids that are none, or come twice.
        ValueError: for counts that are none.
    """
    ids = [id_value(key, "image_id") for key in keys]
    check_one_kind([IdField("image_id", ids, lambda row: f"image #{row}")], "image", "metric")
    if len(set(ids)) < len(ids):
        raise FormatError("an image is there twice", code="bad-part")
    for name in ("predictions", "annotations", "times"):
        if (arrays[name] >= 2**48).any() or (name == "times" and (arrays[name] < 1).any()):
            raise ValueError(f"{name} holds a count that is none")
    if np.isnan(arrays["lowest"]).any():
        raise ValueError("a lowest score is NaN")
    names = (*NUMBERS, "differs", "lowest")
    columns = zip(*(arrays[name].tolist() for name in names), strict=True)
    return {key: Seen(*values) for key, values in zip(ids, columns, strict=True)}


def check_kind(known: Iterable[Key], keys: Iterable[Key]) -> None:
    """Refuse ids of another kind than those of the images before: text, or whole numbers.

    Args:
        known: the ids before, of one kind.
        keys: ids of one kind.

    Raises:
        FormatError: names the first of either.
    """
    first, new = next(iter(known), None), next(iter(keys), None)
    if first is None or new is None or isinstance(first, str) == isinstance(new, str):
        return
    expected = "text" if isinstance(first, str) else "a whole number"
    raise FormatError(
        f"`image_ids` holds {shown_key(new)}, expected {expected} as before, such as "
        f"{shown_key(first)}.",
        code="id-type",
        field="image_id",
        option="image_ids",
    )


def ordered(keys: Mapping[Key, Any]) -> list[Key]:
    """Ids ascending, numbers before text."""
    return sorted(keys, key=lambda key: (isinstance(key, str), key))


def repeat_notes(images: Mapping[Key, Seen]) -> tuple[Note, ...]:
    """A note on images that came again."""
    again = [one for one in images.values() if one.times > 1]
    if not again:
        return ()
    unequal = sum(one.differs for one in again)
    told = "with equal content and counted once"
    if unequal:
        told = "with other content: of each the copy with the smaller digest counts"
    if 0 < unequal < len(again):
        told = f"{len(again) - unequal:,} with equal and {unequal:,} {told}"
    message = f"{counted(len(again), 'image')} came again {told}"
    return (Note("repeated-image", message, len(again), "repeats"),)
