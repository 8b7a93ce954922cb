"""Anchors as every ratio in every scale, which is what a configuration can name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segeval.models.anchors.clusters import Shapes, best_on_levels

DIGITS = 3
"""Digits of the ratios and scales of a grid."""


@dataclass(frozen=True)
class AnchorGrid:
    """Ratios and scales of anchors.

    Attributes:
        scales: roots of the areas, in cells of a level, ascending.
        ratios: height / width, ascending.
    """

    scales: tuple[float, ...]
    ratios: tuple[float, ...]

    @property
    def shapes(self) -> Shapes:
        """Width and height of the anchors, all ratios of a scale together, shape (S R, 2).

        Example:
            >>> AnchorGrid((8.0,), (1.0, 4.0)).shapes
            array([[ 8.,  8.],
                   [ 4., 16.]])
        """
        root = np.sqrt(self.ratios)
        pairs = np.stack([1 / root, root], axis=1)
        shapes: Shapes = (np.array(self.scales)[:, None, None] * pairs[None]).reshape(-1, 2)
        return shapes


def nearest_grid(shapes: Shapes, anchors: Shapes) -> AnchorGrid:
    """The grid with as many anchors as some free shapes that fits a data set best.

    For each way to write their number as scales times ratios, the scales of the free shapes and
    their ratios are divided into that many groups of least variance in the logarithm, weighted by
    how many shapes of the data set each fits best. The grid of the groups' means with the largest
    mean IoU wins; of equal ones that with fewer scales.

    Args:
        shapes: of the data set, in pixels, float64, shape (N, 2).
        anchors: free shapes in cells of a level, such as from `cluster_shapes`, float64, shape
            (K, 2).

    Example:
        >>> free = np.array([[8.0, 8], [4, 16], [12, 12], [6, 24]])
        >>> nearest_grid(16 * free, free)
        AnchorGrid(scales=(8.0, 12.0), ratios=(1.0, 4.0))
    """
    _, place = best_on_levels(shapes, anchors)
    weights = np.bincount(place, minlength=len(anchors)).astype(np.float64)
    scales, ratios = np.sqrt(anchors.prod(axis=1)), anchors[:, 1] / anchors[:, 0]
    grids = [
        AnchorGrid(
            group_means(scales, weights, number),
            group_means(ratios, weights, len(anchors) // number),
        )
        for number in range(1, len(anchors) + 1)
        if len(anchors) % number == 0
    ]
    return max(grids, key=lambda grid: best_on_levels(shapes, grid.shapes)[0].mean())


def group_means(
    values: NDArray[np.float64], weights: NDArray[np.float64], number: int
) -> tuple[float, ...]:
    """Geometric means of values in groups of least variance in the logarithm.

    Args:
        values: above 0, shape (N,).
        weights: of the values, 0 or more, shape (N,).
        number: of groups, 1 to N.

    Returns:
        Ascending, rounded to `DIGITS` digits.

    Source:
        Fisher 1958, On grouping for maximum homogeneity: the best groups of sorted numbers, by
        dynamic programming.

    Example:
        >>> group_means(np.array([1.0, 4.0, 100.0]), np.ones(3), 2)
        (2.0, 100.0)
    """
    order = np.argsort(values, kind="stable")
    logs = np.log(values[order])
    weight = np.maximum(weights[order], 1e-9)  # what fits nothing may still be a group of its own
    sums = [np.concatenate([[0.0], np.cumsum(each)]) for each in (weight, weight * logs)]
    squares = np.concatenate([[0.0], np.cumsum(weight * logs**2)])

    def cost(first: int, last: int) -> float:
        mass, total = (float(each[last] - each[first]) for each in sums)
        return float(squares[last] - squares[first]) - total**2 / mass

    size = len(values)
    least = np.full((number + 1, size + 1), np.inf)
    start = np.zeros((number + 1, size + 1), np.int64)
    least[0, 0] = 0.0
    for groups in range(1, number + 1):
        for last in range(groups, size + 1):
            costs = [
                least[groups - 1, first] + cost(first, last) for first in range(groups - 1, last)
            ]
            start[groups, last] = groups - 1 + int(np.argmin(costs))
            least[groups, last] = min(costs)
    means, last = [], size
    for groups in range(number, 0, -1):
        first = int(start[groups, last])
        mass, total = (float(each[last] - each[first]) for each in sums)
        means.append(float(f"{np.exp(total / mass):.{DIGITS}g}"))
        last = first
    return tuple(reversed(means))
