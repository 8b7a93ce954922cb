"""Suppression of boxes and masks: worked examples, and a plain version of every rule."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from segeval import load_predictions
from segeval.ensemble.operators.suppression import Suppressed, adj_nms, matrix_nms, nms, soft_nms
from segeval.ensemble.pools.pool import Pool
from segeval.errors import InputError
from tests.pools import of_boxes, of_masks, one_model, several

BOXES: list[list[float]] = [[0, 0, 10, 10], [0, 0, 10, 8], [0, 5, 10, 15], [20, 20, 30, 30]]
SCORES = [0.9, 0.8, 0.7, 0.6]
STRIPS = [(0, 10), (2, 12), (6, 16)]


def strips() -> Pool:
    """Three strips of a row of 20 pixels."""
    masks = np.zeros((3, 1, 20), np.uint8)
    for mask, (start, stop) in zip(masks, STRIPS, strict=True):
        mask[0, start:stop] = 1
    return one_model(of_masks(masks, [0.9, 0.8, 0.7]))


def scores_by_row(found: Suppressed) -> dict[int, float]:
    """The scores that stay, by row of the pool before, the best first, to six decimals."""
    pairs = zip(found.rows.tolist(), found.pool.score.tolist(), strict=True)
    return {row: round(score, 6) for row, score in sorted(pairs, key=lambda pair: -pair[1])}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (nms, {0: 0.9, 2: 0.7, 3: 0.6}),
        (lambda pool: nms(pool, iou_threshold=0.3), {0: 0.9, 3: 0.6}),
        (lambda pool: soft_nms(pool, kind="linear"), {0: 0.9, 2: 0.7, 3: 0.6, 1: 0.16}),
        (
            lambda pool: soft_nms(pool, kind="linear", iou_threshold=0.3),
            {0: 0.9, 3: 0.6, 2: 0.466667, 1: 0.16},
        ),
        (soft_nms, {0: 0.9, 3: 0.6, 2: 0.560516, 1: 0.205329}),
        (adj_nms, {0: 0.9, 3: 0.6, 2: 0.560516}),
    ],
)
def test_worked_examples_of_boxes(found: Any, expected: dict[int, float]) -> None:
    done = found(one_model(of_boxes(BOXES, SCORES)))
    assert scores_by_row(done) == expected
    assert list(scores_by_row(done)) == list(expected)


def test_worked_examples_of_masks() -> None:
    assert scores_by_row(nms(strips(), iou="segm")) == {0: 0.9, 2: 0.7}
    assert scores_by_row(soft_nms(strips(), iou="segm")) == {0: 0.9, 2: 0.617748, 1: 0.227779}


def test_boxes_do_not_stand_for_masks() -> None:
    diagonals = np.stack([np.eye(4), np.eye(4)[::-1]])
    pool = one_model(of_masks(diagonals, [0.9, 0.8]))
    assert scores_by_row(nms(pool, iou="segm")) == {0: 0.9, 1: 0.8}
    assert scores_by_row(nms(pool, iou="bbox")) == {0: 0.9}


def test_matrix_nms_of_one_pair() -> None:
    pool = one_model(of_boxes([[0, 0, 10, 10], [0, 0, 10, 3]], [0.9, 0.8]))
    assert matrix_nms(pool).pool.score[1] / 0.8 == pytest.approx(math.exp(-0.09 / 0.5))
    assert matrix_nms(pool, kind="linear").pool.score[1] / 0.8 == pytest.approx(0.7)


def test_matrix_nms_spares_what_only_a_copy_overlaps() -> None:
    boxes = [[0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 5]]
    found = scores_by_row(matrix_nms(one_model(of_boxes(boxes, [0.9, 0.8, 0.7])), kind="linear"))
    assert found == {0: 0.9, 2: 0.35}  # row 1 is a copy of row 0: 0.8 * (1 - 1) is below 0.001


def test_the_first_prediction_must_reach_the_least_score_too() -> None:
    found = soft_nms(one_model(of_boxes(BOXES[:1], [0.0005])))
    assert len(found.pool) == 0
    assert found.by.tolist() == [0]


def test_at_the_threshold_only_inclusive_removes() -> None:
    pool = one_model(of_boxes([[0, 0, 10, 10], [0, 0, 10, 5]], [0.9, 0.8]))
    assert len(nms(pool).pool) == 2
    assert len(nms(pool, inclusive=True).pool) == 1


def test_who_removed_whom_is_kept() -> None:
    found = nms(one_model(of_boxes(BOXES, SCORES)))
    assert found.by.tolist() == [-1, 0, -1, -1]


def test_nothing_is_suppressed_across_images_and_classes() -> None:
    here, there = of_boxes(BOXES[:1], [0.9]), of_boxes(BOXES[:1], [0.8], image=2)
    assert len(nms(several([here, there])).pool) == 2


def test_the_order_of_the_models_changes_nothing() -> None:
    boxes = [[0, 0, 5, 5], [0, 0, 5, 4], [0, 1, 5, 5]]
    models = [of_boxes([box], [0.9]) for box in boxes]
    found = set()
    for order in itertools.permutations(models):
        done = nms(several(order), iou_threshold=0.7)
        found.add(done.pool.boxes.tobytes())
    assert len(found) == 1


def test_no_prediction_gives_none() -> None:
    for rule in (nms, soft_nms, adj_nms, matrix_nms):
        assert len(rule(one_model(load_predictions([]))).pool) == 0


@pytest.mark.parametrize("iou_threshold", [-0.1, 1.1, math.nan])
def test_a_threshold_is_a_share(iou_threshold: float) -> None:
    with pytest.raises(InputError, match=r"`iou_threshold` is .*, expected a number from 0 to 1"):
        nms(one_model(of_boxes(BOXES, SCORES)), iou_threshold=iou_threshold)


def plain_iou(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """IoU of two dense masks."""
    common = float((a & b).sum())
    return common / float((a | b).sum()) if common else 0.0


def plain_soft(
    masks: NDArray[np.uint8], scores: list[float], kind: str, min_score: float
) -> dict[int, float]:
    """Soft or hard NMS, in the words of its definition."""
    left, out = dict(enumerate(scores)), {}
    while left:
        top = max(left, key=lambda row: left[row])
        score = left.pop(top)
        if score < min_score:
            break
        out[top] = score
        for row in list(left):
            iou = plain_iou(masks[top], masks[row])
            if kind == "hard":
                if iou > 0.5:
                    del left[row]
                continue
            factor = math.exp(-iou * iou / 0.5) if kind == "gaussian" else 1 - iou * (iou > 0.5)
            left[row] *= factor
            if left[row] < min_score:
                del left[row]
    return out


@given(st.integers(0, 10**9), st.sampled_from(["hard", "linear", "gaussian"]))
def test_bounds_change_nothing(seed: int, kind: Any) -> None:
    rng = np.random.default_rng(seed)
    number = int(rng.integers(1, 9))
    masks = np.zeros((number, 12, 12), np.uint8)
    for mask in masks:
        y, x = rng.integers(0, 9, 2)
        mask[y : y + rng.integers(1, 9), x : x + rng.integers(1, 9)] = 1
        mask &= rng.random((12, 12)) < 0.9
    scores = rng.permutation(np.linspace(0.1, 0.9, number)).tolist()
    pool = one_model(of_masks(masks, scores))
    found = (
        nms(pool, iou="segm")
        if kind == "hard"
        else soft_nms(pool, iou="segm", kind=kind, min_score=0.01)
    )
    expected = plain_soft(masks, scores, kind, 0.0 if kind == "hard" else 0.01)
    got = dict(zip(found.rows.tolist(), found.pool.score.tolist(), strict=True))
    assert got.keys() == expected.keys()
    assert all(got[row] == pytest.approx(expected[row], abs=1e-12) for row in got)
