"""Masks as polygons without holes, as files of COCO want them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.masks.run_lengths import RunLengths
from segeval.masks.tracing import outlines

Ring = list[tuple[int, int]]
"""Corners x, y in pixels; the last one is joined to the first."""


def keyhole_polygons(masks: RunLengths) -> list[list[NDArray[np.int64]]]:
    """Every mask as polygons that together are exactly the mask, the largest first.

    A COCO file says what is inside of an object, never what is a hole in it. So the ring of a hole
    becomes a part of the ring around it: a line goes from that ring along the edges of pixels to
    the hole, around it, and back the same way. Drawn by pycocotools, the polygons give the mask.

    Args:
        masks: N masks of any sizes.

    Returns:
        Corners (x, y) in pixels of the polygons of each mask, int64, shape (P, 2) each; none for a
        mask without pixels.

    Raises:
        FormatError: if the runs of a mask are not H x W pixels, or all masks together have more
            corners than the limit `outline_corners`.

    Example:
        >>> from segeval.masks import encode
        >>> [[ring]] = keyhole_polygons(encode([[[1, 1, 1], [1, 0, 1], [1, 1, 1]]]))
        >>> [tuple(corner) for corner in ring.tolist()]  # doctest: +NORMALIZE_WHITESPACE
        [(0, 0), (3, 0), (3, 3), (0, 3), (0, 1), (1, 1), (1, 2), (2, 2), (2, 1), (1, 1), (0, 1)]
    """
    traced = outlines(masks)
    found = []
    for row in range(len(masks)):
        rings = [[(x, y) for x, y in ring.tolist()] for ring in traced.rings(row)]
        outer = [ring for ring in rings if _twice_the_area(ring) > 0]
        sizes = {id(ring): _twice_the_area(ring) for ring in outer}
        for hole in rings:  # by their leftmost corner: what is left of a hole is joined already
            if _twice_the_area(hole) < 0:
                _join(outer, hole)
        outer.sort(key=lambda ring: -sizes[id(ring)])
        found.append([np.array(ring, np.int64) for ring in outer])
    return found


def _twice_the_area(ring: Ring) -> int:
    """Twice the area inside of a ring, negative for a hole."""
    ends = [*ring[1:], ring[0]]
    return sum(a * d - c * b for (a, b), (c, d) in zip(ring, ends, strict=True))


def _join(outer: Sequence[Ring], hole: Ring) -> None:
    """Make a hole a part of the ring on its left, of the same mask.

    From its first corner, the topmost of its leftmost ones, the mask reaches to the left on both
    sides of the line until the first edge there, which is one of the ring around the hole.
    """
    left, top = hole[0]
    met = [
        (x, -number, -place)
        for number, ring in enumerate(outer)
        for place, (x, y) in enumerate(ring)
        for end in [ring[(place + 1) % len(ring)]]
        if x == end[0] < left and min(y, end[1]) <= top <= max(y, end[1])
    ]
    x, number, place = max(met)
    ring, first = outer[-number], -place
    corner, after = (x, top), ring[(first + 1) % len(ring)]
    bridge = [corner, *hole, hole[0], corner]
    ring[first + 1 : first + 1] = bridge[ring[first] == corner : len(bridge) - (after == corner)]
