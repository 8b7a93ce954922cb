"""Files of one image each that are named after another image of the ground truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

import numpy as np

from segeval.checks.records import Records
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.ids import rows_of
from segeval.data.keys import shown_id
from segeval.data.paths import PACKED
from segeval.errors import MismatchError, Note
from segeval.findings import Finding
from segeval.tallies import First, tallied
from segeval.words import counted

HINT = "Predictions without image_id are for the number in the name of their file; write image_id."
"""What to do about such files."""


def files_of_other_images(records: Records[Predictions]) -> Iterator[Finding]:
    """Files of a folder whose predictions are for another image than their name says."""
    wrong = _misnamed(records)
    if wrong:
        which = counted(len(wrong), "file is", "files are")
        yield records.finding(
            "warn",
            "image ids",
            f"{which} named after another image than that of the predictions: {wrong[0].text}",
            code="named-after-other-image",
            count=len(wrong),
            hint=HINT,
            field="image_id",
            error=MismatchError,
        )


def note_on_files(records: Records[Predictions]) -> Iterator[Note]:
    """The same as a note, which adds up over parts of a set with files of their own."""
    wrong = _misnamed(records)
    if wrong:
        text = (
            "{preds}: {n:file is|files are} named after another image than that of the "
            "predictions: {first}. "
        )
        yield tallied(
            "named-after-other-image",
            text + HINT.removesuffix("."),
            n=len(wrong),
            first=min(wrong, key=lambda first: first.order),
            preds=records.columns.source,
        )


def _misnamed(records: Records[Predictions]) -> list[First]:
    """Files that are named after another image, by their names.

    A file says so if its name without endings is that of one image's file, and all its predictions
    are for one other image.
    """
    gt, preds = records.gt, records.columns
    if gt is None or not preds.files or not len(preds):
        return []
    starts, names = zip(*preds.files, strict=True)
    places = preds.places if records.places is None else records.places
    rows = rows_of(preds.image_id, gt.images.id)
    parts = zip(names, np.split(rows, np.searchsorted(places, starts[1:])), strict=True)
    of_one = [
        (name, int(part[0]))
        for name, part in parts
        if len(part) and part[0] >= 0 and (part == part[0]).all()
    ]
    if not of_one:
        return []
    stems = [_stem(name) for name in gt.images.file_names]
    owner = {stem: row for row, stem in enumerate(stems) if stem}
    if len(owner) < len([stem for stem in stems if stem]):
        return []  # names in several folders: which one is meant is not known
    owned = [(name, given, owner.get(_stem(name), given)) for name, given in of_one]
    return [
        First(
            name,
            f"{name} holds image {_shown(gt, given)}, but {gt.images.file_names[row]} is image "
            f"{_shown(gt, row)}",
        )
        for name, given, row in owned
        if given != row
    ]


def _shown(gt: GroundTruth, row: int) -> str:
    """The id of an image for people."""
    return shown_id(gt.images.id[row], gt.images.keys)


def _stem(name: str) -> str:
    """The name of a file without folders and endings, those of packed files too."""
    plain = PurePath(name).name
    for ending in PACKED:
        plain = plain.removesuffix(ending)
    return PurePath(plain).stem
