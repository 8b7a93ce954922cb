"""What a split gave, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segeval.brief import Brief
from segeval.data.keys import Key
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.result import Description, Result
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted

MOST_NAMED = 8
"""Categories that a note names."""


@frozen
class AbsentCategory:
    """A category that the whole has objects of, and a part has none.

    Attributes:
        id: as the file writes it.
        name: of the category.
        images: number of images with objects of it in the whole.
    """

    id: Key
    name: str
    images: int


@frozen(eq=False, repr=False)
class PartOfSplit(Brief):
    """One part.

    Attributes:
        name: of the part.
        images: number of its images.
        share: of all images, a fraction.
        annotations: number of its annotations.
        objects: those that are no crowds.
        categories: number of categories with objects.
        absent: categories that have objects in the whole, and none here.
        predictions: number of predictions by role of the file, such as "preds_1".
        files: paths of what was written, by role.
    """

    name: str
    images: int
    share: float
    annotations: int
    objects: int
    categories: int
    absent: tuple[AbsentCategory, ...]
    predictions: Mapping[str, int]
    files: Mapping[str, str]


@frozen(eq=False, repr=False)
class SplitScores(Brief):
    """All parts.

    Attributes:
        folder: that the files are in.
        images: number of all images.
        groups: number of groups of images that stayed whole; None if images stood alone.
        parts: in the order asked for.
    """

    folder: str
    images: int
    groups: int | None
    parts: tuple[PartOfSplit, ...]


def absent_notes(parts: tuple[PartOfSplit, ...]) -> tuple[Note, ...]:
    """A note for each part that lacks categories, the most frequent of these first."""
    notes = []
    for part in parts:
        if not part.absent:
            continue
        named = sorted(part.absent, key=lambda each: -each.images)
        texts = [f"{each.name} (in {counted(each.images, 'image')})" for each in named[:MOST_NAMED]]
        more = len(named) - len(texts)
        message = (
            f"{part.name} has no object of {counted(len(named), 'category', 'categories')}: "
            f"{', '.join(texts)}{f' and {more:,} more' if more else ''}"
        )
        notes.append(Note("absent-categories", message, len(named)))
    return tuple(notes)


def _headline(result: Result[SplitScores]) -> tuple[str, ...]:
    """What was split, by what."""
    settings = result.settings
    how = "stratified by category" if settings["stratify"] else "by chance"
    names = [Path(str(each["path"])).name for each in result.inputs.values()]
    grouped = [f"groups by {settings['groups']}"] if settings["groups"] is not None else []
    return (f"Split of {names[0]}", how, *grouped, f"seed {settings['seed']}")


def _summary(result: Result[SplitScores]) -> str:
    """How much was split, and where it is."""
    scores = result.scores
    groups = "" if scores.groups is None else f" of {counted(scores.groups, 'group')}"
    files = counted(len(scores.parts) * len(result.inputs), "file")
    parts = counted(len(scores.parts), "part")
    return f"{counted(scores.images, 'image')}{groups} in {parts}, {files} in {scores.folder}"


def _tables(result: Result[SplitScores]) -> tuple[Table, ...]:
    """A row for each part."""
    has_preds = len(result.inputs) > 1
    fields = (
        Field("part", "part", "text"),
        Field("images", "images", "count"),
        Field("share", "share", "percent"),
        Field("objects", "objects", "count"),
        Field("categories", "categories", "count"),
        Field("absent", "absent", "count"),
        *([Field("predictions", "predictions", "count")] if has_preds else []),
    )
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (
            part.name,
            part.images,
            part.share,
            part.objects,
            part.categories,
            len(part.absent),
            *([sum(part.predictions.values())] if has_preds else []),
        )
        for part in result.scores.parts
    )
    return (Table("part", fields, rows),)


def _values(scores: SplitScores) -> dict[str, Any]:
    """The parts as plain values."""
    parts = [
        {**vars(part), "absent": [vars(each) for each in part.absent]} for part in scores.parts
    ]
    return {**vars(scores), "parts": parts}


SPLIT: Description[SplitScores] = Description(
    place=f"{__name__}:SPLIT",
    schema="segeval/split/1",
    brief=lambda scores: ", ".join(f"{each.name} {each.images:,}" for each in scores.parts),
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=_values,
)
