"""Notes on panoptic files: on the files as they are, and on what their images count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from segeval.checks.ground_truth import repeated_category_names
from segeval.checks.panoptic import (
    all_crowds,
    given_twice,
    images_without_segments,
    perhaps_swapped,
)
from segeval.checks.panoptic_pictures import misfits
from segeval.data.keys import Keys
from segeval.data.panoptic.columns import PanopticSegments
from segeval.errors import Note
from segeval.findings import note_of
from segeval.frozen import frozen
from segeval.words import counted


@frozen
class FileNotes:
    """Notes that do not depend on which images are judged, by where they are told.

    Attributes:
        before: in front of all others.
        between: behind those on segments that are not found.
        after: behind all others.
    """

    before: tuple[Note, ...]
    between: tuple[Note, ...]
    after: tuple[Note, ...]


@frozen(eq=False)
class ImageCounts:
    """What notes count in images.

    Attributes:
        fitting: category id of a predicted segment that fits one of the ground truth, shape (P,).
        fitted: category id of the latter, shape (P,).
        keys: the keys of the categories.
        objects: segments of the ground truth that are no crowd regions.
        wrong_areas: segments whose area is not their number of pixels.
        in_one_only: ids of the ground truth that only a picture or only the file has.
    """

    fitting: NDArray[np.int64]
    fitted: NDArray[np.int64]
    keys: Keys | None
    objects: int
    wrong_areas: int
    in_one_only: int


def file_notes(preds: PanopticSegments, gt: PanopticSegments) -> FileNotes:
    """Notes on both files, whichever of their images are judged."""
    before = [*gt.notes, *map(note_of, given_twice(preds, gt))]
    before += [
        Note(each.code, f"{each.path}: {each.message}. {each.hint.rstrip('.')}", each.count)
        for each in perhaps_swapped(preds, gt)
    ]
    after = []
    unused = int((~np.isin(preds.image_id, gt.image_id)).sum())
    if unused:
        message = (
            f"{preds.source}: {counted(unused, 'image is', 'images are')} not in {gt.source} and "
            "not used"
        )
        after.append(Note("unused-images", message, unused))
    names = repeated_category_names(gt.categories, gt.source, "categories")
    between = [*images_without_segments(preds, gt), *all_crowds(gt), *names]
    return FileNotes(tuple(before), tuple(map(note_of, between)), tuple(after))


def panoptic_notes(
    files: Sequence[FileNotes],
    images: ImageCounts,
    names: tuple[str, str],
    where: Callable[[], Iterable[str]],
) -> tuple[Note, ...]:
    """All notes of a run.

    Args:
        files: notes on each pair of files.
        images: what is counted in the images.
        names: of predictions and ground truth.
        where: what `where_segments_fit` says; asked only if few segments are found.
    """
    preds, gt = names
    notes = [*chain.from_iterable(each.before for each in files)]
    findings = misfits(
        images.fitting, images.fitted, objects=images.objects, keys=images.keys, source=preds,
        where=where,
    )  # fmt: skip
    notes += map(note_of, findings)
    notes += chain.from_iterable(each.between for each in files)
    areas, one_only = images.wrong_areas, images.in_one_only
    if areas:
        message = (
            f"{gt}: {counted(areas, 'segment has', 'segments have')} an area other than its "
            "pixels in the picture; the area of the file is used, as in panopticapi"
        )
        notes.append(Note("area-differs", message, areas))
    if one_only:
        message = (
            f"{gt}: {counted(one_only, 'id is', 'ids are')} in a picture or in the file "
            "only; panopticapi does not look at that in the ground truth"
        )
        notes.append(Note("gt-ids", message, one_only))
    return (*notes, *chain.from_iterable(each.after for each in files))
