"""The parts of a file, and two files, that contradict each other: every check of it, in order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from segeval.checks.areas import areas_beside_masks
from segeval.checks.category_mapping import fits_of, mapped_categories
from segeval.checks.filled_holes import filled_holes
from segeval.checks.mask_and_box import mask_boxes, masks_beside_boxes
from segeval.checks.other_images import of_other_images
from segeval.checks.other_masks import misread_masks
from segeval.checks.other_readings import IMAGES, Located, Others, misread
from segeval.checks.outside import boxes_outside, inside, polygons_outside
from segeval.checks.partly_misread import partly_misread
from segeval.checks.records import AnyRecords, Records
from segeval.checks.shapes import shapes_of
from segeval.checks.whole_scores import inverted_scores
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.segmentations import Format
from segeval.findings import Finding

SAMPLE = 256
"""Records that are looked at first where a file is only evaluated."""

FIRST = 16
"""Images whose predictions are compared with the objects of others."""

NEAR_BY = 128
"""Images whose objects are compared with the predictions of others."""

KINDS = (
    "polygons and images",
    "boxes and images",
    "masks and images",
    "masks and boxes",
    "area field",
)
"""Kinds of findings."""


def agreement(
    records: AnyRecords,
    rows: NDArray[np.int64],
    others: Others = lambda _: None,
    *,
    masks: bool = True,
    boxes: bool = True,
    sample: int | None = None,
) -> Iterator[Finding]:
    """What contradicts itself in the records of one file.

    Args:
        records: records of one file.
        rows: rows to look at, with sound masks, increasing.
        others: finds where the records of the other file are.
        masks: look at the masks.
        boxes: look at the boxes, and not only beside masks.
        sample: number of records to look at first; all of them follow only if something is found.
            None for all. With it, predicted boxes that leave their image are reported only if the
            cause is known: detectors need not clip their boxes.
    """
    step = max(len(rows) // sample, 1) if sample else 1
    is_gt = isinstance(records.columns, GroundTruth)
    find = partial(
        _findings,
        records,
        others=others,
        masks=masks,
        boxes=boxes,
        only_explained=bool(sample) and not is_gt,
    )
    with np.errstate(all="ignore"):  # coordinates may be of any size
        found = list(find(rows[::step]))
        if found and step > 1:
            found = list(find(rows))
    yield from found


def disagreement(
    preds: Records[Predictions],
    truth: Records[GroundTruth],
    rows: NDArray[np.int64],
    objects: NDArray[np.int64],
    *,
    masks: bool,
    categories: bool = True,
) -> Iterator[Finding]:
    """Why predictions fit few objects: categories or coordinates that mean something else.

    Args:
        preds: the predictions.
        truth: the annotations.
        rows: rows of the predictions, with sound masks, increasing.
        objects: rows of the annotations, with sound masks, increasing.
        masks: compare the masks, not the boxes.
        categories: look at the categories.
    """
    where = partial(located, preds, rows, masks=masks)
    where_objects = partial(located, truth, objects, masks=masks)
    images = np.intersect1d(preds.columns.image_id[rows], truth.columns.image_id[objects])
    if not len(images):
        return
    near_by, images = images[:NEAR_BY], images[:: max(len(images) // IMAGES, 1)]
    found: list[Finding] = []
    with np.errstate(all="ignore"):  # coordinates may be of any size
        if categories:
            found += mapped_categories(preds, truth, where, where_objects, images)
        for records, own, other in (
            (preds, where(images), where_objects),
            (truth, where_objects(images), where),
        ):
            if masks and not found:
                found += misread_masks(records, own, other)
                form = records.segmentations.format[own.rows]
                own = own.take(np.flatnonzero(form == Format.POLYGON))
            if not found:
                found += misread(records, own, other, are_boxes=not masks)
        if not found:
            found += of_other_images(preds, where(near_by[:FIRST]), where_objects, near_by)
        if not found:
            both = where(images), where_objects(images)
            found += partly_misread(
                preds, both[0], truth, both[1], masks=masks, categories=categories
            )
    yield from found


def score_order(
    preds: Records[Predictions],
    truth: Records[GroundTruth],
    rows: NDArray[np.int64],
    objects: NDArray[np.int64],
    *,
    masks: bool,
) -> Iterator[Finding]:
    """Scores that are inverted, judged in some images.

    Args as in `disagreement`.
    """
    images = np.intersect1d(preds.columns.image_id[rows], truth.columns.image_id[objects])
    images = images[:: max(len(images) // IMAGES, 1)]
    with np.errstate(all="ignore"):  # coordinates may be of any size
        found, there = (
            located(records, chosen, images, masks=masks)
            for records, chosen in ((preds, rows), (truth, objects))
        )
        fits = fits_of(preds, truth, found, there)
        right = np.isin(found.rows, fits.row[fits.pred == fits.gt])
        yield from inverted_scores(preds, preds.columns.score[found.rows], right)


def located(
    records: AnyRecords,
    rows: NDArray[np.int64],
    images: NDArray[np.int64],
    *,
    masks: bool = True,
) -> Located:
    """Where the records in some images are: by their masks, or else by their boxes.

    Args:
        records: records of one file.
        rows: rows to look at, with sound masks, increasing.
        images: ids of the images.
        masks: whether to look at masks.
    """
    rows = rows[np.isin(records.columns.image_id[rows], images)]
    boxes = records.columns.boxes[rows].copy()
    if masks:
        shapes = shapes_of(records, rows)
        boxes[np.searchsorted(rows, shapes.rows)] = mask_boxes(shapes)
    known = np.isfinite(boxes).all(axis=1)
    rows = rows[known]
    return Located(
        records.columns.source,
        rows,
        records.columns.image_id[rows],
        boxes[known],
        records.sizes_of(rows),
    )


def _findings(
    records: AnyRecords,
    rows: NDArray[np.int64],
    *,
    others: Others,
    masks: bool,
    boxes: bool,
    only_explained: bool,
) -> Iterator[Finding]:
    """All findings about some rows."""
    shapes = shapes_of(records, rows) if masks else None
    found = [] if shapes is None else list(polygons_outside(records, shapes, others))
    if boxes and not found:  # the boxes of polygons leave the image with them
        found += boxes_outside(records, rows, others, only_explained=only_explained)
    yield from found
    if shapes is not None:
        yield from filled_holes(records, shapes)
        yield from masks_beside_boxes(records, shapes)
        if isinstance(records.columns, GroundTruth):
            yield from areas_beside_masks(records, inside(records, shapes))
