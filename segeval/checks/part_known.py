"""Predictions for more images than ground truth has: what its images decide goes for the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.checks.known_ids import require_known_ids
from segeval.checks.other_images import BETTER, GOOD, of_other_images
from segeval.checks.other_readings import Located, overlap
from segeval.checks.predictions import unknown_images
from segeval.checks.records import AnyRecords, Records
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.geometry import corners
from segeval.data.ids import distinct, index_of
from segeval.data.image_subsets import predictions_within
from segeval.data.keys import Key, written
from segeval.data.kinds_of_ids import paired
from segeval.data.segmentations import Format
from segeval.errors import Note
from segeval.findings import raise_first
from segeval.words import SHIFTS, counted, off_by_one

LOOKED_AT = 16
"""Images whose predictions are compared with objects."""

NEAR_BY = 128
"""Images whose objects the predictions of others are compared with."""


def known_part(preds: Predictions, gt: GroundTruth) -> Predictions:
    """The predictions for the images of a ground truth, which may be fewer than all.

    Args:
        preds: predictions.
        gt: ground truth.

    Returns:
        The predictions themselves where it has all their images.

    Raises:
        MismatchError: for predictions of none of its images, or whose ids are those of other
            images, as their places show.
    """
    own, truth = paired(preds, gt)
    images = distinct(own.image_id)
    known = index_of(images, distinct(truth.images.id)) >= 0
    if known.all():
        return preds
    if not known.any():
        require_known_ids(preds, gt)
    _refuse_other_ids(own, truth, images[known])
    return predictions_within(preds, gt)


def others_note(
    models: Sequence[Predictions],
    fit: GroundTruth | None,
    gt: GroundTruth | None,
    *,
    done: str = "merged",
) -> Iterator[Note]:
    """Says how many images have predictions and no ground truth, and what becomes of them.

    Args:
        models: predictions of one or more models.
        fit: ground truth that decides.
        gt: ground truth that judges; None if that is `fit` as well.
        done: what is done to the predictions.
    """
    truths = [each for each in (fit, gt) if each is not None]
    ids = set[Key]().union(*(each.images.written_ids for each in truths))
    found = {
        key for each in models for key in written(distinct(each.image_id), each.image_keys)
    } - ids  # fmt: skip
    if not found or not truths:
        return
    names = [Path(each.source).name for each in truths]
    lacks = f"not in {names[0]}" if len(names) == 1 else f"in neither {names[0]} nor {names[1]}"
    is_one = len(found) == 1
    how = "like the others"
    if fit is not None:
        deciding = counted(len(fit.images), "image")
        verb = "decides" if len(fit.images) == 1 else "decide"
        whose = f"its {deciding}" if len(names) == 1 else f"the {deciding} of {names[0]}"
        how = f"with what {whose} {verb}"
    yield Note(
        "no-ground-truth",
        f"{counted(len(found), 'image is', 'images are')} {lacks}: "
        f"{'it is' if is_one else 'they are'} {done} {how}, and {'does' if is_one else 'do'} not "
        "count in the gain",
        len(found),
        None,
    )


def _refuse_other_ids(preds: Predictions, gt: GroundTruth, known: NDArray[np.int64]) -> None:
    """Refuse ids that are those of other images: places tell, compared in a few images.

    Args:
        preds: predictions, whose ids have the numbers of the ground truth's.
        gt: ground truth.
        known: ids of the images that both have, ascending.

    Raises:
        MismatchError: if most predictions lie where another image has its objects.
    """
    records, objects = Records(preds, gt), Records(gt, gt)
    chosen = known[:: max(len(known) // LOOKED_AT, 1)][:LOOKED_AT]
    every = np.sort(gt.images.id)
    with np.errstate(all="ignore"):  # coordinates may be of any size
        own = _located(records, chosen)
        fits = overlap(own, _located(objects, chosen))
        for shift in SHIFTS if preds.image_keys is None else ():
            moved = replace(own, image_id=own.image_id + shift)
            if overlap(moved, _located(objects, chosen + shift)) >= max(GOOD, fits + BETTER):
                hint = off_by_one(shift)
                raise_first(
                    replace(each, hint=hint, option=None) for each in unknown_images(records)
                )
        place = index_of(chosen, every).astype(np.int64)
        beside = [place - 1, place + 1]  # in the list of ground truth
        if preds.image_keys is None:
            beside += [chosen, chosen - 1]  # an id may be a position in it
        near = np.concatenate([every[np.clip(each, 0, len(every) - 1)] for each in beside])
        near = distinct(np.concatenate([near, every[:NEAR_BY]]))
        raise_first(of_other_images(records, own, lambda images: _located(objects, images), near))


def _located(records: AnyRecords, images: NDArray[np.int64]) -> Located:
    """Where the records in some images are, of those that say so without drawing."""
    columns = records.columns
    rows = np.flatnonzero(index_of(columns.image_id, distinct(images)) >= 0)
    if isinstance(columns, Predictions):
        form = columns.segmentations.format[rows]
        rows = rows[(form == Format.STRING) | (form == Format.COUNTS) | columns.has_box[rows]]
        boxes = corners(columns, rows)
        boxes[:, 2:] -= boxes[:, :2]
    else:
        boxes = columns.boxes[rows]
    sound = np.isfinite(boxes).all(axis=1)
    rows = rows[sound]
    return Located(
        columns.source, rows, columns.image_id[rows], boxes[sound],
        np.full((len(rows), 2), -1, np.int32),
    )  # fmt: skip
