"""Mistakes in the JSON of panoptic files that do not belong together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.wrong_ids import unknown_categories
from segeval.errors import MismatchError
from segeval.findings import Finding
from segeval.words import ids_hint, more_like_it


def mistakes_of_pair(preds: PanopticSegments, gt: PanopticSegments) -> Iterator[Finding]:
    """Mistakes of the ground truth, and of files that do not belong together.

    Repeated ids are left to the reader, which refuses them.
    """
    yield from swapped(preds, gt)
    yield from no_categories(gt)
    if len(gt.categories):
        yield from unknown_categories(gt)
    yield from missing_images(preds, gt)
    if len(gt.categories):
        yield from unknown_categories(preds, gt)


def swapped(preds: PanopticSegments, gt: PanopticSegments) -> Iterator[Finding]:
    """Predictions in the place of ground truth."""
    lacks_areas = len(gt.id) > 0 and bool(np.isnan(gt.area).all())
    has_areas = len(preds.id) > 0 and not np.isnan(preds.area).any()
    if len(preds.categories) and has_areas and (lacks_areas or not len(gt.categories)):
        lacks = "areas" if len(gt.categories) else "categories"
        yield Finding(
            "error",
            "swapped",
            f"its segments have no {lacks}, as in predictions, but {preds.source} has them",
            count=1,
            path=gt.source,
            hint="Predictions come first: `panoptic_quality('preds.json', 'gt.json')`",
            code="swapped",
        )


def no_categories(gt: PanopticSegments) -> Iterator[Finding]:
    """Ground truth without categories, or with categories that lack `isthing`."""
    if not len(gt.categories):
        yield Finding(
            "error",
            "categories",
            "has no categories, expected a list of {id, name, isthing}",
            count=1,
            path=gt.source,
            code="no-categories",
            field="categories",
        )
    elif gt.is_thing is None:
        yield Finding(
            "error",
            "categories",
            "a category has no isthing, expected 1 for things and 0 for stuff",
            count=1,
            path=gt.source,
            hint="This looks like categories of instances.",
            code="no-isthing",
            field="isthing",
        )


def missing_images(preds: PanopticSegments, gt: PanopticSegments) -> Iterator[Finding]:
    """Images of the ground truth that have no prediction."""
    missing = gt.image_id[~np.isin(gt.image_id, preds.image_id)]
    if len(missing):
        advice = "Every image needs one; without segments its segments_info is empty."
        yield Finding(
            "error",
            "image ids",
            f"has no prediction for image_id {missing[0]} of {gt.source}."
            f"{more_like_it(len(missing))}",
            count=len(missing),
            path=preds.source,
            hint=f"{advice} {ids_hint(preds.image_id, gt.image_id)}".rstrip(),
            code="missing-image",
            field="image_id",
            error=MismatchError,
        )
