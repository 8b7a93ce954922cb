"""Pairs of predictions and objects whose IoUs have the largest sum, image by image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.promise import kernel
from segeval.kernels.threads import map_slices

NO_PAIR = -1.0
"""In place of an IoU: the prediction has no object."""


def paired_iou(
    preds: NDArray[np.int64],
    gts: NDArray[np.int64],
    pairs: NDArray[np.int64],
    pred: NDArray[np.int64],
    gt: NDArray[np.int64],
    iou: NDArray[np.float64],
    workers: int | None = None,
) -> NDArray[np.float64]:
    """The IoU of each prediction with the object that it is paired with.

    In an image with D predictions and G objects, min(D, G) pairs are made, of which some may have
    an IoU of 0.

    Args:
        preds: image i has the predictions `preds[i]:preds[i + 1]`, int64, shape (I + 1,).
        gts: the same of objects, int64, shape (I + 1,).
        pairs: the same of the pairs that overlap, int64, shape (I + 1,).
        pred: place of the prediction of each of P pairs in its image, from 0, int64, shape (P,).
        gt: the same of its object, int64, shape (P,).
        iou: of each pair, float64, shape (P,); all others of an image have 0.
        workers: threads, None for all cores; the result does not depend on it.

    Returns:
        Of all N predictions, `NO_PAIR` for those without an object, float64, shape (N,).

    Source:
        Crouse 2016, On Implementing 2D Rectangular Assignment Algorithms, which SciPy's
        `linear_sum_assignment` follows, too. Of several assignments with the same sum, this is the
        one that SciPy 1.17 finds; it may depend on the order of predictions and objects.

    Example:
        >>> one = lambda *numbers: np.array(numbers, np.int64)
        >>> pairs = one(0, 0, 1), one(0, 1, 0), np.array([0.9, 0.6, 0.5])
        >>> paired_iou(one(0, 2), one(0, 2), one(0, 3), *pairs)
        array([0.6, 0.5])
    """
    found = np.full(int(preds[-1]), NO_PAIR)

    def some(start: int, stop: int) -> None:
        assign_images(start, stop, preds, gts, pairs, pred, gt, iou, found)

    map_slices(some, len(preds) - 1, workers, least=256)
    return found


@kernel
def assign_images(
    start: int,
    stop: int,
    preds: NDArray[np.int64],
    gts: NDArray[np.int64],
    pairs: NDArray[np.int64],
    pred: NDArray[np.int64],
    gt: NDArray[np.int64],
    iou: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    """Set found (N,) of images start:stop, -1 beforehand; see `paired_iou`.

    The fewer of predictions and objects are the rows of the costs, which are IoUs below 0.

    Assumes offsets that rise inside arrays of one length, and places below the numbers of
    predictions and objects of the image, which `image_statistics` makes.
    """
    for image in range(start, stop):
        first = preds[image]
        number = preds[image + 1] - first
        objects = gts[image + 1] - gts[image]
        if not number or not objects:
            continue
        by_object = objects < number
        rows = min(number, objects)
        columns = max(number, objects)
        cost = np.zeros((rows, columns), np.float64)
        for pair in range(pairs[image], pairs[image + 1]):
            if by_object:
                cost[gt[pair], pred[pair]] = -iou[pair]
            else:
                cost[pred[pair], gt[pair]] = -iou[pair]
        column_of = np.full(rows, -1, np.int64)
        least_cost(cost, column_of)
        for row in range(rows):
            own = column_of[row] if by_object else row
            found[first + own] = -cost[row, column_of[row]]


@kernel
def least_cost(cost: NDArray[np.float64], column_of: NDArray[np.int64]) -> None:
    """Set column_of (R,), -1 beforehand, to a different column for each row, at the least cost.

    Rows are added one by one. Each gets a column by the cheapest alternating path to a free one,
    which Dijkstra's algorithm finds over costs less the prices of row and column. These reduced
    costs never fall below 0 and are 0 where a row has its column, and a free column has no price:
    so whatever other columns the rows take, the sum cannot be less.

    Assumes cost (R, C), finite, with R <= C, and column_of (R,), which `assign_images` makes.
    """
    rows, columns = cost.shape
    row_price = np.zeros(rows, np.float64)
    column_price = np.zeros(columns, np.float64)
    row_of = np.full(columns, -1, np.int64)
    before = np.empty(columns, np.int64)  # row from which the path comes to each column
    distance = np.empty(columns, np.float64)
    left = np.empty(columns, np.int64)  # columns that are not done, then those that are
    for new in range(rows):
        distance[:] = np.inf
        for place in range(columns):
            left[place] = columns - 1 - place
        undone = columns
        row = new
        near = 0.0
        column = -1
        while row >= 0:
            place = nearest(
                cost[row], near - row_price[row], column_price, row_of, left[:undone], distance,
                before, row,
            )  # fmt: skip
            column = left[place]
            near = distance[column]
            undone -= 1
            left[place] = left[undone]
            left[undone] = column
            row = row_of[column]
        row_price[new] += near
        for place in range(undone, columns):
            done = left[place]
            column_price[done] -= near - distance[done]
            if row_of[done] >= 0:
                row_price[row_of[done]] += near - distance[done]
        while column >= 0:  # each row on the path leaves its column to the one behind it
            row = before[column]
            row_of[column] = row
            given = column_of[row]
            column_of[row] = column
            column = given


@kernel
def nearest(
    cost: NDArray[np.float64],
    near: float,
    column_price: NDArray[np.float64],
    row_of: NDArray[np.int64],
    left: NDArray[np.int64],
    distance: NDArray[np.float64],
    before: NDArray[np.int64],
    row: int,
) -> int:
    """Go on from a row to the columns that are left; the place of the nearest of these.

    Of several that are equally near, it is the last free one, or the first if none is free.

    Assumes arrays of `least_cost`: cost (C,) of the row, left places below C.
    """
    best = 0
    least = np.inf
    for place in range(left.size):
        column = left[place]
        length = near + cost[column] - column_price[column]
        if length < distance[column]:
            distance[column] = length
            before[column] = row
        own = distance[column]
        if own < least or (own == least and row_of[column] < 0):
            least = own
            best = place
    return best
