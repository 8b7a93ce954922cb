"""The bands around the boundaries of a true label map in which trimap mIoU is measured.

Every pixel's distance to the nearest boundary pixel is found once, for all widths: along columns
by counting up in both directions, along rows by the smallest sum within a window. The window is as
wide as the widest band, as greater distances do not matter. Distances are squared integers, so
comparisons with a width are exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError, ShapeError
from segeval.kernels.promise import kernel
from segeval.metrics.choices import check_choice

Metric = Literal["euclid", "chebyshev"]
METRICS = ("euclid", "chebyshev")

Void = Literal["ignore", "edge", "deeplab"]
VOIDS = ("ignore", "edge", "deeplab")
"""What void does at a boundary. `ignore`: only changes between two classes make boundary pixels.
`edge`: void is a label like any other. `deeplab`: void pixels are the boundary themselves, and a
pixel at exactly the width is inside."""

MOST_WIDTHS = 254

REACH_OF_SHORT = 180
"""Up to this distance, twice its successor's square fits in 16 bits."""


def band_index(
    gt_index: NDArray[np.unsignedinteger[Any]],
    classes: int,
    widths: Sequence[float],
    *,
    metric: Metric = "euclid",
    void: Void = "ignore",
) -> NDArray[np.uint8]:
    """The narrowest band around the boundaries of a label map that holds each pixel.

    A boundary pixel has a 4-neighbour of another class, so both sides of a change are marked; the
    border of the image is not a boundary. Its distance is 0, and a band of width w holds the pixels
    closer than w: width 1 is the boundary pixels alone.

    Args:
        gt_index: index of each pixel's class, `classes` or more for void, uint8 or uint16, shape
            (H, W).
        classes: number of classes.
        widths: widths of B bands in pixels, increasing, above 0; fractions are allowed.
        metric: how distances are measured.
        void: what void does at a boundary; see `VOIDS`.

    Returns:
        Index of the band, uint8, shape (H, W); B outside all bands and for void.

    Raises:
        InputError: if widths, metric or void are not as described.
        ShapeError: unless the map is one of unsigned integers with two axes.

    Source:
        Trimaps go back to Kohli et al. 2009 and Krähenbühl and Koltun 2011. There is no official
        tool; `deeplab` is the rule of Chen et al. 2018 (DeepLab), section 4.3.

    Example:
        >>> gt = np.array([[0, 0, 0, 1, 1, 1, 2]], np.uint8)
        >>> band_index(gt, 2, [1, 2])  # two classes: 2 is void
        array([[2, 1, 0, 0, 1, 2, 2]], dtype=uint8)
    """
    check_index(gt_index, classes=classes)
    _check(widths, metric, void)
    height, width = gt_index.shape
    limits = [_limit(each, metric, closed=void == "deeplab") for each in widths]
    # A distance that needs to be known exactly; one more means "farther than that".
    widest = limits[-1] - 1
    reach = min(math.isqrt(widest) if metric == "euclid" else widest, height + width)
    beyond = (reach + 1) ** 2 if metric == "euclid" else reach + 1
    short = reach <= REACH_OF_SHORT
    dtype = np.uint16 if short else np.int64
    return nearest_band(
        np.ascontiguousarray(gt_index),
        classes,
        np.minimum(np.array(limits, object), beyond).astype(dtype),
        reach,
        metric == "euclid",
        VOIDS.index(void),
        np.empty((height, width), np.uint8 if short else np.int64),
        np.empty(width + 2 * reach, dtype),
    )


def check_index(index: NDArray[Any], other: NDArray[Any] | None = None, *, classes: int) -> None:
    """Refuse arrays that are not label maps of unsigned integers, or differ in size.

    Args:
        index: label map of the ground truth.
        other: label map of the prediction, if there is one.
        classes: number of classes, which itself stands for void.

    Raises:
        InputError: for a number of classes that the maps cannot hold.
        ShapeError: for the first wrong map.
    """
    for each in (index, other):
        if each is None:
            continue
        if each.ndim != 2 or not each.size or each.dtype not in (np.uint8, np.uint16):
            raise ShapeError(
                f"the label map is {each.dtype} of shape {each.shape}, "
                "expected uint8 or uint16 of shape (H, W) with pixels.",
                code="label-map",
            )
    most = min(np.iinfo(each.dtype).max for each in (index, other) if each is not None)
    if not 1 <= classes <= most:
        raise InputError(
            f"`classes` is {classes}, expected 1 to {most}: more do not fit {index.dtype} labels.",
            code="classes",
            option="classes",
        )
    if other is not None and other.shape != index.shape:
        raise ShapeError(
            f"the prediction is {other.shape[0]} x {other.shape[1]} pixels, "
            f"the ground truth {index.shape[0]} x {index.shape[1]}; expected one size.",
            code="size-differs",
        )


def _check(widths: Sequence[float], metric: str, void: str) -> None:
    """Refuse settings that make no sense."""
    check_choice("metric", metric, METRICS)
    check_choice("void", void, VOIDS)
    listed = ", ".join(f"{width:g}" for width in widths)
    if not 1 <= len(widths) <= MOST_WIDTHS:
        raise InputError(
            f"{len(widths)} trimap widths, expected 1 to {MOST_WIDTHS}.", code="trimap"
        )
    if not all(0 < width < math.inf for width in widths):
        raise InputError(
            f"trimap widths {listed}: expected numbers of pixels above 0.", code="trimap"
        )
    if any(low >= high for low, high in pairwise(widths)):
        raise InputError(f"trimap widths {listed}: expected increasing ones.", code="trimap")


def _limit(width: float, metric: Metric, *, closed: bool) -> int:
    """The least distance outside a band, squared if Euclidean."""
    exact = Fraction(width) ** (2 if metric == "euclid" else 1)
    return math.floor(exact) + 1 if closed else math.ceil(exact)


@kernel
def nearest_band(
    gt: NDArray[np.unsignedinteger[Any]],
    classes: int,
    limits: NDArray[Any],
    reach: int,
    euclid: bool,  # noqa: FBT001 - kernels have positional arguments
    void: int,
    vertical: NDArray[Any],
    near: NDArray[Any],
) -> NDArray[np.uint8]:
    """Places of the bands (H, W) of a label map (H, W); see `band_index`.

    limits (B,) are the distances at which bands end. vertical (H, W) and near (W + 2 * reach,) are
    scratch space, near of the dtype of limits; distances beyond reach count as reach + 1.

    Assumes a map with pixels and classes that fit it, proven by `check_index`.
    """
    height, width = gt.shape
    number, label, step = limits.dtype.type, gt.dtype.type, vertical.dtype.type
    one, beyond = step(1), step(reach + 1)
    marks = np.empty(width, np.uint8)
    for y in range(height):
        mark_boundary(gt, y, label(classes), void, marks)
        row, above = vertical[y], vertical[max(y - 1, 0)]
        for x in range(width):
            far = step(above[x] + one) if y else beyond
            far = far if far < beyond else beyond
            row[x] = step(0) if marks[x] else far
    places = np.empty((height, width), np.uint8)
    best = np.empty(width, limits.dtype)
    for x in range(near.size):
        near[x] = (reach + 1) * (reach + 1) if euclid else reach + 1
    for y in range(height - 1, -1, -1):
        row, below = vertical[y], vertical[min(y + 1, height - 1)]
        least = beyond
        for x in range(width):
            far = step(below[x] + one)
            far = far if far < row[x] else row[x]
            row[x] = far
            least = least if least < far else far
        if least == beyond:
            for x in range(width):
                places[y, x] = limits.size
            continue
        middle = near[reach : reach + width]
        for x in range(width):
            far = number(row[x])
            middle[x] = number(far * far) if euclid else far
        search_row(near, reach, limits[limits.size - 1], euclid, least, best)
        for x in range(width):
            best[x] = best[x] if gt[y, x] < label(classes) else limits[limits.size - 1]
            places[y, x] = best[x] >= limits[0]
        for b in range(1, limits.size):
            limit = limits[b]
            for x in range(width):
                places[y, x] += np.uint8(best[x] >= limit)
    return places


@kernel
def search_row(
    near: NDArray[Any],
    reach: int,
    limit: Any,
    euclid: bool,  # noqa: FBT001
    least: Any,
    best: NDArray[Any],
) -> None:
    """Write the distances of a row's pixels to best (W,), exact below limit.

    near (W + 2 * reach,) holds the distances within columns, squared if Euclidean; `least` is the
    smallest. Indices are unsigned, because counting negative ones from the end would be slow.
    """
    number = best.dtype.type
    width, middle = np.uint64(best.size), np.uint64(reach)
    for x in range(width):
        best[x] = near[middle + x]
    for d in range(1, reach + 1):
        own = number(d * d if euclid else d)
        if np.int64(own) + (np.int64(least) * np.int64(least) if euclid else 0) >= np.int64(limit):
            return
        added = own if euclid else number(0)
        left, right = np.uint64(reach - d), np.uint64(reach + d)
        if come_nearer(near, left, right, own, added, best) <= own:  # no pixel can come nearer
            return


@kernel
def come_nearer(
    near: NDArray[Any], left: Any, right: Any, own: Any, added: Any, best: NDArray[Any]
) -> Any:
    """Lower the distances best (W,) to those of two shifts of near; returns the largest.

    A kernel of its own, since its loop is four times as fast without looks for Ctrl-C around it.
    """
    number = best.dtype.type
    farthest = number(0)
    for x in range(np.uint64(best.size)):
        before, after = near[left + x], near[right + x]
        nearer = number((before if before < after else after) + added)
        nearer = nearer if nearer > own else own
        nearer = nearer if nearer < best[x] else best[x]
        best[x] = nearer
        farthest = farthest if farthest > nearer else nearer
    return farthest


@kernel
def mark_boundary(
    gt: NDArray[np.unsignedinteger[Any]],
    y: int,
    classes: Any,
    void: int,
    marks: NDArray[np.uint8],
) -> None:
    """Mark the boundary pixels of row y in marks (W,), by the rule at place `void` of `VOIDS`."""
    width = marks.size
    row, above, below = gt[y], gt[max(y - 1, 0)], gt[min(y + 1, gt.shape[0] - 1)]
    if void == 2:
        for x in range(width):
            marks[x] = row[x] >= classes
        return
    edge = void == 1
    for x in range(width):
        own, up, down = row[x], above[x], below[x]
        differs = (own != up) & (edge | (up < classes))
        marks[x] = differs | ((own != down) & (edge | (down < classes)))
    for x in range(width - 1):
        marks[x] |= np.uint8((row[x] != row[x + 1]) & (edge | (row[x + 1] < classes)))
    for x in range(1, width):
        marks[x] |= np.uint8((row[x] != row[x - 1]) & (edge | (row[x - 1] < classes)))
    for x in range(width):
        marks[x] &= np.uint8(edge | (row[x] < classes))
