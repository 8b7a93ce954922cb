"""Matching of one cell, against the loops of the official package."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from segeval.metrics.coco.greedy import FEW, match_cells

THRESHOLDS = np.linspace(0.5, 0.95, 10)


def matched(
    iou: NDArray[np.float64],
    ignore: NDArray[np.bool_],
    crowd: NDArray[np.bool_],
    *,
    block: int = 1000,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each of D predictions is matched, and ignored, at each threshold, shape (D, T)."""
    preds, gts = iou.shape
    hits, drops = np.zeros((1, preds), np.uint16), np.zeros((1, preds), np.uint16)
    rows, used = np.arange(preds), np.empty((1, gts), np.uint64)
    for begin in range(0, preds, block):
        some = iou[begin : begin + block]
        match_cells(
            np.array([[begin, begin + len(some)]]), rows, rows, np.array([[0, gts]]),
            np.arange(gts), some.ravel(), THRESHOLDS, ignore[None], crowd, np.zeros(gts, np.bool_),
            used, begin == 0, hits, drops,
        )  # fmt: skip
    bits = 1 << np.arange(len(THRESHOLDS))
    return (hits[0][:, None] & bits) > 0, (drops[0][:, None] & bits) > 0


def matched_by_loops(
    iou: NDArray[np.float64], ignore: NDArray[np.bool_], crowd: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The same as pycocotools' evaluateImg goes about it, ground truth to be ignored last."""
    preds, gts = iou.shape
    hits, drops = (np.zeros((preds, len(THRESHOLDS)), np.bool_) for _ in range(2))
    order = np.argsort(ignore, kind="stable")
    for t, threshold in enumerate(THRESHOLDS):
        taken = np.zeros(gts, np.bool_)
        for pred in range(preds):
            best, found = threshold, -1
            for gt in order:
                if taken[gt] and not crowd[gt]:
                    continue
                if found > -1 and not ignore[found] and ignore[gt]:
                    break
                if iou[pred, gt] >= best:
                    best, found = iou[pred, gt], gt
            if found > -1:
                taken[found] = hits[pred, t] = True
                drops[pred, t] = ignore[found]
    return hits, drops


@pytest.mark.parametrize("gts", [1, FEW - 1, FEW, FEW + 1, 3 * FEW, 100])
@pytest.mark.parametrize("levels", [1, 4, 20, 10**6])
def test_ties_crowds_and_ignored_objects_match_as_in_the_official_loops(
    gts: int, levels: int
) -> None:
    rng = np.random.default_rng(gts * levels)
    iou = np.maximum(rng.integers(0, levels + 1, (30, gts)) / levels, 0.25)
    ignore, crowd = rng.random(gts) < 0.3, rng.random(gts) < 0.1
    ignore |= crowd
    expected = matched_by_loops(iou, ignore, crowd)
    for found in (matched(iou, ignore, crowd), matched(iou, ignore, crowd, block=7)):
        assert_array_equal(found[0], expected[0])
        assert_array_equal(found[1], expected[1])


def test_an_iou_that_is_no_number_matches_nothing_and_disturbs_no_order() -> None:
    iou = np.array([[0.6, np.nan, 0.9]])
    hits, _ = matched(iou, np.zeros(3, np.bool_), np.zeros(3, np.bool_))
    assert hits[0].tolist() == [True] * 9 + [False]


def test_many_equal_objects_take_n_log_n_steps_a_prediction() -> None:
    nothing = np.zeros(30_000, np.bool_)
    iou = np.ones((50, 30_000))
    matched(iou[:1], nothing, nothing)  # compiles
    begin = time.process_time()
    hits, _ = matched(iou, nothing, nothing)
    assert hits.all()
    assert time.process_time() - begin < 3  # 0.1 s; each with each would be 20 s
