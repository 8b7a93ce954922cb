"""Where some predictions are: their masks, or boxes where these alone are compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.masks import RunLengths, area, boxes, canonical, intersection
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.pair_shapes import box_iou

SAME = 0.5
"""IoU from which two predictions of a category are of the same object."""


@frozen(eq=False)
class Regions:
    """Where n predictions are.

    Attributes:
        place: numbers of their image, category, and height and width of their mask, int64, shape
            (n, 4): only those with equal numbers can be of the same object.
        boxes: xywh in pixels, of the masks where there are any, float64, shape (n, 4).
        masks: n masks; None where boxes are compared.
    """

    place: NDArray[np.int64]
    boxes: NDArray[np.float64]
    masks: RunLengths | None

    @classmethod
    def of(cls, evaluation: Evaluation, rows: NDArray[np.intp]) -> Regions:
        """Those of some rows of `Matches`."""
        matches, where = evaluation.matches, evaluation.compared.where
        preds = matches.prediction[rows]
        if where.masks is None:
            own = evaluation.preds.boxes if where.boxes is None else where.boxes
            return cls(_places(evaluation, rows, np.zeros((len(rows), 2))), own[preds], None)
        masks = canonical(where.masks.take(preds).decode())
        return cls(_places(evaluation, rows, masks.sizes), boxes(masks), masks)

    def take(self, kept: NDArray[np.intp]) -> Regions:
        """Some of them, by their numbers."""
        masks = None if self.masks is None else self.masks.take(kept)
        return Regions(self.place[kept], self.boxes[kept], masks)

    def without_copies(self) -> NDArray[np.intp]:
        """Numbers of those that no earlier one of the same object precedes, ascending."""
        kept = np.ones(len(self.place), np.bool_)
        first, second, iou = self.pairs(self)
        is_copy = (first < second) & (iou >= SAME)
        order = np.lexsort((first[is_copy], second[is_copy]))
        for i, j in zip(first[is_copy][order], second[is_copy][order], strict=True):
            if kept[i]:
                kept[j] = False
        return np.flatnonzero(kept)

    def pairs(
        self, other: Regions
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """Pairs with equal places whose boxes overlap.

        Args:
            other: others, or the same.

        Returns:
            Numbers of both, and their IoU, shape (P,) each.
        """
        own, theirs = _together(self.place, other.place)
        iou = box_iou(self.boxes[own], other.boxes[theirs])
        own, theirs, iou = own[iou > 0], theirs[iou > 0], iou[iou > 0]
        if self.masks is None or other.masks is None:
            return own, theirs, iou
        first, second = self.masks.take(own), other.masks.take(theirs)
        shared = area(intersection(first, second))
        return own, theirs, shared / np.maximum(area(first) + area(second) - shared, 1)


def _places(
    evaluation: Evaluation, rows: NDArray[np.intp], sizes: NDArray[np.number]
) -> NDArray[np.int64]:
    """Image, category and size of some rows, int64, shape (n, 4)."""
    matches = evaluation.matches
    own = np.stack([matches.image[rows], matches.category[rows]], axis=1)
    return np.concatenate([own, sizes], axis=1).astype(np.int64)


def _together(
    own: NDArray[np.int64], others: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Numbers of all pairs of equal places in both, (P,) each."""
    number = np.unique(np.concatenate([own, others]), axis=0, return_inverse=True)[1].reshape(-1)
    first, second = number[: len(own)], number[len(own) :]
    order = np.argsort(second, kind="stable")
    start, stop = (np.searchsorted(second[order], first, side) for side in ("left", "right"))
    counts = stop - start
    ends = np.cumsum(counts)
    within = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
    return np.repeat(np.arange(len(own)), counts), order[np.repeat(start, counts) + within]
