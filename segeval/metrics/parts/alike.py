"""What parts must have in common: rules, categories, the kind of ids, and what images hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from segeval.data.keys import Key, shown_key
from segeval.errors import MismatchError, Note
from segeval.metrics.sizes import SizeBucket
from segeval.words import counted


def check_one_kind_of_ids(firsts: Iterable[tuple[str, Key]]) -> None:
    """Refuse text as ids of images beside numbers.

    Args:
        firsts: of each part that has images its name, and the id of one of them.

    Raises:
        MismatchError: names the first part whose ids are of another kind.
    """
    first: tuple[str, Key] | None = None
    for name, key in firsts:
        first = first or (name, key)
        if isinstance(key, str) != isinstance(first[1], str):
            raise MismatchError(
                f"{name}: ids of images are such as {shown_key(key)}, in {first[0]} such as "
                f"{shown_key(first[1])}, expected all text or all numbers.",
                code="id-type",
                path=name,
            )


def check_alike(parts: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Refuse parts that were not matched alike.

    Args:
        parts: of each its name, and what must be equal where it is given, by name.

    Raises:
        MismatchError: naming the first difference.
    """
    known: dict[str, tuple[str, Any]] = {}
    for name, found in parts:
        for what, value in found.items():
            first, expected = known.setdefault(what, (name, value))
            if value != expected:
                raise MismatchError(
                    f"{name}: {what} is {_brief(value)}, in {first} it is {_brief(expected)}. "
                    f"Parts must be matched by the same rules on the same categories.{_way(what)}",
                    code="parts",
                    path=name,
                )


def _way(what: str) -> str:
    """What to do about a rule that follows from the files where nobody gives it; "" for others."""
    if what != "area_from":
        return ""
    return " Where nothing is given, boxes of a file with a bbox decide: give `area_from='bbox'`."


def _brief(value: Any) -> str:
    """A value in one short line."""
    text = repr(_plain(value))
    return text if len(text) <= 60 else f"{text[:57]}..."


def _plain(value: Any) -> Any:
    """A value as people write it: 0.9 for 0.8999999999999999, sizes by names and areas."""
    if isinstance(value, SizeBucket):
        of = " of the image" if value.relative else ""
        return f"{value.name} {value.min_area:g}..{value.max_area:g}{of}"
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return round(value, 12) if isinstance(value, float) else value


def images_in_several(number: int) -> list[Note]:
    """The note on images that several parts hold with equal content; none for 0."""
    if not number:
        return []
    images = counted(number, "image is", "images are")
    return [
        Note("images-in-several-parts", f"{images} in several parts with equal content", number)
    ]


def other_contents(name: str, key: Key, earlier: str) -> MismatchError:
    """The error for an image that two parts hold with different content.

    Args:
        name: of the part.
        key: of the image.
        earlier: name of the part that holds it too.
    """
    return MismatchError(
        f"{name}: image {key!r} is also in {earlier}, with other predictions or ground truth. Each "
        "image must be matched once.",
        code="image-contents",
        path=name,
    )


def other_objects(name: str | Path, key: Key, first: str | Path) -> MismatchError:
    """The error for an image whose ground truth is another in the part of another model.

    Args:
        name: of the part.
        key: of the image.
        first: name of the part of the other model.
    """
    return MismatchError(
        f"{name}: image {key!r} was matched with other ground truth than in {first}. Match both "
        "with the same files.",
        code="other-objects",
        path=str(name),
    )
