"""The boundaries of all segments of one image at once.

A pixel is inside if the block of 2d + 1 pixels around it is all of one segment and in the image
(Cheng et al. 2021, Boundary IoU: erosion by that block). Along a row that is so d pixels from both
ends of a run; such pixels, d from both ends of a run of a column, are inside. Two passes over the
map, however wide the boundary and however many the segments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segeval.masks.jit import kernel
from segeval.metrics.panoptic.overlaps import SegmentMap


@dataclass(frozen=True, eq=False)
class Boundaries:
    """The boundaries of the segments of one image.

    Attributes:
        map: the boundaries only; void is as it was.
        collided: place of a segment whose pixels on the map are more than its boundary, 0 if none.
        collided_pixels: of the boundary that counts for it.
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
    places = boundary_places(segments.places, width, segments.inside)
    return Boundaries(replace(segments, places=places))


def collided_boundaries(
    segments: SegmentMap, width: int, order: NDArray[np.int64], marker: int
) -> Boundaries:
    """What the official tool takes for boundaries where a segment has the id that it marks with.

    The tool goes through the segments in the order of the file and overwrites what is not boundary
    with one more than the largest category id. If that is the id of a segment, the inside of all
    segments before is added to this one before its boundary is taken, and that of the others after.

    Args:
        segments: S segments of an image.
        width: in pixels, at least 1.
        order: index of the S segments in the order of the file, int64, shape (S,).
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
    # the insides of ids that are not listed are never overwritten
    merged = np.where(is_marked | (is_inside & (places <= len(order))), place, sound.map.places)
    return Boundaries(replace(segments, places=merged.astype(np.int32)), place, pixels)


@kernel
def boundary_places(places: NDArray[np.int32], width: int, inside: int) -> NDArray[np.int32]:
    """A map (H, W) with `inside` where the block around a pixel is of one place; 0 stays."""
    height, breadth = places.shape
    found = places.copy()
    # Rows down to here, of one place each, whose pixel is `width` from both ends of its run: (W,)
    rows = np.zeros(breadth, np.int64)
    for y in range(height):
        start = 0
        while start < breadth:
            place = places[y, start]
            stop = start + 1
            while stop < breadth and places[y, stop] == place:
                stop += 1
            first = start + width
            last = stop - width  # one behind
            if place == 0 or first >= last:
                first = last = stop
            for x in range(start, first):
                rows[x] = 0
            for x in range(first, last):
                rows[x] = rows[x] + 1 if rows[x] > 0 and places[y - 1, x] == place else 1
                if rows[x] > 2 * width:
                    found[y - width, x] = inside
            for x in range(last, stop):
                rows[x] = 0
            start = stop
    return found
