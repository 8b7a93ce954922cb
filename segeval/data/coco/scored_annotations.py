"""Predictions as a whole COCO file: images, categories, and annotations with a score each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Raw

from segeval.data.columns import Categories, Images, Listed
from segeval.data.files import Content
from segeval.data.json.broken import decode_at
from segeval.data.json.repeated_keys import refuse_repeated_key
from segeval.data.keys import numbering
from segeval.errors import FormatError


class _Named(msgspec.Struct, gc=False):
    """An entry of a list of categories or images; ids of another type have no say."""

    id: int | str
    name: str | None = None
    file_name: str | None = None


class _OneImage(msgspec.Struct, gc=False):
    image_id: int


class ScoredAnnotations(NamedTuple):
    """The predictions of a whole COCO file.

    Attributes:
        records: its annotations.
        listed: its own lists, if it has both.
        image_id: of the one image that it names instead of a list (SAM).
    """

    records: Content
    listed: Listed | None
    image_id: int | None = None


def scored_annotations(content: Content, score: str = "score") -> ScoredAnnotations | None:
    """The predictions of a whole COCO file; None if it holds something else.

    An object is one of predictions if any annotation has a score, or if there are no annotations.

    Args:
        content: a file that begins with a brace.
        score: name of the field with the score.

    Raises:
        FormatError: if it has a key twice.
    """
    sections = _sections(content)
    annotations = sections.get("annotations")
    if annotations is None or bytes(memoryview(annotations)[:1]) != b"[":
        return None
    refuse_repeated_key(content)
    records = Content(memoryview(annotations), content.name)
    if not _has_scores(records, score):
        return None
    listed = None
    categories = _named(sections.get("categories"))
    images = _named(sections.get("images"))
    if categories is not None and images is not None:
        listed = Listed(
            Categories(names=tuple(each.name or "" for each in categories), **_ids(categories)),
            Images(
                sizes=np.full((len(images), 2), -1, np.int32),
                file_names=tuple(each.file_name or "" for each in images),
                **_ids(images),
            ),
        )
    return ScoredAnnotations(records, listed, _image_id(sections.get("image")))


def _image_id(section: Any) -> int | None:
    """The id of the one image of a file of SAM."""
    if section is None:
        return None
    try:
        return msgspec.json.decode(section, type=_OneImage).image_id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _sections(content: Content) -> dict[str, Any]:
    """The JSON of each value of a file's object, by its key; nothing of a file without one."""
    try:
        return msgspec.json.decode(content.data.data, type=dict[str, Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # Python reads NaN and Infinity as well
    try:
        value = json.loads(content.data.tobytes())
    except (ValueError, RecursionError):
        return {}
    found = value.items() if isinstance(value, dict) else ()
    return {key: json.dumps(each).encode() for key, each in found}


def _has_scores(records: Content, score: str) -> bool:
    """Whether the first record has a score, or any has, or there are none."""
    first = records.skip_blank(1)
    if records.data[first] == ord("]"):
        return True
    try:
        record, _ = decode_at(records, first, len(records.data))
    except FormatError:
        return False
    if not isinstance(record, dict):
        return False
    return score in record or records.data.tobytes().find(f'"{score}"'.encode()) >= 0


def _named(section: Any) -> Sequence[_Named] | None:
    """The ids and names of a list; None where it has none that can be compared."""
    if section is None:
        return None
    try:
        return msgspec.json.decode(section, type=list[_Named])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _ids(entries: Sequence[_Named]) -> dict[str, Any]:
    """The ids as a column, and their keys."""
    ids = [each.id for each in entries]
    numbers = numbering(ids)
    return {"id": numbers.column(ids), "keys": numbers.keys}
