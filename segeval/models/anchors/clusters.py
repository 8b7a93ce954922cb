"""k-means of box shapes by their overlap.

A shape is (width, height). Two shapes are compared as boxes with a common centre.

Source: Redmon and Farhadi 2017, YOLO9000, section 2 (distance 1 - IoU); Arthur and Vassilvitskii
2007, k-means++ (first centres).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import InputError
from segeval.models.networks.components import register_component
from segeval.words import counted

STRIDES = (4, 8, 16, 32, 64)
"""Strides of the levels of a pyramid, in pixels."""

SCALE = 8
"""Side of an ordinary anchor, in cells of its level."""

ROUNDS = 100
"""Most rounds of k-means; it ends earlier when no shape changes its centre."""

BLOCK = 1 << 13
"""Shapes compared at once, few enough to stay in the cache of a core."""

Shapes = NDArray[np.float64]


def level_strides(shapes: Shapes) -> NDArray[np.int64]:
    """The stride of the level whose anchors are about as large as each shape.

    Args:
        shapes: in pixels, above 0, float64, shape (N, 2).

    Returns:
        The root of the area through `SCALE`, rounded down to a power of 2, 4 to 64, shape (N,).

    Example:
        >>> level_strides(np.array([[10.0, 10], [32, 32], [63, 63], [64, 256], [9999, 9999]]))
        array([ 4,  4,  4, 16, 64])
    """
    side = np.sqrt(shapes.prod(axis=1)) / SCALE
    _, exponent = np.frexp(side)  # side is between 2^(exponent - 1) and 2^exponent
    stride = np.exp2(np.clip(exponent - 1, -1, 62)).astype(np.int64)
    limited: NDArray[np.int64] = np.clip(stride, STRIDES[0], STRIDES[-1])
    return limited


def shape_iou(shapes: Shapes, anchors: Shapes) -> Shapes:
    """IoU of all pairs of shapes, centres in common.

    Args:
        shapes: above 0, float64, shape (N, 2).
        anchors: likewise, shape (K, 2).

    Returns:
        float64, shape (N, K).

    Example:
        >>> shape_iou(np.array([[12.0, 10]]), np.array([[10.0, 10], [10, 40]])).round(4)
        array([[0.8333, 0.2381]])
    """
    columns = _columns(shapes)
    iou: Shapes = np.stack([_iou(columns, anchor) for anchor in anchors], axis=1)
    return iou


def best_anchors(shapes: Shapes, anchors: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """The largest IoU of each shape with an anchor, and the first anchor that has it.

    Args:
        shapes: float64, shape (N, 2).
        anchors: float64, shape (K, 2), K above 0.

    Returns:
        float64, shape (N,), and indices, int64, shape (N,).
    """
    best, place = np.zeros(len(shapes)), np.zeros(len(shapes), np.int64)
    columns = _columns(shapes)
    for first in range(0, len(shapes), BLOCK):
        part = slice(first, first + BLOCK)
        own, largest = [column[part] for column in columns], best[part]
        for number, anchor in enumerate(anchors):
            iou = _iou(own, anchor)
            np.copyto(place[part], number, where=iou > largest)
            np.maximum(largest, iou, out=largest)
    return best, place


def _columns(shapes: Shapes) -> tuple[Shapes, Shapes, Shapes]:
    """Widths, heights and areas, each contiguous, (N,)."""
    width, height = np.ascontiguousarray(shapes.T)
    return width, height, width * height


def _iou(columns: Sequence[Shapes], anchor: Shapes) -> Shapes:
    """IoU of shapes with one anchor (2,), centres in common, (N,)."""
    width, height, area = columns
    shared = np.minimum(width, anchor[0]) * np.minimum(height, anchor[1])
    iou: Shapes = shared / (area + anchor[0] * anchor[1] - shared)
    return iou


def best_on_levels(shapes: Shapes, anchors: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """The same for shapes in pixels and anchors in cells, which stand on every level.

    Args:
        shapes: in pixels, float64, shape (N, 2).
        anchors: in cells of a level, float64, shape (K, 2), K above 0.

    Returns:
        float64, shape (N,), and indices of anchors whatever their level, int64, shape (N,).

    Example:
        >>> best_on_levels(np.array([[64.0, 64]]), np.array([[4.0, 4], [8, 16]]))
        (array([1.]), array([0]))
    """
    iou, place = best_anchors(shapes, np.concatenate([anchors * stride for stride in STRIDES]))
    return iou, place % len(anchors)


def refined_centres(shapes: Shapes, centres: Shapes, *, rounds: int = ROUNDS) -> Shapes:
    """k-means from given centres: each moves to the geometric mean of the shapes nearest to it.

    A centre without shapes stays where it is.

    Args:
        shapes: float64, shape (N, 2).
        centres: to start from, float64, shape (K, 2).
        rounds: most rounds.

    Returns:
        New centres, in the order of the old ones, float64, shape (K, 2).

    Example:
        >>> shapes = np.array([[10.0, 10], [12, 10], [10, 40], [10, 44]])
        >>> refined_centres(shapes, shapes[[0, 2]]).round(4)
        array([[10.9545, 10.    ],
               [10.    , 41.9524]])
    """
    logs, nearest = np.log(shapes), np.full(len(shapes), -1)
    for _ in range(rounds):
        _, now = best_anchors(shapes, centres)
        if np.array_equal(now, nearest):
            break
        nearest = now
        number = np.bincount(nearest, minlength=len(centres))
        sums = [np.bincount(nearest, logs[:, axis], len(centres)) for axis in (0, 1)]
        means = np.exp(np.stack(sums, axis=1) / np.maximum(number, 1)[:, None])
        centres = np.where(number[:, None] > 0, means, centres)
    return centres


@register_component("anchor-centres")
def anchor_centres(*, shapes: ArrayLike, centres: ArrayLike, rounds: int = ROUNDS) -> Shapes:
    """`refined_centres` of any arrays of numbers."""
    own, start = np.asarray(shapes, np.float64), np.asarray(centres, np.float64)
    return refined_centres(own, start, rounds=rounds)


def cluster_shapes(shapes: Shapes, k: int, *, seed: int = 0, source: str = "shapes") -> Shapes:
    """As many shapes as asked for, which overlap many given ones well.

    Args:
        shapes: in cells of their level or in pixels, float64, shape (N, 2).
        k: number of centres, 1 or more.
        seed: of the first centres, 0 or more.
        source: of the shapes, for messages.

    Returns:
        Centres by area, float64, shape (k, 2).

    Raises:
        InputError: if a shape is not two finite numbers above 0, or fewer than k shapes differ.

    Example:
        >>> shapes = np.array([[10.0, 10], [12, 10], [10, 40], [10, 44]])
        >>> cluster_shapes(shapes, 2).round(4)
        array([[10.9545, 10.    ],
               [10.    , 41.9524]])
    """
    if k < 1:
        raise InputError(f"`k` is {k}, expected 1 or more.", code="clusters", option="k")
    wrong = np.flatnonzero(~(np.isfinite(shapes) & (shapes > 0)).all(axis=1))
    if len(wrong):
        width, height = shapes[wrong[0]]
        raise InputError(
            f"{source}: shape {wrong[0]} is {width:g} x {height:g}, expected a width and a height "
            "above 0. Leave it out.",
            code="shape",
            index=int(wrong[0]),
            count=len(wrong),
        )
    different = len(np.unique(shapes, axis=0))
    if different < k:
        raise InputError(
            f"{source}: has {counted(different, 'distinct shape')}, expected at least {k}, one for "
            "each anchor. Choose a smaller `k`.",
            code="clusters",
            option="k",
        )
    centres = refined_centres(shapes, _first_centres(shapes, k, np.random.default_rng(seed)))
    return centres[np.lexsort((centres[:, 1], centres.prod(axis=1)))]


def _first_centres(shapes: Shapes, k: int, rng: np.random.Generator) -> Shapes:
    """Some k of the shapes, each drawn by its squared distance from those drawn before."""
    chosen = [int(rng.integers(len(shapes)))]
    distance = 1 - shape_iou(shapes, shapes[chosen])[:, 0]
    while len(chosen) < k:
        until = np.cumsum(distance**2)
        place = np.searchsorted(until, until[-1] * rng.random(), side="right")
        chosen.append(min(int(place), len(shapes) - 1))
        distance = np.minimum(distance, 1 - shape_iou(shapes, shapes[chosen[-1:]])[:, 0])
    return shapes[chosen]
