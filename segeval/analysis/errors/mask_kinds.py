"""What is wrong with poor masks: those of localisation errors, and of true positives below 0.75.

A mask can be poor in several ways, or in none of these:

- box_fine: the boxes agree, with an IoU of at least the threshold t, the masks do not;
- boundary_poor: the masks agree, with an IoU of at least t, their boundaries do not;
- merged: it covers at least half of each of two or more objects;
- fragment: at least half of it lies inside its object, of which it covers less than half;
- swollen: it covers at least 0.9 of its object;
- shrunk: at least 0.9 of it lies inside its object.

Boxes are those of the masks. Its object is the one that was matched, or that the error is about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.kinds import LOC, TRUE, KindsAt
from segeval.analysis.pairs import TINY
from segeval.brief import Brief
from segeval.kernels.threads import map_slices
from segeval.masks import area, boxes
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.image_pairs import ImagePairs, image_pairs
from segeval.metrics.coco.large_cells import MaskCells
from segeval.metrics.coco.objects import boundary_widths

WAYS = ("box_fine", "boundary_poor", "merged", "fragment", "swollen", "shrunk")
"""Ways in which a mask can be poor; bit k of a flag is way k."""

BOX_FINE, BOUNDARY_POOR, MERGED, FRAGMENT, SWOLLEN, SHRUNK = (
    np.uint8(1 << place) for place in range(6)
)

GOOD = 0.75
"""Mask IoU at which a true positive is not looked at any more."""

ALMOST_ALL = 0.9
"""Share of an object, or of a prediction, that is almost all of it."""


@dataclass(frozen=True, eq=False, repr=False)
class PoorMasks(Brief):
    """What is wrong with the masks that were looked at.

    Attributes:
        looked_at: localisation errors, and true positives with a mask IoU below `GOOD`, bool, shape
            (N,).
        flags: the ways in which each is poor, as bits, uint8, shape (N,).
        is_true: whether each is a true positive, bool, shape (N,).
    """

    looked_at: NDArray[np.bool_]
    flags: NDArray[np.uint8]
    is_true: NDArray[np.bool_]

    def ways(self, row: int) -> list[str] | None:
        """Names of the ways in which one mask is poor; None if it was not looked at."""
        if not self.looked_at[row]:
            return None
        return [name for place, name in enumerate(WAYS) if self.flags[row] >> place & 1]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many localisation errors ("loc") and true positives ("tp") are poor in each way.

        "all" counts all that were looked at, "none" those that are poor in no way of the list.
        """
        sides = {"loc": self.looked_at & ~self.is_true, "tp": self.looked_at & self.is_true}
        ways = {name: self.flags & (1 << place) != 0 for place, name in enumerate(WAYS)}
        ways |= {"none": self.flags == 0, "all": self.looked_at}
        return {
            name: {side: int((own & rows).sum()) for side, rows in sides.items()}
            for name, own in ways.items()
        }


def counts_of_two(a: PoorMasks, b: PoorMasks) -> dict[str, dict[str, dict[str, int]]]:
    """The counts of two models, "a" and "b", and the "difference": the second less the first."""
    first, second = a.counts(), b.counts()
    return {
        way: {
            side: {
                "a": number,
                "b": second[way][side],
                "difference": second[way][side] - number,
            }
            for side, number in own.items()
        }
        for way, own in first.items()
    }


def poor_masks(
    evaluation: Evaluation, kinds: KindsAt, threshold: float, workers: int | None = None
) -> PoorMasks:
    """What is wrong with poor masks.

    Args:
        evaluation: both files, matched by mask IoU.
        kinds: of every prediction at the threshold.
        threshold: the IoU threshold, t.
        workers: threads, None for all cores.
    """
    matches = evaluation.matches
    is_true = kinds.kind == TRUE
    looked_at = (kinds.kind == LOC) | (is_true & (kinds.iou < GOOD))
    flags = np.zeros(len(matches), np.uint8)
    rows = np.flatnonzero(looked_at)
    masks = evaluation.compared.masks
    if len(rows) and masks is not None:
        some = replace(evaluation, matches=matches.take(looked_at))
        own = _Looked(some, kinds.target[rows], kinds.iou[rows], threshold)
        flags[rows] = own.flags(kinds.counted, workers)
    return PoorMasks(looked_at, flags, is_true)


@dataclass(frozen=True, eq=False)
class _Looked:
    """The n predictions that are looked at.

    Attributes:
        evaluation: with no other predictions.
        target: place of the object of each, int64, shape (n,).
        iou: mask IoU with it, float64, shape (n,).
        threshold: the IoU threshold.
    """

    evaluation: Evaluation
    target: NDArray[np.int64]
    iou: NDArray[np.float64]
    threshold: float

    def flags(self, counted: NDArray[np.bool_], workers: int | None) -> NDArray[np.uint8]:
        """The ways in which each is poor, uint8, shape (n,); counted are objects, bool, (G,)."""
        matches, compared = self.evaluation.matches, self.evaluation.compared
        if compared.masks is None or compared.where.masks is None:
            return np.zeros(len(matches), np.uint8)
        preds = compared.where.masks.take(matches.prediction).decode()
        own_area, gt_area = area(preds), area(compared.masks.take(matches.gt))
        gt_boxes = boxes(compared.masks.take(matches.gt[self.target]))
        near = image_pairs(self.evaluation, least=TINY, gts=counted, workers=workers)
        row = np.repeat(np.arange(len(matches)), np.diff(near.offsets))
        shared = _shared(near, own_area[row], gt_area[near.gt])
        covers = 2 * shared >= gt_area[near.gt]
        of_target = np.zeros(len(matches))
        is_target = near.gt == self.target[row]
        of_target[row[is_target]] = shared[is_target]
        found = {
            BOX_FINE: (box_iou(boxes(preds), gt_boxes) >= self.threshold)
            & (self.iou < self.threshold),
            BOUNDARY_POOR: self._has_poor_boundary(workers),
            MERGED: np.bincount(row[covers], minlength=len(matches)) >= 2,
            FRAGMENT: (2 * of_target >= own_area) & (2 * of_target < gt_area[self.target]),
            SWOLLEN: of_target >= ALMOST_ALL * gt_area[self.target],
            SHRUNK: of_target >= ALMOST_ALL * own_area,
        }
        flags = np.zeros(len(matches), np.uint8)
        for bit, own in found.items():
            flags[own] |= bit
        return flags

    def _has_poor_boundary(self, workers: int | None) -> NDArray[np.bool_]:
        """Whether the masks agree but not their boundaries, bool, shape (n,)."""
        matches, compared = self.evaluation.matches, self.evaluation.compared
        poor = np.zeros(len(matches), np.bool_)
        rows = np.flatnonzero(self.iou >= self.threshold)
        if not len(rows) or compared.masks is None or compared.where.masks is None:
            return poor
        cells = MaskCells(
            compared.where.masks,
            matches.prediction[rows],
            compared.masks,
            matches.gt[self.target[rows]],
            np.zeros(len(compared.masks), np.bool_),
            boundary_widths(matches.request, compared.masks),
            TINY,
        )
        smaller = np.empty(len(rows))
        spans = np.stack([np.arange(len(rows)), np.arange(1, len(rows) + 1)], axis=1)

        def some(start: int, stop: int) -> None:
            cells.fill(spans[start:stop], spans[start:stop], smaller[start:stop])

        map_slices(some, len(rows), workers, least=64)
        poor[rows] = smaller < self.threshold
        return poor


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
