"""Which images the records are of that notes on whole files count.

Of a metric the images are no file: one of them goes where a better copy comes, and its records are
counted no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.ids import index_of
from segeval.errors import Note
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.evidence import Evidence
from segeval.metrics.coco.file_notes import FileNotes
from segeval.metrics.coco.image_tallies import ImageTallies, name_of_note
from segeval.tallies import lowered

Ids = NDArray[np.int64]


def _unknown(gt: GroundTruth) -> Ids:
    return gt.image_id[index_of(gt.category_id, np.unique(gt.categories.id)) < 0]


COUNTED: Mapping[str, Callable[[GroundTruth], Ids]] = {"unknown-category": _unknown}
"""The image ids of the annotations that a note counts, by its code; others know their images."""


def counted_by_image(found: Evaluation) -> Evidence | None:
    """The evidence of an evaluation, which also says in which images notes on files count."""
    matches, evidence = found.matches, found.matches.evidence
    if evidence is None or evidence.by_image is None:
        return evidence
    notes = [note for file in evidence.files for note in _notes(file) if note.code in COUNTED]
    if not notes:
        return evidence
    places: dict[str, NDArray[np.integer[Any]]] = {}
    for note in notes:
        images = COUNTED[note.code](found.gt)
        places[name_of_note(note)] = index_of(images, matches.image_ids)
    return replace(evidence, by_image=evidence.by_image.with_more(places))


def without_counts(files: Sequence[FileNotes], gone: ImageTallies) -> tuple[FileNotes, ...]:
    """Notes on the images of a metric without what they count in some that are gone.

    Args:
        files: the notes.
        gone: what was counted in these images.
    """
    counts = gone.totals()

    def fewer(notes: Sequence[Note]) -> tuple[Note, ...]:
        kept = [lowered(note, *counts.get(name_of_note(note), (0, 0))) for note in notes]
        return tuple(note for note in kept if note is not None)

    return tuple(
        replace(
            file,
            content=fewer(file.content),
            rules=fewer(file.rules),
            fields=fewer(file.fields),
        )
        for file in files
    )


def _notes(file: FileNotes) -> list[Note]:
    """The notes that add up."""
    return [note for note in (*file.content, *file.rules, *file.fields) if note.tally is not None]
