"""Predictions that fit the objects of another image than their own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.box_geometry import Boxes, best_ious
from segeval.checks.other_readings import Located, Others
from segeval.checks.records import AnyRecords
from segeval.data.keys import shown_id
from segeval.errors import MismatchError
from segeval.findings import Finding
from segeval.words import counted

IMAGES = 16
"""Images whose predictions are compared."""

LEAST = 3
"""Least objects and predictions of an image that do not fit by chance."""

MOST = 64
"""Records of an image that are compared."""

GOOD = 0.6
"""Least mean IoU at which predictions fit an image."""

BETTER = 0.3
"""How much larger it must be than that in their own image."""


def of_other_images(
    records: AnyRecords, own: Located, others: Others, images: NDArray[np.int64]
) -> Iterator[Finding]:
    """A finding if most predictions lie where the objects of another image are.

    Args:
        records: the predictions.
        own: where those of some images are.
        others: finds the objects of images.
        images: ids of the images whose objects they may be.
    """
    mine = _by_image(own)
    near = others(np.array(list(mine), np.int64))
    objects = {} if near is None else _by_image(near)
    chosen = [image for image in mine if image in objects][:IMAGES]
    fitting = [image for image in chosen if _fit(mine[image], objects[image]) > GOOD - BETTER]
    if not chosen or 2 * len(fitting) >= len(chosen):
        return
    other = others(images)
    objects |= {} if other is None else _by_image(other)
    pairs = []
    for image in chosen:
        fits = {each: _fit(mine[image], boxes) for each, boxes in objects.items()}
        best = max(fits, key=lambda each: fits[each])
        if best != image and fits[best] >= max(GOOD, fits[image] + BETTER):
            pairs.append((image, best))
    if 2 * len(pairs) <= len(chosen) or len({best for _, best in pairs}) < len(pairs):
        return
    keys = records.columns.image_keys
    image, best = pairs[0]
    yield records.finding(
        "warn",
        "image ids",
        f"predictions of {len(pairs):,} of {counted(len(chosen), 'image')} looked at fit the "
        f"objects of other images, those of image {shown_id(image, keys)} the objects of image "
        f"{shown_id(best, keys)}",
        code="other-images",
        rows=own.rows,
        hint="Were the images in another order when ids were given?",
        field="image_id",
        error=MismatchError,
    )


def _by_image(records: Located) -> dict[int, Boxes]:
    """The boxes of each image that has enough of them."""
    images, counts = np.unique(records.image_id, return_counts=True)
    return {
        image: records.boxes[records.image_id == image][:MOST]
        for image in images[counts >= LEAST].tolist()
    }


def _fit(boxes: Boxes, others: Boxes) -> float:
    """Mean best IoU over the shorter list of boxes."""
    return float(best_ious(boxes, others).mean())
