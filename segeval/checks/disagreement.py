"""Why predictions fit few objects: two files that mean different things, every check in order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from segeval.checks.category_mapping import fits_of, mapped_categories
from segeval.checks.mask_and_box import mask_boxes
from segeval.checks.other_images import of_other_images
from segeval.checks.other_masks import misread_masks
from segeval.checks.other_readings import IMAGES, Located, misread
from segeval.checks.partly_misread import partly_misread
from segeval.checks.records import AnyRecords, Records
from segeval.checks.whole_scores import ScoreTable, inverted_scores
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.segmentations import Format
from segeval.findings import Finding

FIRST = 16
"""Images whose predictions are compared with the objects of others."""

NEAR_BY = 128
"""Images whose objects are compared with the predictions of others."""


def disagreement(
    preds: Records[Predictions],
    truth: Records[GroundTruth],
    rows: NDArray[np.int64],
    objects: NDArray[np.int64],
    *,
    masks: bool,
    categories: bool = True,
    annotated: NDArray[np.int64] | None = None,
) -> Iterator[Finding]:
    """Why predictions fit few objects: categories or coordinates that mean something else.

    Args:
        preds: the predictions.
        truth: the annotations.
        rows: rows of the predictions, with sound masks, increasing.
        objects: rows of the annotations, with sound masks, increasing.
        masks: compare the masks, not the boxes.
        categories: look at the categories.
        annotated: as in `mapped_categories`.
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
            found += mapped_categories(preds, truth, where, where_objects, images, annotated)
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
        table = ScoreTable.of(preds.columns.score[found.rows], right)
        yield from inverted_scores(preds.columns.source, table)


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
        shapes = records.shapes_of(rows)
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
