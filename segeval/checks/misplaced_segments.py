"""Panoptic pictures that fit when they are mirrored, or fit those of other images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

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
    where: Callable[[], Iterable[str]], objects: int, found: int, source: str
) -> Iterator[Finding]:
    """Predictions whose pictures agree with the ground truth only mirrored, or for other images.

    Args:
        where: what `where_segments_fit` says; asked only if few segments are found.
        objects: segments of the ground truth that are no crowd regions.
        found: those that a prediction of their category fits.
        source: name of the predictions.
    """
    if not objects or found >= LOW * objects:
        return
    for message in where():
        yield Finding(
            "warn",
            "pictures",
            message,
            count=objects - found,
            path=source,
            hint="Were the pictures turned, or the ids of images exchanged?",
            code=MISPLACED,
            error=MismatchError,
        )


def where_segments_fit(preds: PanopticSegments, gt: PanopticSegments) -> Iterator[str]:
    """Where predictions of some images fit better than where they are.

    Args:
        preds: the predictions, with their folder.
        gt: the ground truth, with its folder.
    """
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
    yield from where_they_fit(maps, evaluated, names)


def _categories(segments: PanopticSegments, picture: MappedPicture) -> NDArray[np.int64]:
    """The category of every pixel, int64, shape (H, W)."""
    listed = segments.category_id[picture.rows]
    labels: NDArray[np.int64] = np.array([NOTHING, *listed, NOTHING, NOTHING], np.int64)
    return labels[picture.map.places]
