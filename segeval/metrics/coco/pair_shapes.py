"""How the masks of a prediction and of an object lie to each other, pair by pair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.kernels.threads import map_slices
from segeval.masks import area, boxes
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.image_pairs import TINY, ImagePairs, image_pairs
from segeval.metrics.coco.large_cells import MaskCells
from segeval.metrics.coco.objects import boundary_widths

MERGED, FRAGMENT, SWOLLEN, SHRUNK = (np.uint8(1 << place) for place in range(2, 6))
"""The prediction covers at least half of each of two or more objects; at least half of it lies
inside the object, of which it covers less than half; it covers almost all of the object; almost all
of it lies inside the object."""

ALMOST_ALL = 0.9
"""Share of an object, or of a prediction, that is almost all of it."""


@frozen(eq=False)
class PairShapes:
    """The masks of P pairs.

    Attributes:
        box: IoU of the boxes of both masks, float64, shape (P,).
        boundary: the smaller of the IoUs of masks and boundaries, 1 where boundaries were not
            compared, float64, shape (P,).
        bits: of `MERGED`, `FRAGMENT`, `SWOLLEN` and `SHRUNK`, uint8, shape (P,).
    """

    box: NDArray[np.float64]
    boundary: NDArray[np.float64]
    bits: NDArray[np.uint8]


def pair_shapes(
    evaluation: Evaluation,
    row: NDArray[np.int64],
    gt: NDArray[np.int64],
    outlined: NDArray[np.bool_],
    counted: NDArray[np.bool_],
    workers: int | None,
) -> PairShapes:
    """How the masks of some pairs lie to each other.

    Args:
        evaluation: both files, matched by mask IoU.
        row: the prediction's row in `Matches`, ascending, int64, shape (P,).
        gt: the object's place in `Matches.gt`, int64, shape (P,).
        outlined: whether the boundaries are compared too, bool, shape (P,).
        counted: the objects that count, bool, shape (G,).
        workers: threads, None for all cores.
    """
    found = PairShapes(np.zeros(len(row)), np.ones(len(row)), np.zeros(len(row), np.uint8))
    masks, given = evaluation.compared.masks, evaluation.compared.where.masks
    if not len(row) or masks is None or given is None:
        return found
    looked_at = np.zeros(len(evaluation.matches), np.bool_)
    looked_at[row] = True
    own = (np.cumsum(looked_at) - 1)[row]
    some = replace(evaluation, matches=evaluation.matches.take(looked_at))
    matches = some.matches
    preds = given.take(matches.prediction).decode()
    own_area, gt_area = area(preds), area(masks.take(matches.gt))
    near = image_pairs(some, least=TINY, gts=counted, workers=workers)
    near_row = np.repeat(np.arange(len(matches)), np.diff(near.offsets))
    shared = _shared(near, own_area[near_row], gt_area[near.gt])
    covers = 2 * shared >= gt_area[near.gt]
    of_pair = _looked_up(near_row * len(gt_area) + near.gt, shared, own * len(gt_area) + gt)
    shapes = {
        MERGED: (np.bincount(near_row[covers], minlength=len(matches)) >= 2)[own],
        FRAGMENT: (2 * of_pair >= own_area[own]) & (2 * of_pair < gt_area[gt]),
        SWOLLEN: of_pair >= ALMOST_ALL * gt_area[gt],
        SHRUNK: of_pair >= ALMOST_ALL * own_area[own],
    }
    for bit, has in shapes.items():
        found.bits[has] |= bit
    found.box[:] = box_iou(boxes(preds)[own], boxes(masks.take(matches.gt[gt])))
    found.boundary[outlined] = _boundaries(evaluation, row[outlined], gt[outlined], workers)
    return found


def _looked_up(
    keys: NDArray[np.int64], values: NDArray[np.float64], wanted: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The value of each wanted key, 0 for one that is not there; keys ascend."""
    if not len(keys):
        return np.zeros(len(wanted))
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0.0)


def _boundaries(
    evaluation: Evaluation, row: NDArray[np.int64], gt: NDArray[np.int64], workers: int | None
) -> NDArray[np.float64]:
    """The smaller of the IoUs of masks and boundaries of n pairs, float64, shape (n,)."""
    matches, compared = evaluation.matches, evaluation.compared
    found = np.empty(len(row))
    if not len(row) or compared.masks is None or compared.where.masks is None:
        return found
    cells = MaskCells(
        compared.where.masks,
        matches.prediction[row],
        compared.masks,
        matches.gt[gt],
        np.zeros(len(compared.masks), np.bool_),
        boundary_widths(matches.request, compared.masks),
        TINY,
    )
    spans = np.stack([np.arange(len(row)), np.arange(1, len(row) + 1)], axis=1)

    def some(start: int, stop: int) -> None:
        cells.fill(spans[start:stop], spans[start:stop], found[start:stop])

    map_slices(some, len(row), workers, least=64)
    return found


def _shared(
    near: ImagePairs, own: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Common pixels of each pair, whole numbers, from IoU and both areas, shape (P,)."""
    return np.round(near.iou * (own + other) / (1 + near.iou))


def box_iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """IoU of boxes xywh, row by row, shape (n,).

    Example:
        >>> box_iou(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 2, 2]])).round(3)
        array([0.333])
    """
    low = np.maximum(one[:, :2], other[:, :2])
    high = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    union = one[:, 2:].prod(axis=1) + other[:, 2:].prod(axis=1) - shared
    found: NDArray[np.float64] = np.divide(shared, union, out=np.zeros(len(one)), where=union > 0)
    return found
