"""What is said of whole files, and what of the records that are dropped before matching."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from segeval.checks.named_files import note_on_files
from segeval.checks.records import Records
from segeval.data import GroundTruth, Predictions
from segeval.errors import Note
from segeval.findings import Finding, note_of
from segeval.metrics.coco.file_notes import FileNotes, ignore_notes
from segeval.metrics.coco.merging import Origin
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.selection import Selection
from segeval.tallies import recounted, without_images


def notes_on_files(
    preds: Predictions,
    gt: GroundTruth,
    request: Request,
    origin: Origin,
    findings: Sequence[Finding],
    selection: Selection,
) -> tuple[FileNotes, FileNotes]:
    """What is said of the ground truth, and of the predictions with it.

    Args:
        preds: all predictions.
        gt: all ground truth, of the whole set.
        request: how they are judged.
        origin: tells the files from others.
        findings: what contradicts itself in their records, where that is said of them as a whole.
        selection: the records that take part, and what was dropped.
    """
    found = (*preds.notes, *note_on_files(Records(preds, gt)), *map(note_of, findings))
    fields, ignored = _of_fields(gt), ignore_notes(gt, request)
    own, rules, marked = (
        tuple(each for note in notes for each in _outside(note, gt, request))
        for notes in (fields, selection.notes, ignored)
    )
    return (
        FileNotes(f"{origin.gt_key:016x}", own, fields=marked),
        FileNotes(f"{origin.gt_key:016x}{origin.key:016x}", found, rules),
    )


def counts_in(
    gt: GroundTruth, request: Request, whole: Selection, part: Selection
) -> Iterator[Note]:
    """Notes that count records by image, in some of the images.

    Where images are chosen, all is said of the files as a whole.

    Args:
        gt: all ground truth, of the whole set.
        request: how records are judged.
        whole: the records of the files that take part, and what was dropped.
        part: those in these images.
    """
    if request.images is not None:
        return
    for note in (*_of_fields(gt), *whole.notes, *ignore_notes(gt, request)):
        if note.tally is not None and note.tally.images is not None:
            ids = note.tally.images
            yield from recounted(note, ids[np.isin(ids, part.image_ids)])


def _outside(note: Note, gt: GroundTruth, request: Request) -> Iterator[Note]:
    """A note, or what it counts in images that the ground truth lacks."""
    if note.tally is None or note.tally.images is None:
        yield note
    elif request.images is not None:
        yield without_images(note)
    else:
        ids = note.tally.images
        for own in recounted(note, ids[~np.isin(ids, gt.images.id)]):
            yield without_images(own)


def _of_fields(gt: GroundTruth) -> Iterator[Note]:
    """The notes from reading, with the images of those that count records without a field."""
    for note in gt.notes:
        if note.code == "area-computed":
            yield from recounted(note, gt.image_id[np.isnan(gt.area)])
        elif note.code == "iscrowd-missing":
            yield from recounted(note, gt.image_id[gt.crowd_missing])
        else:
            yield note
