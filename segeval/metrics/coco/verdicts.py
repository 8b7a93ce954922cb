"""The notes on matches, made from their evidence: the same for one run and for merged parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segeval.checks.whole_scores import all_equal, inverted_scores, scores_of_two_scales
from segeval.checks.whole_set import many_crowds, unpredicted_categories, unpredicted_images
from segeval.data.joining import joined_sources
from segeval.data.keys import Keys, written
from segeval.errors import Note
from segeval.findings import MAPPED, Finding, note_of
from segeval.metrics.coco.area_rule import area_notes
from segeval.metrics.coco.contradictions import (
    Evaluated,
    Known,
    causes_of_misses,
    contradictions,
)
from segeval.metrics.coco.evidence import Evidence, in_order
from segeval.metrics.coco.image_totals import ImageTotals, SetTotals
from segeval.metrics.coco.merging import Origin
from segeval.metrics.coco.request import Request
from segeval.metrics.sizes import SizeBucket
from segeval.tallies import added_up, of_files
from segeval.words import counted, joined

FEW = 0.1
"""Share of the objects found below which causes are looked for."""

HALF = 0.5
"""Share of categories without a found object from which on causes are looked for."""

LEAST = 5
"""Objects of a category none of which is found from which on causes are looked for."""

SOME_IMAGES = 0.15
"""Least share of such images where causes are looked for."""


class Frame(Protocol):
    """What `Matches` are known to hold without their predictions."""

    @property
    def request(self) -> Request:
        """The rules."""

    @property
    def buckets(self) -> tuple[SizeBucket, ...]:
        """Size buckets."""

    @property
    def image_ids(self) -> NDArray[np.int64]:
        """Of I images."""

    @property
    def category_ids(self) -> NDArray[np.int64]:
        """Of K categories."""

    @property
    def category_names(self) -> tuple[str, ...]:
        """Of each."""

    @property
    def category_keys(self) -> Keys | None:
        """Ids of categories that are no int64."""

    @property
    def image_keys(self) -> Keys | None:
        """Ids that are no int64."""

    @property
    def gt_image(self) -> NDArray[np.int32]:
        """Index of the image of each of G ground truths."""

    @property
    def gt_category(self) -> NDArray[np.int32]:
        """Index of the category of each."""

    @property
    def gt_counted(self) -> NDArray[np.bool_]:
        """Whether each counts in a bucket, shape (A, G)."""

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The files."""


def totals_of(frame: Frame, evidence: Evidence) -> SetTotals:
    """Totals of matches, with or without their predictions."""
    counts = frame.gt_counted[0]
    counted = np.bincount(frame.gt_image[counts], minlength=len(frame.image_ids))
    return SetTotals(
        ImageTotals.of(frame.image_ids, evidence.images, counted),
        len(frame.gt_image),
        np.bincount(frame.gt_category[counts], minlength=len(evidence.found)),
    )


def notes_of(frame: Frame, evidence: Evidence, totals: SetTotals | None = None) -> tuple[Note, ...]:
    """The notes on matches.

    Args:
        frame: the matches, with or without their predictions.
        evidence: what their notes are made from.
        totals: of their images and objects, where these are not in memory.
    """
    files = evidence.files
    totals = totals_of(frame, evidence) if totals is None else totals
    findings = _of_records(frame, evidence)
    notes = [*added_up(file.content for file in files), *map(note_of, findings)]
    notes += [note_of(finding) for finding in _of_the_set(frame, evidence, totals.images)]
    if evidence.looked is not None and finds_few(evidence, totals):
        known = _known(frame, evidence), _evaluated(frame, evidence)
        notes += map(note_of, causes_of_misses(evidence.looked, *known, findings))
    agnostic, lvis = frame.request.protocol.agnostic, evidence.is_lvis
    if not agnostic and not lvis and all(note.code != MAPPED for note in notes):
        missing = unpredicted_categories(_preds(frame), evidence.categories)
        notes += [note_of(finding) for finding in missing]
    counts = in_order([*evidence.added, *(evidence.capped or ())])
    notes += added_up([*(file.rules for file in files), counts])
    if not sum(origin.predictions for origin in frame.origins):
        notes.append(Note("no-predictions", f"{_preds(frame)} holds no predictions", 0))
    images = totals.images
    predictions = images.scores.predictions
    notes += area_notes(frame.request, predictions, images.boxed, images.beside)
    notes += added_up(file.fields for file in files)
    notes += _nothing_counts(frame, evidence, totals)
    names = {"preds": _preds(frame), "gt": _gt(frame)}
    return tuple(of_files(note, **names) for note in notes)


def has_errors(frame: Frame, evidence: Evidence) -> bool:
    """Whether the records that were looked at have an error that all of their file may have."""
    return any(finding.level == "error" for finding in _of_records(frame, evidence))


def _of_records(frame: Frame, evidence: Evidence) -> list[Finding]:
    """What contradicts itself in the records that were looked at."""
    if evidence.looked is None:
        return []
    known, categories = _known(frame, evidence), _evaluated(frame, evidence)
    return contradictions(evidence.looked, known, categories)


def _known(frame: Frame, evidence: Evidence) -> Known:
    """What checks must know of the files."""
    request = frame.request
    return Known(
        _preds(frame), _gt(frame), request.iou != "bbox", request.protocol.agnostic,
        evidence.is_lvis,
    )  # fmt: skip


def _evaluated(frame: Frame, evidence: Evidence) -> Evaluated:
    """The categories."""
    ids = written(frame.category_ids, frame.category_keys)
    annotated = {own.key for own in evidence.categories if own.annotations}
    there = np.array([key in annotated for key in ids], np.bool_)
    return Evaluated(
        frame.category_ids, frame.category_names, frame.category_keys, frame.category_ids[there]
    )


def _of_the_set(frame: Frame, evidence: Evidence, images: ImageTotals) -> Iterator[Finding]:
    """Findings about the set as a whole."""
    source, scores = _preds(frame), images.scores
    if evidence.repeats is not None:
        yield evidence.repeats.finding(source, of_predictions=True)
    if evidence.object_repeats is not None:
        yield evidence.object_repeats.finding(_gt(frame), of_predictions=False)
    yield from unpredicted_images(source, images.predicted, frame.image_keys)
    yield from all_equal(source, scores.predictions, evidence.lowest, scores.highest)
    yield from scores_of_two_scales(source, scores, evidence.lowest, frame.image_keys)
    yield from inverted_scores(source, evidence.scores)
    if frame.request.rules.uses_crowd and not evidence.is_lvis:
        yield from many_crowds(_gt(frame), evidence.categories)


def finds_few(evidence: Evidence, totals: SetTotals) -> bool:
    """Whether few objects are found at the lowest threshold: in all, or in categories or images."""
    found, tried, objects = evidence.found, evidence.tried, totals.counted
    both = (objects > 0) & (tried > 0)
    share = found.sum() / max(objects.sum(), 1)
    in_vain = int((found[both] == 0).sum()) >= HALF * max(int(both.sum()), 1)
    unfound = objects[(found == 0) & (objects >= LEAST)].sum()
    if share < FEW or in_vain or unfound >= FEW * max(objects.sum(), 1):
        return True
    images = totals.images
    return images.in_vain >= SOME_IMAGES * max(images.judged, 1)


def _nothing_counts(frame: Frame, evidence: Evidence, totals: SetTotals) -> Sequence[Note]:
    """A note where no annotation is left to be found, and what each of them is instead."""
    total = totals.objects
    if not total:
        return [Note("no-ground-truth", f"{_gt(frame)}: no annotation takes part", 0)]
    if totals.counted.any():
        return []
    crowds, ignored, others = evidence.left_out
    low, high = frame.buckets[0].min_area, frame.buckets[0].max_area
    reasons = [
        (crowds, "crowd regions (iscrowd 1)"),
        (ignored, "marked ignore"),
        (others, f"with an area outside {low:g} .. {high:g}"),
    ]
    told = joined([f"{count:,} {what}" for count, what in reasons if count])
    message = (
        f"{_gt(frame)}: none of {counted(total, 'annotation')} counts, so AP is undefined: {told}"
    )
    return [Note("nothing-counts", message, total)]


def _preds(frame: Frame) -> str:
    """Name of the predictions."""
    return joined_sources(origin.preds for origin in frame.origins)


def _gt(frame: Frame) -> str:
    """Name of the ground truth."""
    return joined_sources(origin.gt for origin in frame.origins)
