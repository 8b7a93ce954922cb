"""Panoptic pictures that fit when they are mirrored, or fit those of other images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.checks.misplaced_pictures import LOOKED_AT, MISPLACED, where_they_fit
from segeval.data.ids import rows_of
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.pictures import MappedPicture, read_pictures
from segeval.errors import MismatchError
from segeval.findings import Finding

LOW = 0.3
"""A cause is looked for where a smaller share of the segments is found."""

NOTHING = -1
"""Label of pixels without a category."""


def misplaced_segments(
    preds: PanopticSegments, gt: PanopticSegments, found: int
) -> Iterator[Finding]:
    """Predictions whose pictures agree with the ground truth only mirrored, or for other images.

    Args:
        preds: the predictions, with their folder.
        gt: the ground truth, with its folder.
        found: segments of the ground truth that a prediction of their category fits.
    """
    segments = int((~gt.is_crowd).sum())
    if not segments or found >= LOW * segments:
        return
    places = rows_of(gt.image_id, preds.image_id)
    images = np.flatnonzero(places >= 0)
    images = images[:: max(len(images) // LOOKED_AT, 1)][:LOOKED_AT]
    maps, evaluated, names = [], [], []
    for image in images.tolist():
        pred = int(places[image])
        pair = read_pictures(preds, pred, gt, image)
        truth = _categories(gt, pair.gt)
        maps.append((_categories(preds, pair.preds), truth))
        evaluated.append(truth != NOTHING)
        shown = gt.shown_image(image)
        names.append((f"that of image {shown}", f"image {shown}"))
    for message in where_they_fit(maps, evaluated, names):
        yield Finding(
            "warn",
            "pictures",
            message,
            count=segments - found,
            path=preds.source,
            hint="Were the pictures turned, or the ids of images exchanged?",
            code=MISPLACED,
            error=MismatchError,
        )


def _categories(segments: PanopticSegments, picture: MappedPicture) -> NDArray[np.int64]:
    """The category of every pixel, int64, shape (H, W)."""
    listed = segments.category_id[picture.rows]
    labels: NDArray[np.int64] = np.array([NOTHING, *listed, NOTHING, NOTHING], np.int64)
    return labels[picture.map.places]
