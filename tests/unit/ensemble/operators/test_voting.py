"""Votes of boxes: worked examples and the rules of supporters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.data import load_predictions
from segeval.data.synthetic import furniture
from segeval.ensemble.operators.fusion import wbf
from segeval.ensemble.operators.merged import SUPPORT
from segeval.ensemble.operators.suppression import nms
from segeval.ensemble.operators.voting import vote
from segeval.ensemble.pools.pool import pooled
from segeval.errors import InputError
from tests.pools import of_boxes, several
from tests.unit.ensemble.operators.test_clusters import random_models

ANCHOR = of_boxes([[100, 100, 200, 200]], [0.8])
NEAR = [of_boxes([[104, 98, 204, 202]], [0.7]), of_boxes([[96, 100, 196, 204]], [0.5])]


def test_the_worked_example() -> None:
    pool = several([ANCHOR, *NEAR])
    found = vote(pool, anchors=nms(pool))
    assert found.score.tolist() == pytest.approx([0.86])
    assert found.boxes.tolist() == [pytest.approx([100, 99.7, 200, 200.9])]
    assert found.members.tolist() == [0, 1, 2]


def test_the_formula_as_printed_pulls_boxes_to_the_corner() -> None:
    pool = several([ANCHOR, *NEAR])
    found = vote(pool, anchors=nms(pool), literal=True)
    assert found.boxes.tolist() == [pytest.approx([85, 84.85, 170, 170.45])]


@pytest.mark.parametrize("k", [1, 2, 3, 10])
def test_at_most_k_supporters_count(k: int) -> None:
    pool = several([ANCHOR, *NEAR, of_boxes([[100, 100, 200, 201]], [0.1])])
    found = vote(pool, anchors=nms(pool), k=k)
    gains = [0.1, 0.7, 0.5]  # by falling IoU; the last two have the same, and go by their score
    assert found.score.tolist() == pytest.approx([0.8 + 0.05 * sum(gains[:k])])


def test_a_row_without_supporters_stays_as_it_is() -> None:
    found = vote(several([ANCHOR, of_boxes([[0, 0, 5, 5]], [0.3])]))
    assert found.score.tolist() == [0.8, 0.3]
    assert found.boxes.tolist() == [[100, 100, 200, 200], [0, 0, 5, 5]]


def test_a_model_supports_a_row_once_and_never_its_own() -> None:
    twice = of_boxes([[100, 100, 200, 202], [100, 100, 200, 201]], [0.6, 0.4])
    own = of_boxes([[100, 100, 200, 200], [100, 100, 200, 204]], [0.8, 0.7])
    pool = several([own, twice])
    found = vote(pool, anchors=nms(pool))
    assert found.score.tolist() == pytest.approx([0.8 + 0.05 * 0.4])  # the one that overlaps most


def test_a_model_has_as_many_supporters_of_a_row_as_it_may() -> None:
    anchor = of_boxes([[100, 100, 200, 200]], [8.0])
    others = of_boxes([[100, 100, 200, 202], [100, 100, 200, 201], [100, 100, 200, 203]], [1, 2, 4])
    pool = several([anchor, others])
    anchors = nms(pool)
    found = [vote(pool, anchors=anchors, max_per_model=most).score[0] - 8 for most in (1, 2, 3, 0)]
    assert found == pytest.approx([0.1, 0.15, 0.35, 0.35])  # by falling IoU: 2, 1, 4


def test_a_prediction_may_support_only_the_row_that_it_overlaps_most() -> None:
    left, right, between = ([x, 0, x + 10, 10] for x in (0, 6, 2))
    pool = several([of_boxes([left, right], [0.9, 0.8]), of_boxes([between], [0.5])])
    anchors = nms(pool)
    assert anchors.rows.tolist() == [0, 1]
    both = vote(pool, anchors=anchors, min_iou=0.4)
    assert both.score.tolist() == pytest.approx([0.925, 0.825])
    alone = vote(pool, anchors=anchors, min_iou=0.4, exclusive=True)
    assert alone.score.tolist() == pytest.approx([0.925, 0.8])


@given(st.integers(0, 10**9))
def test_exclusive_supporters_are_those_of_one_row(seed: int) -> None:
    pool = several(random_models(seed, 3))
    found = vote(pool, exclusive=True, max_per_model=0, min_iou=0.1, k=50)
    supporters = found.members[found.roles == SUPPORT]
    assert len(np.unique(supporters)) == len(supporters)


@given(st.integers(0, 10**9))
def test_more_supporters_never_lower_a_score(seed: int) -> None:
    pool = several(random_models(seed, 4))
    anchors = nms(pool)
    strict, lax = (vote(pool, anchors=anchors, min_iou=least).score for least in (0.7, 0.3))
    assert (lax >= strict - 1e-15).all()


@given(st.integers(0, 10**9))
def test_terms_add_up_to_the_score(seed: int) -> None:
    found = vote(several(random_models(seed, 3)))
    assert np.allclose(sum(found.terms.values()), found.score, atol=1e-15)


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="`k` is 0"):
        vote(several([ANCHOR]), k=0)
    with pytest.raises(InputError, match="`max_per_model` is -1, expected 0 for any number"):
        vote(several([ANCHOR]), max_per_model=-1)
    with pytest.raises(InputError, match="`beta` is 2"):
        vote(several([ANCHOR]), beta=2)


@pytest.mark.parametrize("literal", [False, True])
def test_a_huge_number_of_supporters_takes_no_room(literal: bool) -> None:
    scene = furniture(images=3)
    pool = pooled([load_predictions(each) for each in (scene.better, scene.weaker)])
    found = vote(pool, k=10**30, literal=literal)
    most = vote(pool, k=len(pool), literal=literal)
    assert found.score.tolist() == most.score.tolist()


def test_a_huge_number_of_votes_is_that_of_all_models() -> None:
    scene = furniture(images=3)
    pool = pooled([load_predictions(each) for each in (scene.better, scene.weaker)])
    knows = np.ones((2, len(pool.category_ids)))
    found, all_models = (wbf(pool, knows, min_votes=number) for number in (10**30, 2))
    assert found.score.tolist() == all_models.score.tolist()
    every, none = (wbf(pool, knows, min_votes=number) for number in (-(10**30), 0))
    assert len(every) == len(none)
