"""Files that contradict themselves or each other: errors if numbers mean nothing, or evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segeval.checks.agreement import SAMPLE, agreement
from segeval.checks.ground_truth import repeated_names
from segeval.checks.masks import flat_boxes
from segeval.checks.near_repeats import near_repeats
from segeval.checks.records import AnyRecords, Records
from segeval.checks.repeats import Repeats, equal_records
from segeval.checks.whole_scores import ImageScores, ScoreTable
from segeval.checks.whole_set import counts_by_category
from segeval.data import GroundTruth, Predictions
from segeval.data.ids import distinct, index_of
from segeval.data.keys import written
from segeval.data.segmentations import Format
from segeval.errors import Note
from segeval.findings import Finding, raise_first
from segeval.metrics.coco.evidence import (
    CROWDS,
    LEFT_OUT,
    OBJECT_REPEATS,
    OBJECTS,
    REPEATS,
    Evidence,
    ImageCounts,
    in_order,
)
from segeval.metrics.coco.file_notes import FileNotes
from segeval.metrics.coco.image_tallies import ImageTallies, name_of, name_of_note
from segeval.metrics.coco.looked_at import LookedAt
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.object_digests import object_digests
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.selection import Selection
from segeval.tallies import without_images

if TYPE_CHECKING:
    from segeval.checks.other_readings import Located

Side = tuple[AnyRecords, NDArray[np.int64]]
"""The records of one file, and the rows of those that take part, increasing."""


def findings_on_files(
    preds: Predictions,
    gt: GroundTruth,
    selection: Selection,
    request: Request,
    every: GroundTruth | None = None,
    *,
    few: bool = False,
) -> list[Finding]:
    """What contradicts itself in the records that take part, whichever are found.

    Args:
        preds: all predictions.
        gt: all ground truth.
        selection: the records of both that take part.
        request: how they are judged.
        every: ground truth of the whole set, of which all this is a part: of its records as many
            are looked at first as fall to it. None for no other part.
        few: whether these are a few of the images of a set: then nothing is an error that only
            all records of a file can tell.

    Raises:
        InputError: unless in a compat mode, if the numbers would mean nothing.
    """
    found, truth = _sides(preds, gt, selection)
    images = 0 if every is None else len(every.images)
    share = len(gt.images) / images if images else 1.0
    findings = [
        *near_repeats(found[0], selection.preds, selection.pred_image, images),
        *near_repeats(truth[0], selection.gt, selection.gt_image, images),
        *repeated_names(truth[0]),
        *_of_both(found, truth, request, share),
    ]
    if request.rules.is_strict:
        of_others = TOLD_BY_ALL if few else ()
        errors = (finding for finding in findings if finding.level == "error")
        raise_first(finding for finding in errors if finding.code not in of_others)
    return findings


def refuse_if_all(
    preds: Predictions, gt: GroundTruth, selection: Selection, request: Request
) -> None:
    """Refuse files that contradict themselves, all of whose records are looked at.

    Args as in `findings_on_files`.

    Raises:
        InputError: if the numbers would mean nothing.
    """
    for finding in _of_both(*_sides(preds, gt, selection), request, None):
        if finding.level == "error":
            raise finding.refusal()


def _of_both(found: Side, truth: Side, request: Request, share: float | None) -> Iterator[Finding]:
    """What contradicts itself in the records of either file.

    Args:
        found: the predictions.
        truth: the annotations.
        request: how they are judged.
        share: how much of the set they are, to look at some first; None to look at all.
    """
    by_mask = request.iou != "bbox"
    sides: list[tuple[Side, Side]] = [(found, truth), (truth, found)]
    for (records, rows), (others, other_rows) in sides:
        where = partial(_located, others, other_rows, masks=by_mask)
        if not by_mask:
            yield from flat_boxes(records, rows)
        sample = len(rows) if share is None else _sample(len(rows), share)
        yield from agreement(records, rows, where, masks=by_mask, boxes=not by_mask, sample=sample)


def evidence_of(
    preds: Predictions,
    gt: GroundTruth,
    selection: Selection,
    matches: Matches,
    files: tuple[FileNotes, ...],
    *,
    by_image: bool = False,
    looked: LookedAt | None = None,
) -> Evidence:
    """What the notes on matches are made from.

    Args:
        preds: the predictions, all or those of a slice.
        gt: their ground truth.
        selection: the records of both that take part.
        matches: their matches, with notes that count records of theirs.
        files: notes on the whole files.
        by_image: count in each image too, for parts that share images with others.
        looked: the records of both files that checks look at; None where files say all.
    """
    request, images = matches.request, len(matches.image_ids)
    right, ignored = (bits[0] & 1 != 0 for bits in (matches.matched_bits, matches.ignored_bits))
    hit = matches.matched_bits[0] != 0
    score = preds.score if len(selection.preds) == len(preds) else preds.score[selection.preds]
    scores = ImageScores.of(score, selection.pred_image, images)
    objects = selection.gt_image[~gt.is_crowd[selection.gt]]
    ends = np.concatenate([[0], np.cumsum(hit)])
    over_set = request.protocol.cap_scope == "category"
    capped = [note for note in matches.notes if over_set and note.code in OVER_SET]
    rows, rules = matches.gt, request.rules
    crowd = gt.is_crowd[rows] & rules.uses_crowd
    marked = gt.ignore[rows] & ~crowd & (rules.uses_ignore or request.honour_ignore)
    records, truth = Records(preds, gt), Records(gt, gt)
    judged_crowd = selection.gt if len(selection.gt) < len(gt) else None
    added = in_order(note for note in matches.notes if note not in capped)
    again = equal_records(records, _with_equal_scores(matches))
    objects_again = equal_records(truth, _increasing(selection.gt))
    counted = None
    if by_image:
        lists = {
            REPEATS: preds.image_id[_first(again)],
            OBJECT_REPEATS: gt.image_id[_first(objects_again)],
            **{
                name: gt.image_id[rows[some]]
                for name, some in zip(LEFT_OUT, (crowd, marked, ~crowd & ~marked), strict=True)
            },
        }
        counted = _counted(gt, selection, judged_crowd, added, lists)
    return Evidence(
        files=files,
        added=tuple(map(without_images, added)),
        capped=tuple(map(without_images, capped)),
        repeats=Repeats.of(records, again),
        object_repeats=Repeats.of(truth, objects_again),
        categories=tuple(counts_by_category(gt, judged_crowd, preds.category_id)),
        is_lvis=gt.is_lvis,
        left_out=(int(crowd.sum()), int(marked.sum()), int((~crowd & ~marked).sum())),
        lowest=scores.lowest,
        images=ImageCounts(
            predictions=scores.count,
            above=scores.above,
            highest=scores.highest,
            objects=np.bincount(objects, minlength=images),
            judged=np.bincount(matches.image, minlength=images),
            hits=np.bincount(matches.image[hit], minlength=images),
            boxed=_counts_of(preds.has_box, selection, scores.count),
            beside=_counts_of(
                preds.has_box & (preds.segmentations.format != Format.NONE), selection, scores.count
            ),
        ),
        tried=np.diff(matches.offsets),
        found=np.diff(ends[matches.offsets]),
        scores=ScoreTable.of(matches.score[~ignored], right[~ignored]),
        by_image=counted,
        looked=looked,
    )


def _counts_of(
    has: NDArray[np.bool_], selection: Selection, every: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Of each image, how many predictions that take part have something.

    Args:
        has: of all predictions, whether they do.
        selection: those that take part.
        every: how many there are in each image.
    """
    if has.all():
        return every
    if not has.any():
        return np.zeros_like(every)
    return np.bincount(selection.pred_image[has[selection.preds]], minlength=len(every))


def _first(groups: list[list[int]]) -> NDArray[np.int64]:
    """The first row of each group."""
    return np.array([group[0] for group in groups], np.int64)


def _counted(
    gt: GroundTruth,
    selection: Selection,
    rows: NDArray[np.int64] | None,
    notes: Sequence[Note],
    more: Mapping[str, NDArray[np.int64]],
) -> ImageTallies:
    """What adds up over images, in each of them.

    Args:
        gt: the ground truth.
        selection: the records that take part.
        rows: annotations that take part; None for all.
        notes: those that count records.
        more: the image ids of records that are counted, by name.
    """
    ids = {name_of(name): own for name, own in more.items()}
    for note in notes:
        if note.tally is not None and note.tally.images is not None:
            ids[name_of_note(note)] = note.tally.images
    places = {name: index_of(own, selection.image_ids) for name, own in ids.items()}
    rows = np.arange(len(gt)) if rows is None else rows
    order = rows[np.lexsort((gt.is_crowd[rows], gt.category_id[rows]))]
    category, crowd = gt.category_id[order], gt.is_crowd[order]
    image = index_of(gt.image_id[order], selection.image_ids)
    ends = np.flatnonzero((category[1:] != category[:-1]) | (crowd[1:] != crowd[:-1])) + 1
    edges = [0, *ends.tolist(), len(order)] if len(order) else []
    keys = written(category[edges[:-1]], gt.categories.keys)
    for key, (start, stop) in zip(keys, pairwise(edges), strict=True):
        places[name_of(CROWDS if crowd[start] else OBJECTS, key)] = image[start:stop]
    known = {name: own[own >= 0] for name, own in places.items()}
    return ImageTallies.of(known, object_digests(gt, selection.image_ids))


MANY = 16 * SAMPLE
"""Records of a set of which each part looks at its share of the first ones alone."""

LEAST = 4
"""Least records that a part looks at first."""

TOLD_BY_ALL = ("fractions",)
"""Codes of errors that all records of a file make: if a few have them, they are notes."""

OVER_SET = ("max-dets", "not-verified")
"""Codes of the notes that follow from a cap over the whole set."""


def _sides(preds: Predictions, gt: GroundTruth, selection: Selection) -> tuple[Side, Side]:
    """Both files and the rows that take part."""
    found = Records(preds, gt), _increasing(selection.preds)
    return found, (Records(gt, gt), _increasing(selection.gt))


def _sample(records: int, share: float) -> int:
    """How many records are looked at first, of so many that are a share of the set."""
    if records <= MANY * share:
        return SAMPLE
    return max(round(SAMPLE * share), LEAST)


def _located(
    records: AnyRecords, rows: NDArray[np.int64], images: NDArray[np.int64], *, masks: bool
) -> Located:
    """As `segeval.checks.disagreement.located`, which most runs do not need."""
    from segeval.checks.disagreement import located

    return located(records, rows, images, masks=masks)


def _with_equal_scores(matches: Matches) -> NDArray[np.int64]:
    """Predictions that share category, image and score with another one, increasing."""
    score, image = matches.score, matches.image
    same = (score[1:] == score[:-1]) & (image[1:] == image[:-1])  # neighbours: rows are sorted
    places = np.flatnonzero(same)
    return distinct(matches.prediction[np.concatenate([places, places + 1])])


def _increasing(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows in order; they are unless categories are merged or a package looks them up by id."""
    return rows if (rows[1:] > rows[:-1]).all() else distinct(rows)
