"""Kernels: what lies inside of something larger, object by object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.masks.overlap import overlap_of_pair

Outlines = tuple[
    NDArray[np.float64], NDArray[np.float64], bool, NDArray[np.uint32], NDArray[np.int64]
]
"""Boxes x0, y0, x1, y1 (N, 4), areas (N,), whether masks are compared, their runs, and where each
mask's begin (N + 1,)."""


@kernel
def surrounds(outer: int, inner: int, outlines: Outlines, share: float) -> bool:
    """Whether a larger object holds at least a share of another one's area.

    Boxes are those of the masks if masks are compared, which then are of one size.
    """
    boxes, areas, by_mask, counts, offsets = outlines
    if not areas[outer] > areas[inner] > 0.0:
        return False
    width = min(boxes[outer, 2], boxes[inner, 2]) - max(boxes[outer, 0], boxes[inner, 0])
    height = min(boxes[outer, 3], boxes[inner, 3]) - max(boxes[outer, 1], boxes[inner, 1])
    if not (width > 0.0 and height > 0.0):
        return False
    common = width * height
    if common / areas[inner] < share:
        return False
    if not by_mask:
        return True
    pixels, _ = overlap_of_pair(
        counts[offsets[outer] : offsets[outer + 1]], counts[offsets[inner] : offsets[inner + 1]]
    )
    return bool(pixels / areas[inner] >= share)


@kernel
def count_surrounded(
    outer: NDArray[np.int64],
    inner: NDArray[np.int64],
    edges: NDArray[np.int64],
    outlines: Outlines,
    share: float,
    taken: NDArray[np.bool_],
    inside: NDArray[np.int64],
    around: NDArray[np.int64],
) -> None:
    """Fill, for P pairs of cells, how many objects are inside one of the outer cell, and around.

    Cell t has the objects edges[t]:edges[t + 1]. `inside` (P,) counts objects of the inner cell,
    `around` (P,) those of the outer one that hold an object of the inner cell. `taken` is scratch
    space for the objects of the largest cell.

    Assumes cells inside the edges, which rise inside the columns, made by `contents_of`; and masks
    of one size, canonical and sound, in both cells of a pair, proven by `outlines_of`.
    """
    for pair in range(outer.size):
        first, last = edges[outer[pair]], edges[outer[pair] + 1]
        begin, end = edges[inner[pair]], edges[inner[pair] + 1]
        for small in range(end - begin):
            taken[small] = False
        for large in range(first, last):
            holds = 0
            for small in range(begin, end):
                if surrounds(large, small, outlines, share):
                    holds = 1
                    taken[small - begin] = True
            around[pair] += holds
        for small in range(end - begin):
            inside[pair] += taken[small]


@kernel
def strongest_around(
    offsets: NDArray[np.int64],
    category: NDArray[np.int64],
    score: NDArray[np.float64],
    outlines: Outlines,
    weight: NDArray[np.float64],
    share: float,
    found: NDArray[np.float64],
) -> None:
    """Fill found (N,) with the highest score times weight of what surrounds each prediction.

    Image i has the predictions offsets[i]:offsets[i + 1]. weight[a, b] is that of a prediction of
    category a around one of b, 0 where it says nothing. -1 stays where nothing surrounds.

    Assumes offsets that rise inside the columns and categories below the sides of `weight`, made by
    `Placed`; and masks of one size in an image, canonical and sound, proven by `outlines_of`.
    """
    for image in range(offsets.size - 1):
        first, last = offsets[image], offsets[image + 1]
        for small in range(first, last):
            for large in range(first, last):
                own = weight[category[large], category[small]]
                if own <= 0.0 or score[large] * own <= found[small]:
                    continue
                if surrounds(large, small, outlines, share):
                    found[small] = score[large] * own
