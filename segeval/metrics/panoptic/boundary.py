"""The boundaries of all segments of one image at once.

A pixel is inside if the block of 2d + 1 pixels around it is all of one segment and in the image
(Cheng et al. 2021, Boundary IoU: erosion by that block).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.data.panoptic.shared_pixels import SegmentMap
from segeval.frozen import frozen
from segeval.masks.labels import inside_labels


@frozen(eq=False)
class Boundaries:
    """The boundaries of the segments of one image.

    Attributes:
        map: the boundaries only; void is as it was.
        collided: place of a segment with more pixels on the map than its boundary has, 0 if none.
        collided_pixels: pixels of the boundary that counts for it.
    """

    map: SegmentMap
    collided: int = 0
    collided_pixels: int = 0


def boundaries(segments: SegmentMap, width: int) -> Boundaries:
    """The boundary of every segment: its pixels within `width` of another one or of the border.

    Args:
        segments: S segments of an image.
        width: Chebyshev distance in pixels, at least 1.

    Source:
        boundary-iou-api 37d2558, coco_panoptic_api, on images without its collision of ids.
    """
    is_inside = inside_labels(segments.places, width).view(bool) & (segments.places != 0)
    places = np.where(is_inside, np.int32(segments.inside), segments.places)
    return Boundaries(replace(segments, places=places))


def collided_boundaries(
    segments: SegmentMap, width: int, order: NDArray[np.int64], marker: int
) -> Boundaries:
    """The official tool's boundaries if a segment has the id that the tool marks insides with.

    The tool goes through the segments in file order and overwrites what is not boundary with one
    more than the largest category id. If a segment has that id, the insides of earlier segments
    join it before its boundary is taken, those of later ones after.

    Args:
        segments: S segments of an image.
        width: Chebyshev distance in pixels, at least 1.
        order: indices of the S segments in file order, int64, shape (S,).
        marker: the id that is written.

    Source:
        boundary-iou-api 37d2558, coco_panoptic_api/evaluation.py.
    """
    sound = boundaries(segments, width)
    found = np.flatnonzero(segments.ids == marker)
    if not len(found):
        return sound
    place = int(found[0]) + 1
    earlier = order[: int(np.flatnonzero(order == found[0])[0])] + 1
    places = segments.places
    is_marked = places == place
    is_inside = sound.map.places == segments.inside
    before = is_marked | (is_inside & np.isin(places, earlier))
    alone = SegmentMap(before.astype(np.int32), np.array([marker]))
    pixels = int((boundaries(alone, width).map.places == 1).sum())
    # the insides of unlisted ids are never overwritten
    merged = np.where(is_marked | (is_inside & (places <= len(order))), place, sound.map.places)
    return Boundaries(replace(segments, places=merged.astype(np.int32)), place, pixels)
