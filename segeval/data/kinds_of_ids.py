"""Text in one file where the other has numbers: said once, from both files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import GroundTruth, Predictions
from segeval.data.joining import numbered_alike
from segeval.data.keys import Key, Keys, kind_of, shown_key, written
from segeval.data.places import place_text
from segeval.data.wrong_ids import Kind
from segeval.errors import MismatchError
from segeval.findings import Finding, raise_first
from segeval.words import counted, more_like_it

Ids = tuple[NDArray[np.int64], Keys | None]
"""A column of ids, and their keys."""

EXAMPLES = 3
"""Ids of the other file that a message gives."""


def paired(
    preds: Predictions, gt: GroundTruth, *, agnostic: bool = False
) -> tuple[Predictions, GroundTruth]:
    """Both files with ids of one numbering, so that equal numbers are equal ids.

    Args:
        preds: the predictions.
        gt: the ground truth.
        agnostic: whether categories are ignored, so that those of predictions may be any.

    Raises:
        MismatchError: if ids are text in one file and numbers in the other.
    """
    raise_first(ids_of_another_kind(preds, gt, agnostic=agnostic))
    parts: list[Predictions | GroundTruth] = numbered_alike(
        [preds, gt], but="category" if agnostic else None
    )
    first, second = parts
    if not (isinstance(first, Predictions) and isinstance(second, GroundTruth)):
        raise TypeError("renumbered columns are of their own kind")
    return first, second


def ids_of_another_kind(
    preds: Predictions,
    gt: GroundTruth,
    place: Callable[[int], int] = int,
    *,
    agnostic: bool = False,
) -> Iterator[Finding]:
    """Predictions whose ids are text where the ground truth has numbers, or the other way.

    Args:
        preds: the predictions.
        gt: the ground truth.
        place: position of a row in the list of the file.
        agnostic: as in `paired`.
    """
    images, categories = gt.images, gt.categories

    def name(row: int) -> str:
        return f"prediction {place_text(place(row), preds.files)}"

    of_image = (preds.image_id, preds.image_keys), (images.id, images.keys)
    of_category = (preds.category_id, preds.category_keys), (categories.id, categories.keys)
    kinds: list[tuple[Kind, tuple[Ids, Ids], Sequence[str]]] = [
        ("image", of_image, images.file_names),
        ("category", of_category, categories.names),
    ]
    for kind, (found, known), names in kinds[: 1 if agnostic else 2]:
        yield from another_kind(
            kind,
            found,
            known,
            names,
            source=preds.source,
            owner=gt.source,
            name=name,
        )


def another_kind(
    kind: Kind,
    found: Ids,
    known: Ids,
    names: Sequence[str],
    *,
    source: str,
    owner: str,
    name: Callable[[int], str],
) -> Iterator[Finding]:
    """Ids that are text where another file has numbers, or the other way.

    Args:
        kind: what the ids are of.
        found: ids of N records and their keys.
        known: ids of the other file's list and their keys.
        names: file names of its images, or names of its categories.
        source: name of the file with the records.
        owner: name of the file with the list.
        name: name of the record in a row.
    """
    if not len(found[0]) or not len(known[0]):
        return
    first, other = (written(ids[:1], keys)[0] for ids, keys in (found, known))
    if isinstance(first, str) == isinstance(other, str):
        return
    listed = written(*known)
    field = f"{kind}_id"
    examples = ", ".join(map(shown_key, listed[:EXAMPLES]))
    plural = "images" if kind == "image" else "categories"
    yield Finding(
        "error",
        f"{kind} ids",
        f"{name(0)}: {field} is {'text' if isinstance(first, str) else 'a number'} "
        f"({shown_key(first)}), but {owner} has {kind_of(listed[0])} for its "
        f"{counted(len(listed), kind, plural)}, such as {examples}.{more_like_it(len(found[0]))}",
        count=len(found[0]),
        path=source,
        index=0,
        first=name(0),
        hint=_hint(kind, first, listed, names, owner),
        code="id-type",
        field=field,
        error=MismatchError,
        noun="prediction",
    )


def _hint(kind: Kind, first: Key, listed: Sequence[Key], names: Sequence[str], owner: str) -> str:
    """What to write instead; a cause is named only where the other file shows it."""
    if not isinstance(first, str):
        if str(first) in set(listed):
            return f'{owner} writes it as text, "{first}": write text.'
        return f"Write the ids of {owner}."
    if first in set(map(str, listed)):
        return "Write it as a number."
    named = _named(kind, first, listed, names)
    if named is not None:
        what = "name" if kind == "category" else named[0]
        return f"{shown_key(first)} is the {what} of {kind} {named[1]}: write its id."
    if first.isdecimal() and first.isascii() and len(first) < 20 and int(first) in set(listed):
        return f"Is it {kind} {int(first)}? Write that id as a number."
    return f"Write the ids of {owner}."


def _named(
    kind: Kind, first: str, listed: Sequence[Key], names: Sequence[str]
) -> tuple[str, Key] | None:
    """Whose name a text is, and whether it is all of it: (what it is, id); None for nobody's."""
    forms: dict[str, Callable[[str], str]] = {"file name": str}
    if kind == "image":
        forms |= {
            "file name": lambda name: PurePosixPath(name).name,
            "file name with its folder": str,
            "file name without its suffix": lambda name: PurePosixPath(name).stem,
        }
    for what, form in forms.items():
        for key, name in zip(listed, names, strict=True):
            if name and form(name) == first:
                return what, key
    return None
