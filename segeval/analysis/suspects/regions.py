"""Where some predictions are: their masks, or boxes where these alone are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segeval.masks import RunLengths, boxes, canonical, mask_iou
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.pair_shapes import box_iou

SAME = 0.5
"""IoU from which two predictions of a category are of the same object."""


@dataclass(frozen=True, eq=False)
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

    def iou(self, other: Regions) -> NDArray[np.float64]:
        """IoU of every pair with equal places, float64, shape (n, m)."""
        if self.masks is not None and other.masks is not None:
            return mask_iou(self.masks, other.masks)
        own = np.repeat(np.arange(len(self.boxes)), len(other.boxes))
        theirs = np.tile(np.arange(len(other.boxes)), len(self.boxes))
        pairs = box_iou(self.boxes[own], other.boxes[theirs])
        return pairs.reshape(len(self.boxes), len(other.boxes))

    def without_copies(self) -> NDArray[np.intp]:
        """Numbers of those that no earlier one of the same object precedes, ascending."""
        kept = np.ones(len(self.place), np.bool_)
        for own, _ in _together(self.place, self.place):
            if len(own) < 2:
                continue
            some = self.take(own)
            is_same = some.iou(some) >= SAME
            for number in range(1, len(own)):
                kept[own[number]] = not is_same[number, :number][kept[own[:number]]].any()
        return np.flatnonzero(kept)

    def same(self, other: Regions) -> Iterator[tuple[int, int, float]]:
        """Pairs of the same object, each region in one pair at most, the highest IoU first.

        Yields:
            The numbers of both, and their IoU.
        """
        for own, theirs in _together(self.place, other.place):
            iou = self.take(own).iou(other.take(theirs))
            while iou.size and iou.max() >= SAME:
                i, j = np.unravel_index(int(iou.argmax()), iou.shape)
                yield int(own[i]), int(theirs[j]), float(iou[i, j])
                iou[i], iou[:, j] = 0, 0


def _places(
    evaluation: Evaluation, rows: NDArray[np.intp], sizes: NDArray[np.number]
) -> NDArray[np.int64]:
    """Image, category and size of some rows, int64, shape (n, 4)."""
    matches = evaluation.matches
    own = np.stack([matches.image[rows], matches.category[rows]], axis=1)
    return np.concatenate([own, sizes], axis=1).astype(np.int64)


def _together(
    own: NDArray[np.int64], others: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Numbers of equal places in both, ascending, place by place."""
    number = np.unique(np.concatenate([own, others]), axis=0, return_inverse=True)[1].reshape(-1)
    first, second = number[: len(own)], number[len(own) :]
    order, other_order = np.argsort(first, kind="stable"), np.argsort(second, kind="stable")
    both = np.intersect1d(first, second)
    spans = [np.searchsorted(first[order], both, side) for side in ("left", "right")]
    others_at = [np.searchsorted(second[other_order], both, side) for side in ("left", "right")]
    for start, stop, from_, to in zip(*spans, *others_at, strict=True):
        yield order[start:stop], other_order[from_:to]
