"""Files that contradict themselves or each other: errors if numbers mean nothing, or notes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segeval.checks.agreement import SAMPLE, agreement
from segeval.checks.ground_truth import repeated_names
from segeval.checks.masks import flat_boxes
from segeval.checks.near_repeats import repeats_in_other_categories, repeats_with_other_scores
from segeval.checks.records import AnyRecords, Records
from segeval.checks.repeats import repeats
from segeval.checks.whole_scores import equal_scores, inverted_scores, two_scales
from segeval.checks.whole_set import (
    categories_without_predictions,
    crowd_share,
    unpredicted_images,
)
from segeval.data import GroundTruth, Predictions
from segeval.data.ids import distinct
from segeval.errors import Note
from segeval.findings import MAPPED, Finding, note_of, raise_first
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.selection import Selection
from segeval.words import counted, joined

FEW = 0.1
"""Share of the objects found below which causes are looked for."""

HALF = 0.5
"""Share of categories without a found object from which on causes are looked for."""

LEAST = 5
"""Objects of a category none of which is found from which on causes are looked for."""

MISSED = 0.25
"""Largest share of the objects of an image that is found where its predictions are in vain."""

SOME_IMAGES = 0.15
"""Least share of such images where causes are looked for."""

if TYPE_CHECKING:
    from segeval.checks.other_readings import Located

Side = tuple[AnyRecords, NDArray[np.int64]]
"""The records of one file, and the rows of those that take part, increasing."""


def agreement_notes(
    preds: Predictions, gt: GroundTruth, selection: Selection, matches: Matches
) -> list[Note]:
    """What contradicts itself in the records that take part.

    Args:
        preds: all predictions.
        gt: all ground truth.
        selection: the records of both that take part.
        matches: their matches.

    Raises:
        InputError: unless in a compat mode, if the numbers would mean nothing.
    """
    request = matches.request
    by_mask = request.iou != "bbox"
    found = Records(preds, gt), _increasing(selection.preds)
    truth = Records(gt, gt), _increasing(selection.gt)
    findings = [
        *repeats(found[0], _with_equal_scores(matches)),
        *repeats(*truth),
        *repeats_with_other_scores(found[0], selection.preds, selection.pred_image),
        *repeats_in_other_categories(truth[0], selection.gt, selection.gt_image),
        *repeated_names(truth[0]),
        *_misnamed_files(found[0]),
        *_unpredicted(found[0], gt, selection),
        *equal_scores(*found),
        *two_scales(*found),
        *_score_order(found[0], matches),
        *(crowd_share(*truth) if request.rules.uses_crowd else ()),
    ]
    sides: list[tuple[Side, Side]] = [(found, truth), (truth, found)]
    for (records, rows), (others, other_rows) in sides:
        where = partial(_located, others, other_rows, masks=by_mask)
        if not by_mask:
            findings += flat_boxes(records, rows)
        findings += agreement(records, rows, where, masks=by_mask, boxes=not by_mask, sample=SAMPLE)
    if _finds_few(matches):
        from segeval.checks.disagreement import disagreement  # only now: most runs find enough

        told = {finding.hint for finding in findings}
        why = disagreement(
            *(found[0], truth[0], found[1], truth[1]),
            masks=by_mask,
            categories=not request.protocol.agnostic,
        )
        findings += (finding for finding in why if finding.hint not in told)
    if not request.protocol.agnostic and all(each.code != MAPPED for each in findings):
        findings += categories_without_predictions(found[0], truth[1])
    if request.rules.is_strict:
        raise_first(finding for finding in findings if finding.level == "error")
    return [note_of(finding) for finding in findings]


def _score_order(records: Records[Predictions], matches: Matches) -> Iterator[Finding]:
    """Scores that are lower where an object is found, at the lowest threshold."""
    right, ignored = (bits[0] & 1 != 0 for bits in (matches.matched_bits, matches.ignored_bits))
    return inverted_scores(records, matches.score[~ignored], right[~ignored])


def _misnamed_files(records: Records[Predictions]) -> Iterator[Finding]:
    """Files of a folder that are named after other images."""
    if records.columns.files:
        from segeval.checks.named_files import files_of_other_images  # only for folders

        yield from files_of_other_images(records)


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


def _finds_few(matches: Matches) -> bool:
    """Whether few objects are found at the lowest threshold: in all, or in categories or images."""
    ends = np.concatenate([[0], np.cumsum(matches.matched_bits[0] != 0)])
    found = np.diff(ends[matches.offsets])
    counted_gt = matches.gt_category[matches.gt_counted[0]]
    objects = np.bincount(counted_gt, minlength=len(matches.category_ids))
    both = (objects > 0) & (np.diff(matches.offsets) > 0)
    share = found.sum() / max(objects.sum(), 1)
    in_vain = int((found[both] == 0).sum()) >= HALF * max(int(both.sum()), 1)
    unfound = objects[(found == 0) & (objects >= LEAST)].sum()
    if share < FEW or in_vain or unfound >= FEW * max(objects.sum(), 1):
        return True
    images = len(matches.image_ids)
    there = np.bincount(matches.gt_image[matches.gt_counted[0]], minlength=images)
    tried = (np.bincount(matches.image, minlength=images) > 0) & (there > 0)
    hits = np.bincount(matches.image[matches.matched_bits[0] != 0], minlength=images)
    in_vain = (hits[tried] <= MISSED * there[tried]).sum()
    return bool(in_vain >= SOME_IMAGES * max(int(tried.sum()), 1))


def _unpredicted(
    records: Records[Predictions], gt: GroundTruth, selection: Selection
) -> Iterator[Finding]:
    """Images with objects that take part, but without predictions."""
    images = len(selection.image_ids)
    objects = np.bincount(selection.gt_image[~gt.is_crowd[selection.gt]], minlength=images) > 0
    found = np.bincount(selection.pred_image, minlength=images)
    return unpredicted_images(records, selection.image_ids[objects], found[objects])


def _increasing(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows in order; they are unless categories are merged or a package looks them up by id."""
    return rows if (rows[1:] > rows[:-1]).all() else distinct(rows)


def nothing_counts(gt: GroundTruth, matches: Matches) -> list[Note]:
    """A note where no annotation is left to be found, and what each of them is instead."""
    rows, rules = matches.gt, matches.request.rules
    if not len(rows):
        return [Note("no-ground-truth", f"{gt.source}: no annotation takes part", 0)]
    if matches.gt_counted[0].any():
        return []
    crowd = gt.is_crowd[rows] & rules.uses_crowd
    ignored = gt.ignore[rows] & ~crowd & (rules.uses_ignore or matches.request.honour_ignore)
    low, high = matches.buckets[0].min_area, matches.buckets[0].max_area
    reasons = [
        (int(crowd.sum()), "crowd regions (iscrowd 1)"),
        (int(ignored.sum()), "marked ignore"),
        (int((~crowd & ~ignored).sum()), f"with an area outside {low:g} .. {high:g}"),
    ]
    told = joined([f"{count:,} {what}" for count, what in reasons if count])
    message = (
        f"{gt.source}: none of {counted(len(rows), 'annotation')} counts, so AP is undefined: "
        f"{told}"
    )
    return [Note("nothing-counts", message, len(rows))]
