"""Fusion in clusters: worked examples, and what must not change a fusion."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.ensemble.operators.fusion import Confidence, nmw, wbf
from segeval.ensemble.operators.merged import Merged
from segeval.errors import InputError
from tests.pools import of_boxes, several

FIRST = of_boxes([[0.1, 0.1, 0.5, 0.5]], [0.9])
SECOND = of_boxes([[0.1, 0.1, 0.5, 0.46]], [0.6])
NOTHING = of_boxes([], [])


def fused(
    models: Sequence[Predictions],
    weights: Sequence[float] | None = None,
    confidence: Confidence = "absent_aware",
) -> Merged:
    """The boxes of some models by WBF."""
    own = np.array(weights or [1.0] * len(models))
    return wbf(several(models, own.tolist()), own[:, np.newaxis], confidence=confidence)


@pytest.mark.parametrize(("weights", "y1", "score"), [([1, 1], 0.484, 0.75), ([2, 1], 0.49, 0.8)])
def test_two_models_that_agree(weights: list[float], y1: float, score: float) -> None:
    for confidence in ("absent_aware", "avg", "model_avg"):
        found = fused([FIRST, SECOND], weights, confidence)
        assert found.boxes[0, 3] == pytest.approx(y1)
        assert found.score.tolist() == pytest.approx([score])


@pytest.mark.parametrize(
    ("weights", "confidence", "score"),
    [([1, 1], "absent_aware", 0.45), ([2, 1], "absent_aware", 0.6), ([1, 1], "max", 0.9)],
)
def test_a_silent_model_lowers_the_score(
    weights: list[float], confidence: Confidence, score: float
) -> None:
    assert fused([FIRST, NOTHING], weights, confidence).score.tolist() == pytest.approx([score])


@pytest.mark.parametrize(
    ("confidence", "score"),
    [("avg", 0.566667), ("model_avg", 0.283333), ("absent_aware", 0.425), ("max", 0.9)],
)
def test_two_boxes_of_one_model_of_three(confidence: Confidence, score: float) -> None:
    twice = of_boxes([[0, 0, 10, 10], [0, 0, 10, 10]], [0.9, 0.8])
    found = fused([twice, NOTHING, NOTHING], confidence=confidence)
    assert found.score.tolist() == pytest.approx([score], abs=1e-6)


def test_a_model_that_repeats_itself_gains_nothing() -> None:
    twice = of_boxes([[0, 0, 10, 10], [0, 0, 10, 10]], [1, 1])
    other = of_boxes([[50, 50, 60, 60]], [0.5])
    assert fused([twice, other], [2, 1], "overflow").score.max() == pytest.approx(4 / 3)
    assert fused([twice, other], [2, 1]).score.max() == pytest.approx(0.8)


def test_models_that_do_not_know_the_class_are_not_silent() -> None:
    pool = several([FIRST, NOTHING])
    assert wbf(pool, np.array([[1.0], [np.nan]])).score.tolist() == [0.9]


@pytest.mark.parametrize("confidence", get_args(Confidence))
@pytest.mark.parametrize("other", [0.5, np.nan])
def test_a_model_of_weight_0_gives_scores_of_0(confidence: Confidence, other: float) -> None:
    pool = several([FIRST, NOTHING], [0.0, 0.5])
    found = wbf(pool, np.array([[0.0], [other]]), confidence=confidence)
    assert found.score.tolist() == [0]


def test_rows_with_few_votes_are_left_out() -> None:
    pool, coverage = several([FIRST, NOTHING]), np.ones((2, 1))
    assert len(wbf(pool, coverage, min_votes=2)) == 0
    assert len(wbf(several([FIRST, SECOND]), coverage, min_votes=2)) == 1
    assert len(wbf(several([FIRST]), np.ones((1, 1)), min_votes=2)) == 1


def test_a_cluster_of_many_boxes_is_at_their_weighted_mean() -> None:
    scores = [0.9 - 0.05 * place for place in range(12)]
    boxes = [[0.01 * place, 0.0, 10.0, 10.0] for place in range(12)]
    found = fused([of_boxes([box], [score]) for box, score in zip(boxes, scores, strict=True)])
    x0 = sum(box[0] * score for box, score in zip(boxes, scores, strict=True)) / sum(scores)
    assert found.boxes.tolist() == [pytest.approx([x0, 0, 10, 10])]
    assert found.score.tolist() == pytest.approx([sum(scores) / 12])
    assert found.members.tolist() == list(range(12))


def test_clusters_are_those_of_a_plain_search_for_the_best_mean_box() -> None:
    rng = np.random.default_rng(0)
    corner = rng.random((60, 2)) * 30
    boxes = np.concatenate([corner, corner + 10 + rng.random((60, 2)) * 10], axis=1)
    scores = np.sort(rng.random(60))[::-1]
    clusters: list[list[int]] = []
    for row, box in enumerate(boxes):
        means = [np.average(boxes[each], axis=0, weights=scores[each]) for each in clusters]
        ious = [iou(box, mean) for mean in means]
        if ious and max(ious) > 0.55:
            clusters[int(np.argmax(ious))].append(row)
        else:
            clusters.append([row])
    found = fused([of_boxes(boxes.tolist(), scores.tolist())])
    assert 10 < len(clusters) < 50
    assert found.members.tolist() == [row for each in clusters for row in each]
    assert np.diff(found.offsets).tolist() == [len(each) for each in clusters]


def iou(box: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """IoU of two boxes x0, y0, x1, y1."""
    sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    common = np.prod(np.maximum(sides, 0))
    areas = [np.prod(each[2:] - each[:2]) for each in (box, other)]
    return float(common / (areas[0] + areas[1] - common))


def test_nmw_of_the_worked_example() -> None:
    found = nmw(several([FIRST, SECOND]))
    assert found.boxes[0, 3] == pytest.approx(0.485)
    assert found.score.tolist() == [0.9]


def test_boxes_apart_stay_as_they_are() -> None:
    boxes = [[0.0, 0, 3, 3], [10, 10, 13.3, 13.7]]
    found = fused([of_boxes(boxes, [0.9, 0.3])])
    assert found.boxes.tolist() == boxes
    assert found.score.tolist() == [0.9, 0.3]
    assert not found.moved.any()  # type: ignore[union-attr]


def test_another_confidence_is_refused() -> None:
    with pytest.raises(InputError, match="`confidence` is 'mean', expected one of absent_aware"):
        fused([FIRST], confidence="mean")  # type: ignore[arg-type]


def rows_of(found: Merged) -> NDArray[np.float64]:
    """Scores and boxes, in the canonical order."""
    best = found.best(None)
    return np.concatenate([best.score[:, np.newaxis], best.boxes], axis=1)


def random_models(seed: int, number: int) -> list[Predictions]:
    """Boxes around a few places."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(number):
        count = int(rng.integers(1, 6))
        corner = rng.choice([0, 20, 40], (count, 1)) + rng.integers(0, 4, (count, 2))
        boxes = np.concatenate([corner, corner + rng.integers(6, 12, (count, 2))], axis=1)
        found.append(of_boxes(boxes.tolist(), rng.choice([0.2, 0.5, 0.5, 0.9], count).tolist()))
    return found


@given(st.integers(0, 10**9))
def test_the_order_of_models_changes_nothing(seed: int) -> None:
    models = random_models(seed, 3)
    found = {rows_of(fused(order)).tobytes() for order in itertools.permutations(models)}
    assert len(found) == 1


@given(st.integers(0, 10**9))
def test_every_model_twice_gives_the_same(seed: int) -> None:
    models = random_models(seed, 2)
    once, twice = rows_of(fused(models)), rows_of(fused([*models, *models]))
    assert np.allclose(once, twice, atol=1e-12)


@given(st.integers(0, 10**9))
def test_scores_stay_between_zero_and_the_best_of_the_members(seed: int) -> None:
    found = fused(random_models(seed, 3))
    best = np.maximum.reduceat(found.pool.score[found.members], found.offsets[:-1])
    assert ((found.score >= 0) & (found.score <= best + 1e-12)).all()


@given(st.integers(0, 10**9))
def test_terms_add_up_to_the_score(seed: int) -> None:
    found = fused(random_models(seed, 3))
    assert np.allclose(sum(found.terms.values()), found.score, atol=1e-15)
