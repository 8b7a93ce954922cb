"""Greedy matching of predictions to ground truth, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.kernels.promise import kernel
from segeval.metrics.sizes import SizeBucket

MOST_THRESHOLDS = 64
"""The flags of one prediction are the bits of one integer."""


@dataclass(frozen=True, eq=False, repr=False)
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
        matched_bits: bit t is set if matched at threshold t, the smallest unsigned integers that
            have T bits, shape (A, N).
        ignored_bits: bit t is set if it counts neither as true nor as false, likewise.
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
    matched_bits: NDArray[np.unsignedinteger[Any]]
    ignored_bits: NDArray[np.unsignedinteger[Any]]
    gt: NDArray[np.int64]
    gt_image: NDArray[np.int32]
    gt_category: NDArray[np.int32]
    gt_counted: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.prediction)

    def __repr__(self) -> str:
        """One line: how many predictions and ground truths were judged."""
        return f"Matches({len(self):,} predictions, {len(self.gt):,} ground truths)"

    @property
    def category(self) -> NDArray[np.int32]:
        """Index of the category of each row in category_ids, int32, shape (N,)."""
        counts = np.diff(self.offsets)
        return np.repeat(np.arange(len(counts), dtype=np.int32), counts)

    def matched(self, iou: float = 0.5, size: str = "all") -> NDArray[np.bool_]:
        """Whether each prediction is matched at one threshold, for one size bucket, shape (N,).

        True positives are those matched and not `ignored`: a match with a crowd region, or with a
        ground truth outside the bucket, counts neither way.

        Raises:
            InputError: if the threshold or the bucket is not among those evaluated.

        Example:
            >>> from segeval import average_precision
            >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
            >>> gt = {
            ...     "images": [{"id": 1}],
            ...     "categories": [{"id": 1}],
            ...     "annotations": [{**box, "id": 1, "area": 81, "iscrowd": 0}],
            ... }
            >>> result = average_precision([{**box, "score": 0.9}], gt, iou="bbox")
            >>> result.matches.matched(iou=0.75)
            array([ True])
        """
        return self._flag(self.matched_bits, iou, size)

    def ignored(self, iou: float = 0.5, size: str = "all") -> NDArray[np.bool_]:
        """Whether each prediction is left out of the count; arguments and errors as `matched`."""
        return self._flag(self.ignored_bits, iou, size)

    def _flag(
        self, bits: NDArray[np.unsignedinteger[Any]], iou: float, size: str
    ) -> NDArray[np.bool_]:
        place = threshold_index(self.thresholds, iou)
        if place is None:
            shown = ", ".join(f"{threshold:g}" for threshold in self.thresholds)
            raise InputError(f"iou is {iou}, expected one of {shown}", code="threshold")
        names = [bucket.name for bucket in self.buckets]
        if size not in names:
            raise InputError(f"size is {size!r}, expected one of {', '.join(names)}", code="size")
        flags: NDArray[np.bool_] = bits[names.index(size)] & bits.dtype.type(1 << place) != 0
        return flags


def threshold_index(thresholds: NDArray[np.float64], iou: float) -> int | None:
    """Place of a threshold among those evaluated, or None; 0.9 finds 0.8999999999999999."""
    near = np.flatnonzero(np.abs(thresholds - iou) < 1e-9)
    return int(near[0]) if len(near) else None


@kernel
def match_cells(
    pred_spans: NDArray[np.int64],
    preds: NDArray[np.int64],
    slots: NDArray[np.int64],
    gt_spans: NDArray[np.int64],
    gts: NDArray[np.int64],
    iou: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    gt_ignored: NDArray[np.bool_],
    crowd: NDArray[np.bool_],
    void: NDArray[np.bool_],
    matched: NDArray[np.unsignedinteger[Any]],
    ignored: NDArray[np.unsignedinteger[Any]],
) -> None:
    """Match C cells greedily, in the order of scores, for every bucket and threshold at once.

    At a threshold a prediction takes the free ground truth of highest IoU, of equal ones the last;
    an ignored one only if no counted one reaches the threshold (pycocotools cocoeval.py,
    evaluateImg). So, going through ground truths by falling IoU, each takes all the thresholds that
    it reaches, at which it is free, and that none before it took: sets of thresholds are bits.

    pred_spans and gt_spans (C, 2) cut preds and gts (rows); iou holds the (D, G) matrices of the
    cells end to end. gt_ignored (A, G) bool; crowd (G,): may be matched any number of times; void
    (G,): takes a prediction that then counts as unmatched. Sets matched and ignored (A, N) at
    slots[row], where ignored holds what becomes of a prediction that stays unmatched.
    """
    buckets = gt_ignored.shape[0]
    widest = 0
    for cell in range(pred_spans.shape[0]):
        widest = max(widest, gt_spans[cell, 1] - gt_spans[cell, 0])
    used = np.empty((buckets, widest), np.uint64)  # thresholds at which a ground truth is taken
    order = np.empty(widest, np.int64)
    at = 0
    for cell in range(pred_spans.shape[0]):
        first = gt_spans[cell, 0]
        number = gt_spans[cell, 1] - first
        used[:, :number] = 0
        for i in range(pred_spans[cell, 0], pred_spans[cell, 1]):
            near = by_falling_iou(iou[at : at + number], thresholds[0], order)
            slot = slots[preds[i]]
            for bucket in range(buckets if near else 0):
                hits = np.uint64(0)
                drops = np.uint64(0)
                taken = np.uint64(0)
                for only_ignored in (False, True):
                    for place in range(near):
                        j = order[place]
                        gt = gts[first + j]
                        if gt_ignored[bucket, gt] != only_ignored:
                            continue
                        bits = reached(iou[at + j], thresholds) & ~taken
                        if not crowd[gt]:
                            bits &= ~used[bucket, j]
                            used[bucket, j] |= bits
                        taken |= bits
                        if not void[gt]:
                            hits |= bits
                        if only_ignored:
                            drops |= bits
                matched[bucket, slot] = hits
                ignored[bucket, slot] = drops | (np.uint64(ignored[bucket, slot]) & ~hits)
            at += number


@kernel
def by_falling_iou(iou: NDArray[np.float64], least: float, order: NDArray[np.int64]) -> int:
    """Fill order with the columns whose IoU reaches `least`, highest first, of equal ones the last.

    Returns how many there are.
    """
    near = 0
    for j in range(iou.size):
        if iou[j] < least:
            continue
        place = near
        while place > 0 and iou[order[place - 1]] <= iou[j]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = j
        near += 1
    return near


@kernel
def reached(iou: float, thresholds: NDArray[np.float64]) -> np.uint64:
    """The thresholds up to an IoU, as bits."""
    bits = np.uint64(0)
    for t in range(thresholds.size):
        if iou >= thresholds[t]:
            bits |= np.uint64(1) << np.uint64(t)
    return bits
