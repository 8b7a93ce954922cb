"""Greedy matching of predictions to ground truth, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.masks.jit import kernel
from segeval.metrics.sizes import SizeBucket

MOST_THRESHOLDS = 64
"""Flags of one prediction are the bits of one uint64."""


@dataclass(frozen=True, eq=False)
class Matches:
    """What was matched at every IoU threshold, for every size bucket: the source of all numbers.

    Predictions stand by category and, in a category, in the order of its precision-recall curve:
    score down, ties by image id and file order. Only judged predictions are here: those of known
    categories, within the cap and, for LVIS, in images where their category is verified.

    Attributes:
        thresholds: T IoU thresholds, float64, shape (T,).
        buckets: A size buckets, the first is "all".
        image_ids: ascending, int64, shape (I,).
        category_ids: ascending, int64, shape (K,); (-1,) when categories are merged.
        offsets: category k has the rows `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        prediction: index of each row in the `Predictions`, int64, shape (N,).
        image: index of its image in image_ids, int32, shape (N,).
        score: float64, shape (N,).
        rank: its place by score under the cap (in its image and category, or in its image for
            LVIS), from 0, int32, shape (N,).
        matched_bits: bit t is set if matched at threshold t, uint64, shape (A, N).
        ignored_bits: bit t is set if it counts neither as true nor as false, uint64, shape (A, N).
        gt: index of each judged annotation in the `GroundTruth`, int64, shape (G,).
        gt_image: index of its image in image_ids, int32, shape (G,).
        gt_category: index of its category in category_ids, int32, shape (G,).
        gt_counted: whether it counts in a bucket, bool, shape (A, G).
    """

    thresholds: NDArray[np.float64]
    buckets: tuple[SizeBucket, ...]
    image_ids: NDArray[np.int64]
    category_ids: NDArray[np.int64]
    offsets: NDArray[np.int64]
    prediction: NDArray[np.int64]
    image: NDArray[np.int32]
    score: NDArray[np.float64]
    rank: NDArray[np.int32]
    matched_bits: NDArray[np.uint64]
    ignored_bits: NDArray[np.uint64]
    gt: NDArray[np.int64]
    gt_image: NDArray[np.int32]
    gt_category: NDArray[np.int32]
    gt_counted: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.prediction)

    @property
    def category(self) -> NDArray[np.int32]:
        """Index of the category of each row in category_ids, int32, shape (N,)."""
        counts = np.diff(self.offsets)
        return np.repeat(np.arange(len(counts), dtype=np.int32), counts)

    def matched(self, iou: float = 0.5, size: str = "all") -> NDArray[np.bool_]:
        """Whether each prediction is matched at one threshold, for one size bucket, shape (N,).

        Raises:
            InputError: if the threshold or the bucket is not among those evaluated.

        Example:
            >>> from segeval import average_precision
            >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
            >>> gt = {"images": [{"id": 1}], "categories": [{"id": 1}],
            ...       "annotations": [{**box, "id": 1, "area": 81, "iscrowd": 0}]}
            >>> result = average_precision([{**box, "score": 0.9}], gt, iou="bbox")
            >>> result.matches.matched(iou=0.75)
            array([ True])
        """
        return self._flag(self.matched_bits, iou, size)

    def ignored(self, iou: float = 0.5, size: str = "all") -> NDArray[np.bool_]:
        """Whether each prediction is left out of the count; arguments and errors as `matched`."""
        return self._flag(self.ignored_bits, iou, size)

    def _flag(self, bits: NDArray[np.uint64], iou: float, size: str) -> NDArray[np.bool_]:
        place = threshold_index(self.thresholds, iou)
        if place is None:
            shown = ", ".join(f"{threshold:g}" for threshold in self.thresholds)
            raise InputError(f"iou is {iou}, expected one of {shown}", code="threshold")
        names = [bucket.name for bucket in self.buckets]
        if size not in names:
            raise InputError(f"size is {size!r}, expected one of {', '.join(names)}", code="size")
        flags: NDArray[np.bool_] = (bits[names.index(size)] >> np.uint64(place)) & np.uint64(1) != 0
        return flags


def threshold_index(thresholds: NDArray[np.float64], iou: float) -> int | None:
    """Place of a threshold among those evaluated, or None; 0.9 finds 0.8999999999999999."""
    near = np.flatnonzero(np.abs(thresholds - iou) < 1e-9)
    return int(near[0]) if len(near) else None


@kernel
def match_cells(  # type: ignore[no-untyped-def]
    pred_spans, preds, slots, gt_spans, gts, iou, thresholds,
    gt_ignored, crowd, void, outside, matched, ignored,
):  # fmt: skip
    """Match C cells greedily, in the order of scores, for every bucket and threshold.

    iou holds the (D, G) matrices of the cells end to end. gt_ignored (A, G) bool; crowd (G,) bool:
    may be matched any number of times; void (G,) bool: takes a prediction that then counts as
    unmatched. outside (A, N) bool: a prediction that is ignored unless matched. Sets the bits
    matched and ignored (A, N) uint64 at slots[row].
    """
    every = (np.uint64(1) << np.uint64(thresholds.size - 1) << np.uint64(1)) - np.uint64(1)
    at = 0
    for cell in range(pred_spans.shape[0]):
        first = gt_spans[cell, 0]
        number = gt_spans[cell, 1] - first
        order = np.empty(number, np.int64)
        used = np.empty(number, np.uint64)
        for bucket in range(gt_ignored.shape[0]):
            split = counted_first(gts[first : first + number], gt_ignored[bucket], order)
            used[:] = 0
            row_iou = at
            for i in range(pred_spans[cell, 0], pred_spans[cell, 1]):
                ious = iou[row_iou : row_iou + number]
                row_iou += number
                most = 0.0
                for j in range(number):
                    most = max(most, ious[j])
                slot = slots[preds[i]]
                hits = np.uint64(0)
                drops = np.uint64(0)
                for t in range(thresholds.size):
                    if most < thresholds[t]:
                        break
                    bit = np.uint64(1) << np.uint64(t)
                    best = best_match(
                        ious, thresholds[t], order, split, used, bit, crowd, gts, first
                    )
                    if best >= 0:
                        used[best] |= bit
                        gt = gts[first + best]
                        if not void[gt]:
                            hits |= bit
                        if gt_ignored[bucket, gt]:
                            drops |= bit
                if outside[bucket, slot]:
                    drops |= every & ~hits
                matched[bucket, slot] = hits
                ignored[bucket, slot] = drops
        at += number * (pred_spans[cell, 1] - pred_spans[cell, 0])


@kernel
def counted_first(gts, gt_ignored, order):  # type: ignore[no-untyped-def]
    """Fill order (G,) with 0..G-1, counted ground truths before ignored ones; returns how many count."""
    placed = 0
    for flag in (False, True):
        for j in range(gts.size):
            if gt_ignored[gts[j]] == flag:
                order[placed] = j
                placed += 1
        if not flag:
            split = placed
    return split


@kernel
def best_match(ious, threshold, order, split, used, bit, crowd, gts, first):  # type: ignore[no-untyped-def]
    """The ground truth that one prediction takes at one threshold, or -1.

    Of equal IoU the later one wins; an ignored one only if no counted one reaches the threshold
    (pycocotools cocoeval.py, evaluateImg).
    """
    best = -1
    least = threshold
    for place in range(order.size):
        if place == split and best >= 0:
            break
        j = order[place]
        if used[j] & bit and not crowd[gts[first + j]]:
            continue
        if ious[j] >= least:
            least = ious[j]
            best = j
    return best
