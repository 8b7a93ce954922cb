"""Files of one image each that are named after another image of the ground truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

import numpy as np

from segeval.checks.records import Records
from segeval.data.columns import Predictions
from segeval.data.ids import rows_of
from segeval.data.keys import shown_id
from segeval.errors import MismatchError
from segeval.findings import Finding
from segeval.words import counted

PACKED = (".gz", ".xz", ".bz2", ".zip")
"""Endings of packed files."""


def files_of_other_images(records: Records[Predictions]) -> Iterator[Finding]:
    """Files of a folder whose predictions are for another image than their name says.

    A file says so if its name without endings is that of one image's file, and all its predictions
    are for one other image.
    """
    gt, preds = records.gt, records.columns
    if gt is None or not preds.files or not len(preds):
        return
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
        return
    stems = [_stem(name) for name in gt.images.file_names]
    owner = {stem: row for row, stem in enumerate(stems) if stem}
    if len(owner) < len([stem for stem in stems if stem]):
        return  # names in several folders: which one is meant is not known
    owned = [(name, given, owner.get(_stem(name), given)) for name, given in of_one]
    wrong = [each for each in owned if each[1] != each[2]]
    if wrong:
        name, given, row = wrong[0]
        own, other = (shown_id(gt.images.id[each], gt.images.keys) for each in (given, row))
        which = counted(len(wrong), "file is", "files are")
        yield records.finding(
            "warn",
            "image ids",
            f"{which} named after another image than that of the predictions: {name} holds image "
            f"{own}, but {gt.images.file_names[row]} is image {other}",
            code="named-after-other-image",
            count=len(wrong),
            hint="Predictions without image_id are for the number in the name of their file; write "
            "image_id.",
            field="image_id",
            error=MismatchError,
        )


def _stem(name: str) -> str:
    """The name of a file without folders and endings, those of packed files too."""
    plain = PurePath(name).name
    for ending in PACKED:
        plain = plain.removesuffix(ending)
    return PurePath(plain).stem
