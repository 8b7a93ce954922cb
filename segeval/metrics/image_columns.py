"""Statistics per image as columns: merged, weighted and kept small.

Statistics are frozen dataclasses of arrays. The field `keys` names the images in ascending order.
Some arrays have one entry per image; others have rows, and offsets assign these to images. Numbers
therefore depend neither on the order of the images nor on how they were split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from itertools import chain
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.brief import Brief
from segeval.data.joining import check_disjoint, checked_parts
from segeval.errors import InputError, MismatchError, ShapeError
from segeval.metrics.ragged import rows_of_entries

T = TypeVar("T", bound=Any)  # mypy has no name for "any dataclass"

WIDTHS = (np.uint16, np.uint32, np.int64)
"""Dtypes of counts, the narrowest first."""

EXACT = 1 << 53
"""Whole numbers up to here are exact in float64."""

SHOWN = (str, int, float, type(None))
"""Kinds of values that a message repeats."""

MOST_COPIES = 10**6
"""Largest weight of an image: sums of weights must stay exact."""


class ImageStatistics(Brief):
    """What is kept of I images, by a dataclass that says which of its fields have an entry each.

    Attributes:
        BY_IMAGE: names of the fields with an entry per image.
        BY_ROW: names of the fields with rows, by the name of the field of their offsets.
        keys: of the images, rising.
    """

    BY_IMAGE: ClassVar[tuple[str, ...]] = ()
    BY_ROW: ClassVar[Mapping[str, tuple[str, ...]]]
    keys: Any

    def __len__(self) -> int:
        """Number of images."""
        return len(self.keys)

    @classmethod
    def merge(cls, parts: Sequence[Self]) -> Self:
        """Statistics of disjoint sets of images as one; the order of the parts does not matter.

        Raises:
            InputError: if there are no parts, or one is of another kind.
            MismatchError: if an image is in two parts, or the parts have other categories or were
                measured differently.
        """
        return merged(checked_parts(parts, cls), images=cls.BY_IMAGE, rows=cls.BY_ROW)

    def take(self, images: NDArray[np.bool_]) -> Self:
        """Statistics of some of the images.

        Args:
            images: those to keep, bool, shape (I,).
        """
        own: Any = self
        kept: dict[str, Any] = {name: getattr(self, name)[images] for name in self.BY_IMAGE}
        for offsets, names in self.BY_ROW.items():
            lengths = np.diff(getattr(self, offsets))
            kept[offsets] = offsets_of(lengths[images])
            rows = np.repeat(images, lengths)
            kept |= {name: getattr(self, name)[rows] for name in names}
        keys = own.keys
        kept["keys"] = (
            keys[images]
            if isinstance(keys, np.ndarray)
            else tuple(key for key, is_kept in zip(keys, images, strict=True) if is_kept)
        )
        taken: Self = replace(own, **kept)
        return taken


def narrow(counts: NDArray[Any]) -> NDArray[Any]:
    """Counts of at least 0 in the narrowest dtype that holds them.

    Example:
        >>> narrow(np.array([3, 70_000])).dtype
        dtype('uint32')
    """
    largest = int(counts.max(initial=0))
    return counts.astype(next(each for each in WIDTHS if largest <= np.iinfo(each).max))


def rules_of(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Settings that decide numbers, as Python writes them; only statistics with equal ones merge.

    Example:
        >>> rules_of({"iou": "segm", "boundary_px": None})
        ('iou="segm"', 'boundary_px=None')
    """
    return tuple(
        f'{name}="{value}"' if isinstance(value, str) else f"{name}={value!r}"
        for name, value in settings.items()
    )


def offsets_of(lengths: NDArray[Any] | Sequence[int]) -> NDArray[np.int64]:
    """Where each image's rows begin and end, int64, shape (I + 1,), from their counts (I,).

    Example:
        >>> offsets_of([2, 0, 1])
        array([0, 2, 2, 3])
    """
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def whole_weights(weights: ArrayLike | None, images: int) -> NDArray[np.int64]:
    """How often each image counts, int64, shape (I,); once each for None.

    Args:
        weights: whole numbers of at least 0, one per image, or None.
        images: I.

    Raises:
        ShapeError: unless there is one per image.
        InputError: if one is negative, above a million or not a whole number.
    """
    if weights is None:
        return np.ones(images, np.int64)
    given = np.asarray(weights)
    if given.shape != (images,):
        raise ShapeError(
            f"`weights` has shape {given.shape}, expected one per image: ({images},).",
            code="weights",
            option="weights",
        )
    is_number = given.dtype.kind in "biuf"
    wrong = (
        given[~((given >= 0) & (given <= MOST_COPIES) & (given == np.floor(given)))]
        if is_number
        else given
    )
    if len(wrong):
        raise InputError(
            f"`weights` holds {wrong.tolist()[0]!r}, expected whole numbers from 0 to "
            f"{MOST_COPIES:,}: how often each image counts.",
            code="weights",
            option="weights",
        )
    return given.astype(np.int64)


def per_row(weights: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The weight of every row's image, int64, shape (R,)."""
    return np.repeat(weights, np.diff(offsets))


def sums(
    place: NDArray[Any], values: NDArray[Any], weights: NDArray[np.int64], length: int
) -> NDArray[np.int64]:
    """Weighted whole numbers added by place.

    Args:
        place: place of each row, below `length`, shape (R,).
        values: whole numbers, shape (R,) or (R, ...).
        weights: weight of each row, int64, shape (R,).
        length: number of places.

    Returns:
        int64, shape (length,) or (length, ...).

    Example:
        >>> sums(np.array([0, 2, 0]), np.array([5, 1, 7]), np.array([1, 1, 2]), 3)
        array([19,  0,  1])
    """
    columns = values.reshape(len(values), int(np.prod(values.shape[1:], dtype=np.int64)))
    totals = np.zeros((length, columns.shape[1]), np.int64)
    is_exact = int(columns.max(initial=0)) * int(weights.sum()) < EXACT
    for column in range(columns.shape[1]):
        weighted = columns[:, column] * weights
        if is_exact:  # numpy adds float64 faster, and here without rounding
            totals[:, column] = np.bincount(place, weights=weighted, minlength=length)
        else:
            np.add.at(totals[:, column], place, weighted)
    return totals.reshape(length, *values.shape[1:])


def merged(
    parts: Sequence[T],
    *,
    images: Sequence[str] = (),
    rows: Mapping[str, Sequence[str]],
) -> T:
    """Statistics of disjoint sets of images as one, by ascending image.

    Args:
        parts: at least one dataclass, all of one kind. Their field `keys` names the images: strings
            or an array of ids.
        images: names of the fields with an entry per image.
        rows: names of the fields with rows, by the name of their offsets. All other fields must be
            equal in all parts.

    Raises:
        MismatchError: if an image is in two parts, or the parts differ in another field.
    """
    _require_alike(parts, {"keys", *images, *rows, *chain.from_iterable(rows.values())})
    if len({type(key) for part in parts for key in _listed(part.keys)[:1]}) > 1:
        raise MismatchError(
            "ids of images are text in one part and numbers in another, expected statistics of "
            "one evaluation.",
            code="id-type",
            field="keys",
        )
    if len(parts) > 1:
        sources = [f"part #{place}" for place in range(len(parts))]
        check_disjoint(sources, "image", [_column(part.keys) for part in parts])
    keys = [each for part in parts for each in _listed(part.keys)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    in_order: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])[order] for name in images
    }
    for offsets, names in rows.items():
        lengths = np.concatenate([np.diff(getattr(part, offsets)) for part in parts])
        in_order[offsets] = offsets_of(lengths[order])
        taken = rows_of_entries(lengths, np.array(order, np.intp))
        for name in names:
            in_order[name] = np.concatenate([getattr(part, name) for part in parts])[taken]
    first = parts[0].keys
    sorted_keys = [keys[place] for place in order]
    in_order["keys"] = (
        np.array(sorted_keys, first.dtype) if isinstance(first, np.ndarray) else tuple(sorted_keys)
    )
    return replace(parts[0], **in_order)


def _require_alike(parts: Sequence[T], by_image: set[str]) -> None:
    """Refuse parts whose rules or categories differ."""
    for field in fields(parts[0]):
        if field.name in by_image:
            continue
        first, *others = (getattr(part, field.name) for part in parts)
        different = [each for each in others if not np.array_equal(each, first)]
        if not different:
            continue
        differ = f"the parts differ in `{field.name}`"
        if isinstance(first, SHOWN) and isinstance(different[0], SHOWN):
            differ += f", {first!r} and {different[0]!r}"
        if field.name == "rules":
            pairs = zip(first, different[0], strict=True)
            own, its = next(pair for pair in pairs if pair[0] != pair[1])
            differ = f"the parts were measured differently, with `{own}` and with `{its}`"
        raise MismatchError(
            f"{differ}, expected statistics of one evaluation.", code="parts", field=field.name
        )


def _column(keys: Any) -> NDArray[Any]:
    """Keys as an array; one of Python strings where they are text."""
    return keys if isinstance(keys, np.ndarray) else np.array(keys, object)


def _listed(keys: Any) -> list[Any]:
    """Keys as Python values, which sort alike whatever holds them."""
    return keys.tolist() if isinstance(keys, np.ndarray) else list(keys)
