"""Panoptic files that do not belong together."""

from __future__ import annotations

import numpy as np

from segeval.data.panoptic.read import PanopticSegments
from segeval.errors import FormatError, MismatchError
from segeval.words import ids_hint, more_like_it


def check_pair(preds: PanopticSegments, gt: PanopticSegments) -> None:
    """Refuse files that do not belong together, before any picture is read.

    Raises:
        FormatError: if the ground truth has no categories, or does not say which are things.
        MismatchError: if an image has no prediction, or a segment a category that does not exist.
    """
    _require_ground_truth(preds, gt)
    _require_known_categories(gt, gt)
    _require_every_image(preds, gt)
    _require_known_categories(preds, gt)


def _require_ground_truth(preds: PanopticSegments, gt: PanopticSegments) -> None:
    """Refuse predictions in the place of ground truth, and ground truth without its categories."""
    lacks_areas = len(gt.id) > 0 and bool(np.isnan(gt.area).all())
    has_areas = len(preds.id) > 0 and not np.isnan(preds.area).any()
    if len(preds.categories) and has_areas and (lacks_areas or not len(gt.categories)):
        lacks = "areas" if len(gt.categories) else "categories"
        raise FormatError(
            f"{gt.source}: its segments have no {lacks}, as in predictions, but {preds.source} has "
            "them. Predictions come first: segeval pq preds.json gt.json",
            code="swapped",
            path=gt.source,
        )
    if not len(gt.categories):
        raise FormatError(
            f"{gt.source}: has no categories, expected a list of {{id, name, isthing}}.",
            code="no-categories",
            path=gt.source,
            field="categories",
        )
    if gt.is_thing is None:
        raise FormatError(
            f"{gt.source}: a category has no isthing, expected 1 for things and 0 for stuff. "
            "This looks like categories of instances.",
            code="no-isthing",
            path=gt.source,
            field="isthing",
        )


def _require_known_categories(segments: PanopticSegments, gt: PanopticSegments) -> None:
    """Refuse segments of a category that the ground truth does not list."""
    used = segments.category_id
    if segments is not gt:  # images that are not judged may say what they want
        judged = np.isin(segments.image_id, gt.image_id)
        used = used[np.repeat(judged, np.diff(segments.offsets))]
    unknown = ~np.isin(segments.category_id, gt.categories.id)
    unknown &= np.isin(segments.category_id, used)
    if unknown.any():
        first = int(np.flatnonzero(unknown)[0])
        hint = ids_hint(used, gt.categories.id)
        raise MismatchError(
            f"{segments.describe(first)}: category_id {segments.category_id[first]} is not in the "
            f"categories of {gt.source}.{more_like_it(int(unknown.sum()))}"
            f"{' ' if hint else ''}{hint}",
            code="unknown-category",
            path=segments.source,
            field="category_id",
            count=int(unknown.sum()),
        )


def _require_every_image(preds: PanopticSegments, gt: PanopticSegments) -> None:
    """Refuse ground truth with an image that has no prediction."""
    missing = gt.image_id[~np.isin(gt.image_id, preds.image_id)]
    if len(missing):
        hint = ids_hint(preds.image_id, gt.image_id)
        raise MismatchError(
            f"{preds.source}: has no prediction for image_id {missing[0]} of {gt.source}."
            f"{more_like_it(len(missing))} Every image needs one; of an image without segments it "
            f"has no segments_info.{' ' if hint else ''}{hint}",
            code="missing-image",
            path=preds.source,
            field="image_id",
            count=len(missing),
        )
