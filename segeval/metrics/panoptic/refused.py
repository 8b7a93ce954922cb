"""Panoptic files that do not belong together."""

from __future__ import annotations

import numpy as np

from segeval.data.panoptic.read import PanopticSegments
from segeval.data.panoptic.wrong_ids import unknown_categories
from segeval.errors import MismatchError
from segeval.findings import raise_first, refusal
from segeval.words import ids_hint


def check_pair(preds: PanopticSegments, gt: PanopticSegments) -> None:
    """Refuse files that do not belong together, before any picture is read.

    Raises:
        FormatError: if the ground truth has no categories or does not say which are things, or if
            one of its segments has a category that it does not list.
        MismatchError: if an image has no prediction, or a predicted segment a category that the
            ground truth does not list.
    """
    _require_ground_truth(preds, gt)
    raise_first(unknown_categories(gt))
    _require_every_image(preds, gt)
    raise_first(unknown_categories(preds, gt))


def _require_ground_truth(preds: PanopticSegments, gt: PanopticSegments) -> None:
    """Refuse predictions in the place of ground truth, and ground truth without its categories."""
    lacks_areas = len(gt.id) > 0 and bool(np.isnan(gt.area).all())
    has_areas = len(preds.id) > 0 and not np.isnan(preds.area).any()
    if len(preds.categories) and has_areas and (lacks_areas or not len(gt.categories)):
        lacks = "areas" if len(gt.categories) else "categories"
        raise refusal(
            gt.source,
            f"its segments have no {lacks}, as in predictions, but {preds.source} has them",
            code="swapped",
            hint="Predictions come first: segeval pq preds.json gt.json",
        )
    if not len(gt.categories):
        raise refusal(
            gt.source,
            "has no categories, expected a list of {id, name, isthing}",
            code="no-categories",
            field="categories",
        )
    if gt.is_thing is None:
        raise refusal(
            gt.source,
            "a category has no isthing, expected 1 for things and 0 for stuff",
            code="no-isthing",
            field="isthing",
            hint="This looks like categories of instances.",
        )


def _require_every_image(preds: PanopticSegments, gt: PanopticSegments) -> None:
    """Refuse ground truth with an image that has no prediction."""
    missing = gt.image_id[~np.isin(gt.image_id, preds.image_id)]
    if len(missing):
        hint = ids_hint(preds.image_id, gt.image_id)
        advice = "Every image needs one; of an image without segments it has no segments_info."
        raise refusal(
            preds.source,
            f"has no prediction for image_id {missing[0]} of {gt.source}",
            code="missing-image",
            count=len(missing),
            field="image_id",
            hint=f"{advice} {hint}".rstrip(),
            error=MismatchError,
        )
