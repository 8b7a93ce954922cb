"""Notes on whole files, which parts of one evaluation say again and again, and which count once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from segeval.data import GroundTruth
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.coco.compat import BOUNDARY_API
from segeval.metrics.coco.request import Request
from segeval.tallies import note_from, tallied


@frozen(eq=False, repr=False)
class FileNotes:
    """Notes on a whole file, whichever of its images are matched.

    Attributes:
        key: tells files apart: of ground truth, and of predictions with theirs.
        content: what is wrong with their records.
        rules: what the rules make of them, such as records that are dropped.
        fields: what fields decide that packages read in other ways.
    """

    key: str
    content: tuple[Note, ...] = ()
    rules: tuple[Note, ...] = ()
    fields: tuple[Note, ...] = ()


def joined_files(files: Iterable[FileNotes]) -> tuple[FileNotes, ...]:
    """Notes on whole files, each pair once, by key."""
    known: dict[str, FileNotes] = {}
    for file in files:
        own = known.setdefault(file.key, file)
        known[file.key] = FileNotes(
            file.key,
            _both(own.content, file.content),
            _both(own.rules, file.rules),
            _both(own.fields, file.fields),
        )
    return tuple(known[key] for key in sorted(known))


def _both(one: tuple[Note, ...], other: tuple[Note, ...]) -> tuple[Note, ...]:
    """What is said of one pair of files twice: the same, unless other images were asked for."""
    if one == other:
        return one
    return tuple(sorted({*one, *other}, key=lambda note: (note.code, note.message)))


def notes_from(values: Iterable[Mapping[str, Any]]) -> tuple[Note, ...]:
    """Notes from plain values."""
    return tuple(map(note_from, values))


def file_of(values: Mapping[str, Any]) -> FileNotes:
    """Notes on files from plain values."""
    return FileNotes(
        str(values["key"]),
        notes_from(values["content"]),
        notes_from(values["rules"]),
        notes_from(values["fields"]),
    )


def ignore_notes(gt: GroundTruth, request: Request) -> tuple[Note, ...]:
    """COCO's `ignore` field, which pycocotools overwrites with iscrowd and boundary AP heeds."""
    ids = gt.image_id[gt.ignore & ~gt.is_crowd]
    if not len(ids) or request.honour_ignore:
        return ()
    found = "{n:annotation has|annotations have}"
    if request.rules.uses_ignore:
        if request.iou != "boundary" or request.protocol.federated:
            return ()
        message = f"{found} ignore set, which boundary AP leaves out, as {BOUNDARY_API} does"
        return (tallied("ignore-used", message, images=ids, n=len(ids)),)
    message = (
        f"{found} ignore set, which is not used, as in pycocotools (`honour_ignore=True` uses it)"
    )
    note = tallied("ignore-unused", message, images=ids, n=len(ids), option="honour_ignore")
    return (note,)


def each_once(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Notes without repetitions, and of those on areas only the first kind of IoU's."""
    kept: dict[str | Note, Note] = {}
    for note in notes:
        kept.setdefault(note.code if note.code.startswith("area-from") else note, note)
    return tuple(kept.values())
