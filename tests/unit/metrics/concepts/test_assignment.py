"""Pairs of the largest sum, against all pairings there are."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.metrics.concepts.assignment import NO_PAIR, paired_iou


def paired(iou: NDArray[np.float64]) -> NDArray[np.float64]:
    """`paired_iou` of one image, from a matrix (D, G)."""
    preds, gts = iou.shape
    pred, gt = np.nonzero(iou)
    pairs = np.array([0, len(pred)])
    ends = np.array([0, preds]), np.array([0, gts])
    return paired_iou(*ends, pairs, pred, gt, iou[pred, gt])


def largest_sum(iou: NDArray[np.float64]) -> float:
    """The largest sum of any pairing."""
    short = iou if len(iou) <= iou.shape[1] else iou.T
    rows = np.arange(len(short))
    return max(
        float(short[rows, list(columns)].sum())
        for columns in permutations(range(short.shape[1]), len(short))
    )


@pytest.mark.parametrize("steps", [3, 1000])
def test_no_other_pairing_has_a_larger_sum(steps: int) -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        iou = rng.integers(0, steps, rng.integers(1, 6, 2)) / steps
        found = paired(iou)
        assert (found != NO_PAIR).sum() == min(iou.shape)
        assert found[found != NO_PAIR].sum() == pytest.approx(largest_sum(iou), abs=1e-12)


def test_each_prediction_has_the_iou_of_an_object_of_its_own() -> None:
    iou = np.array([[0.9, 0.6], [0.8, 0.0], [0.7, 0.1]])
    assert paired(iou).tolist() == [0.6, 0.8, NO_PAIR]


def test_of_equal_pairings_it_is_that_of_scipy() -> None:
    # linear_sum_assignment of SciPy 1.17 takes (0, 0) and (1, 1) of all three
    assert paired(np.full((2, 2), 0.5)).tolist() == [0.5, 0.5]
    three = np.array([[0.5, 0.25], [0.5, 0.25], [0.0, 0.25]])
    assert paired(three).tolist() == [0.5, 0.25, NO_PAIR]
    assert paired(np.array([[0.75, 0.5], [0.5, 0.25]])).tolist() == [0.75, 0.25]


def test_images_do_not_depend_on_each_other_or_on_threads() -> None:
    rng = np.random.default_rng(1)
    images = [rng.random(rng.integers(0, 4, 2)) for _ in range(600)]
    ends = (
        np.concatenate([[0], np.cumsum([size(own) for own in images])]).astype(np.int64)
        for size in (len, lambda own: own.shape[1], lambda own: own.size)
    )
    places = [np.indices(own.shape).reshape(2, -1) for own in images]
    pred, gt = np.concatenate(places, axis=1).astype(np.int64)
    iou = np.concatenate([own.ravel() for own in images])
    preds, gts, pairs = ends
    alone = np.concatenate([paired(own) for own in images])
    for workers in (1, 4):
        found = paired_iou(preds, gts, pairs, pred, gt, iou, workers)
        assert np.array_equal(found, alone)
