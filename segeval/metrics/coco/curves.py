"""From matches to precision and recall."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError, ShapeError
from segeval.frozen import frozen
from segeval.kernels.promise import kernel, uninterruptible
from segeval.kernels.threads import map_slices
from segeval.metrics.coco.ordered_mean import ordered_mean
from segeval.words import counted

RECALLS = np.linspace(0.0, 1.0, 101)
"""The 101 recall points of COCO, to the last bit; some differ from i / 100."""

EPSILON = float(np.spacing(1.0))
"""Added to the denominator of a precision, as the official packages do."""


@frozen(eq=False)
class Groups:
    """Predictions and ground truths that share a precision-recall curve.

    Attributes:
        rows: rows of `Matches` by group, each in the order of its curve, int64, shape (n,).
        offsets: group k has `rows[offsets[k]:offsets[k + 1]]`, int64, shape (groups + 1,).
        gt_group: the group of each ground truth, -1 for none, int64, shape (G,).
    """

    rows: NDArray[np.int64]
    offsets: NDArray[np.int64]
    gt_group: NDArray[np.int64]


@frozen(eq=False, repr=False)
class Curves:
    """Precision and recall of groups of predictions, such as the categories, in one size bucket.

    Most categories of a long list may have no ground truth. They take no memory.

    Attributes:
        defined: interpolated precision at the largest cap of the L groups with ground truth,
            float64, shape (L, T, R).
        recall: the largest at every cap, float64, shape (K, D, T); -1 where undefined.
        gt: counted ground truths of each group, weighted, int64, shape (K,).
        thresholds: the IoU thresholds, float64, shape (T,).
    """

    defined: NDArray[np.float64]
    recall: NDArray[np.float64]
    gt: NDArray[np.int64]
    thresholds: NDArray[np.float64]

    def __repr__(self) -> str:
        """One line: how many curves there are."""
        groups, thresholds = len(self.gt), len(self.thresholds)
        gt = counted(int(self.gt.sum()), "ground truth")
        return f"Curves({counted(groups, 'group')}, {counted(thresholds, 'threshold')}, {gt})"

    @property
    def precision(self) -> NDArray[np.float64]:
        """Interpolated precision at the largest cap, float64, shape (K, T, R); -1 if undefined."""
        if len(self.defined) == len(self.gt):
            return self.defined
        every = np.full((len(self.gt), *self.defined.shape[1:]), -1.0)
        every[self.gt > 0] = self.defined
        return every

    @property
    def mean_precision(self) -> NDArray[np.float64] | None:
        """Precision, the mean over groups with ground truth, float64, shape (T, R); None if none.

        The area below a threshold's curve is its AP.
        """
        return self.defined.mean(axis=0) if len(self.defined) else None

    def by_group(self, threshold: int | None = None) -> NDArray[np.float64]:
        """Mean precision of every group over thresholds and recall points; NaN if undefined.

        Args:
            threshold: place of the one IoU threshold to use, None for all.

        Returns:
            Fractions, float64, shape (K,).
        """
        groups, thresholds, points = self.defined.shape
        values = self.defined.reshape(groups, thresholds * points)
        if threshold is not None:
            values = self.defined[:, threshold]
        found = np.full(len(self.gt), np.nan)
        found[self.gt > 0] = values.mean(axis=1)
        return found

    def ap(
        self, iou: float | None = None, *, groups: NDArray[np.intp] | None = None
    ) -> float | None:
        """Mean precision over thresholds (or at one), recall points and defined groups.

        The values are added in the official packages' order: thresholds, recall points, groups.

        Args:
            iou: the one IoU threshold to use, None for all.
            groups: places of the groups to use, None for all.

        Returns:
            A fraction; None if no group has ground truth.

        Raises:
            InputError: for a threshold that was not evaluated.
        """
        chosen = self._defined(groups)
        values = self.defined
        if len(chosen) < len(values) or groups is not None:
            values = values[(np.cumsum(self.gt > 0) - 1)[chosen]]
        if iou is not None:
            place = threshold_index(self.thresholds, iou)
            if place is None:
                raise unknown_threshold(self.thresholds, iou)
            values = values[:, place : place + 1]
        return ordered_mean(values) if len(chosen) else None

    def ar(self, cap: int = -1, *, groups: NDArray[np.intp] | None = None) -> float | None:
        """Mean over thresholds and defined groups of the largest recall under a cap.

        Args:
            cap: place of the cap, by default the largest.
            groups: places of the groups to use, None for all.
        """
        chosen = self._defined(groups)
        return float(self.recall[chosen, cap].T.ravel().mean()) if len(chosen) else None

    def _defined(self, groups: NDArray[np.intp] | None) -> NDArray[np.intp]:
        """Those of the groups that have ground truth."""
        if groups is None:
            return np.flatnonzero(self.gt)
        return groups[self.gt[groups] > 0]


def threshold_index(thresholds: NDArray[np.float64], iou: float) -> int | None:
    """Place of a threshold among those evaluated, or None; 0.9 finds 0.8999999999999999."""
    near = np.flatnonzero(np.abs(thresholds - iou) < 1e-9)
    return int(near[0]) if len(near) else None


def half_or_first(thresholds: NDArray[np.float64]) -> float:
    """IoU 0.50 if it is among the thresholds evaluated, else the first of them."""
    return 0.5 if threshold_index(thresholds, 0.5) is not None else float(thresholds[0])


def unknown_threshold(thresholds: NDArray[np.float64], iou: float) -> InputError:
    """The error for a threshold that was not evaluated."""
    shown = ", ".join(f"{threshold:g}" for threshold in thresholds)
    return InputError(
        f"`iou` is {iou}, expected one of {shown}", code="unknown-threshold", option="iou"
    )


def precision_recall(
    *,
    matched: NDArray[np.unsignedinteger[Any]],
    ignored: NDArray[np.unsignedinteger[Any]],
    copies: NDArray[np.integer[Any]],
    offsets: NDArray[np.int64],
    positives: NDArray[np.int64],
    thresholds: NDArray[np.float64],
    points: NDArray[np.float64] = RECALLS,
    workers: int | None = None,
) -> Curves:
    """Interpolated precision and largest recall of groups of predictions.

    Args:
        matched: bit t is set if matched at threshold t, unsigned, shape (N,), by group and score.
        ignored: bit t is set if left out of the count at threshold t, like matched.
        copies: how many times each prediction counts under each of D increasing caps, shape
            (D, N); precision is taken at the last cap.
        offsets: group k has the rows `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        positives: counted ground truths of each group, int64, shape (K,).
        thresholds: T IoU thresholds, float64, shape (T,).
        points: R recall points from 0 on, rising, float64, shape (R,).
        workers: threads, None for all cores.

    Raises:
        ShapeError: if the columns differ in length, or offsets leave them.

    Source:
        pycocotools cocoeval.py, accumulate.
    """
    groups = len(positives)
    rows = matched.shape
    if ignored.shape != rows or copies.shape[1:] != rows or len(thresholds) > 64:
        raise ShapeError(
            f"there are {matched.shape} matched, {ignored.shape} ignored and {copies.shape} copies "
            f"at {len(thresholds)} thresholds, expected (N,), (N,) and (D, N) at up to 64.",
            code="columns",
        )
    rises = len(offsets) == groups + 1 and bool((offsets[1:] >= offsets[:-1]).all())
    if not rises or offsets[0] < 0 or offsets[-1] > len(matched):
        raise ShapeError(
            f"the offsets of {groups} groups do not rise from 0 to at most {len(matched)} rows.",
            code="columns",
            field="offsets",
        )
    is_defined = positives > 0
    slots = np.cumsum(is_defined) - 1
    precision = np.zeros((int(is_defined.sum()), len(thresholds), len(points)))
    recall = np.full((groups, len(copies), len(thresholds)), -1.0)

    def fill_slice(start: int, stop: int) -> None:
        accumulate(
            matched, ignored, copies, offsets[start : stop + 1], positives[start:stop], points,
            EPSILON, slots[start:stop], precision, recall[start:stop],
        )  # fmt: skip

    map_slices(fill_slice, groups, workers, least=4)
    return Curves(precision, recall, positives, thresholds)


@kernel
def accumulate(
    matched: NDArray[np.unsignedinteger[Any]],
    ignored: NDArray[np.unsignedinteger[Any]],
    copies: NDArray[np.integer[Any]],
    offsets: NDArray[np.int64],
    positives: NDArray[np.int64],
    points: NDArray[np.float64],
    epsilon: float,
    slots: NDArray[np.int64],
    precision: NDArray[np.float64],
    recall: NDArray[np.float64],
) -> None:
    """Fill precision (L, T, R) at slots (K,) and recall (K, D, T) of K groups; see there.

    Groups without positives are left out; precision is 0 beforehand.

    The first pass counts true and false positives. The second walks back from the lowest score,
    over rows that are not false at every threshold: the best precision at or beyond a recall is
    known once that recall is passed.

    Assumes columns of one length and offsets within them, proven by `precision_recall`.
    """
    caps, number = recall.shape[1], recall.shape[2]
    last = caps - 1
    every = all_bits(number)
    longest = 0
    for group in range(positives.size):
        longest = max(longest, offsets[group + 1] - offsets[group])
    rows = np.empty(longest, np.int64)  # those that are not false at every threshold
    false_all = np.empty(longest, np.int64)  # how many others precede each of them
    false = np.zeros(number, np.int64)  # the other false ones, by threshold
    true = np.zeros((caps, number), np.int64)
    best = np.zeros(number, np.float64)
    point = np.zeros(number, np.int64)
    for group in range(positives.size):
        if positives[group] == 0:
            continue
        true[:] = 0
        false[:] = 0
        passed = np.int64(0)
        found = 0
        for row in range(offsets[group], offsets[group + 1]):
            times = np.int64(copies[last, row])
            if times == 0:
                continue
            hits, misses = hits_and_misses(matched[row], ignored[row], every)
            if misses == every:
                passed += times
                continue
            rows[found] = row
            false_all[found] = passed
            found += 1
            count_row(hits, misses, copies, row, true, false)
        for t in range(number):
            for cap in range(caps):
                recall[group, cap, t] = true[cap, t] / positives[group]
        slot = slots[group]
        best[:] = 0.0
        point[:] = points.size - 1
        for place in range(found - 1, -1, -1):
            row = rows[place]
            times = np.int64(copies[last, row])
            hits, misses = hits_and_misses(matched[row], ignored[row], every)
            settle_row(
                (hits, misses),
                int(times),
                int(false_all[place]),
                int(positives[group]),
                points,
                epsilon,
                (true[last], false, best, point),
                precision[slot],
            )


@uninterruptible
def all_bits(number: int) -> np.uint64:
    """The bits of 1 to 64 thresholds, all set."""
    return (np.uint64(1) << np.uint64(number - 1) << np.uint64(1)) - np.uint64(1)


@uninterruptible
def hits_and_misses(matched: Any, ignored: Any, every: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The bits of the thresholds at which a row is true, and at which it is false."""
    drops = np.uint64(ignored)
    hits = np.uint64(matched) & ~drops
    return hits, every & ~(hits | drops)


@uninterruptible
def count_row(
    hits: np.uint64,
    misses: np.uint64,
    copies: NDArray[np.integer[Any]],
    row: int,
    true: NDArray[np.int64],
    false: NDArray[np.int64],
) -> None:
    """Count a row, by its bits, among true (D, T) and false positives (T,)."""
    last = true.shape[0] - 1
    for t in range(false.size):
        bit = np.uint64(1) << np.uint64(t)
        if hits & bit:
            for cap in range(last, -1, -1):
                if copies[cap, row] == 0:
                    break
                true[cap, t] += np.int64(copies[cap, row])
        elif misses & bit:
            false[t] += np.int64(copies[last, row])


@uninterruptible
def settle_row(
    bits: tuple[np.uint64, np.uint64],
    times: int,
    before: int,
    positives: int,
    points: NDArray[np.float64],
    epsilon: float,
    state: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]],
    precision: NDArray[np.float64],
) -> None:
    """Take a row back, and fill precision (T, R) at the recalls that it alone reaches.

    Args: bits: where it is true and false; times: its copies; before: rows ahead of it that are
    false at every threshold; state (T,): true and other false positives up to it, the best
    precision behind it, and the highest recall that is not filled.
    """
    hits, misses = bits
    true, false, best, point = state
    for t in range(true.size):
        bit = np.uint64(1) << np.uint64(t)
        if misses & bit:
            false[t] -= times
        elif hits & bit:
            n = true[t]  # its copies are the true positives up to the n-th
            best[t] = max(best[t], n / (before + false[t] + n + epsilon))
            p = point[t]
            while p >= 0 and points[p] > n / positives:
                p -= 1
            true[t] = n - times
            lower = true[t] / positives if true[t] > 0 else -1.0
            while p >= 0 and points[p] > lower:
                precision[t, p] = best[t]
                p -= 1
            point[t] = p
