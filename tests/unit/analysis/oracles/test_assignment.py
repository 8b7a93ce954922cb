"""The assignment with most pairs and then the largest IoU, against all assignments."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.analysis.oracles.assignment import assigned


def best_by_trying(iou: NDArray[np.float64]) -> tuple[int, float]:
    """Most pairs, and the largest total of so many, of a matrix with 0 for no pair."""
    rows, gts = iou.shape
    choices = [*range(rows), *[-1] * gts]
    found = {
        (sum(iou[r, g] > 0 for g, r in enumerate(each) if r >= 0), round(
            sum(iou[r, g] for g, r in enumerate(each) if r >= 0), 12))
        for each in permutations(choices, gts)
        if all(r < 0 or iou[r, g] > 0 for g, r in enumerate(each))
    }  # fmt: skip
    return max(found)


@pytest.mark.parametrize("seed", range(40))
def test_most_pairs_then_most_iou(seed: int) -> None:
    rng = np.random.default_rng(seed)
    iou = np.where(rng.random((4, 4)) < 0.5, rng.choice([0.5, 0.6, 0.75, 0.9, 1], (4, 4)), 0)
    row, gt = np.nonzero(iou)
    taken = assigned(row, gt, iou[row, gt], 4, 4)
    pairs = [(r, g) for g, r in enumerate(taken.tolist()) if r >= 0]
    assert len({r for r, _ in pairs}) == len(pairs)
    total = round(sum(float(iou[r, g]) for r, g in pairs), 12)
    assert (len(pairs), total) == best_by_trying(iou)


@pytest.mark.parametrize("seed", range(40))
def test_without_iou_only_the_number_of_pairs_counts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    iou = np.where(rng.random((5, 5)) < 0.3, 1.0, 0.0)
    row, gt = np.nonzero(iou)
    taken = assigned(row, gt, np.zeros(len(row)), 5, 5)
    pairs = [(r, g) for g, r in enumerate(taken.tolist()) if r >= 0]
    assert all(iou[r, g] for r, g in pairs)
    assert len({r for r, _ in pairs}) == len(pairs) == best_by_trying(iou)[0]


def test_greedy_would_lose_a_pair() -> None:
    # the first prediction fits both objects, the second only the one that greed would give away
    row, gt, iou = np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([0.9, 0.6, 0.5])
    assert assigned(row, gt, iou, 2, 2).tolist() == [1, 0]


def test_nothing_can_be_assigned_to_nothing() -> None:
    none = np.empty(0, np.int64)
    assert assigned(none, none, np.empty(0), 0, 0).tolist() == []
    assert assigned(none, none, np.empty(0), 3, 2).tolist() == [-1, -1]


def test_a_long_chain_is_turned_as_a_whole() -> None:
    # object k fits predictions k and k + 1; the last object fits only prediction 0
    number = 200
    gt = np.concatenate([np.arange(number), np.arange(number), [number]])
    row = np.concatenate([np.arange(number), np.arange(number) + 1, [0]])
    iou = np.concatenate([np.full(number, 0.9), np.full(number, 0.5), [0.5]])
    taken = assigned(row, gt, iou, number + 1, number + 1)
    assert taken.tolist() == [*range(1, number + 1), 0]
