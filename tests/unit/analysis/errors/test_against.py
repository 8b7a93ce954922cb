"""Error kinds of two models."""

from __future__ import annotations

from typing import Any

import pytest

from segeval import error_kinds
from segeval.analysis import error_differences
from segeval.analysis.errors.kinds import KINDS
from segeval.analysis.errors.scores import ErrorScores, L
from tests.slow_errors import random_set


def two_models(seed: int = 5, **more: Any) -> tuple[Any, Any, Any]:
    """Predictions of two models that share some, and ground truth."""
    preds, gt = random_set(seed, images=20, masks=False, **more)
    return preds, preds[::2], gt


def parts_of(scores: ErrorScores[L]) -> list[L]:
    categories, sizes = scores.categories, scores.sizes
    return [scores.overall, *(one.lost for one in categories), *(one.lost for one in sizes)]


def test_the_numbers_are_those_of_each_model_and_their_difference() -> None:
    a, b, gt = two_models()
    found = error_differences(a, b, gt, iou="bbox", per=["category", "size"]).first
    one, two = (
        error_kinds(each, gt, iou="bbox", per=["category", "size"]).first for each in (a, b)
    )
    parts = zip(parts_of(found), parts_of(one), parts_of(two), strict=True)
    for both, first, second in parts:
        assert (both.ap.a, both.ap.b) == (first.ap, second.ap)
        for kind in KINDS:
            own, mine, other = both.kinds[kind], first.kinds[kind], second.kinds[kind]
            assert (own.share.a, own.share.b) == (mine.share, other.share)
            assert (own.count.a, own.count.b) == (mine.count, other.count)
            if mine.share is not None and other.share is not None:
                assert own.share.difference == pytest.approx(other.share - mine.share)


def test_poor_masks_are_those_of_each_model_and_their_difference() -> None:
    preds, gt = random_set(5, images=20)
    a, b = preds, preds[::2]
    found = error_differences(a, b, gt)
    one, two = (error_kinds(each, gt).first.poor_masks for each in (a, b))
    assert one is not None
    assert two is not None
    assert one["all"]["loc"] > two["all"]["loc"] > 0
    poor = found.to_dict()["results"]["segm"]["poor_masks"]
    assert poor == {
        way: {
            side: {"a": own[side], "b": two[way][side], "difference": two[way][side] - own[side]}
            for side in ("loc", "tp")
        }
        for way, own in one.items()
    }
    table = found.tables[1]
    assert table.rows[0] == (
        "all",
        *(one["all"]["loc"], two["all"]["loc"], two["all"]["loc"] - one["all"]["loc"]),
        *(one["all"]["tp"], two["all"]["tp"], two["all"]["tp"] - one["all"]["tp"]),
    )


def test_two_models_have_no_poor_masks_where_one_has_none() -> None:
    a, b, gt = two_models()
    assert "poor_masks" not in error_differences(a, b, gt, iou="bbox").to_dict()["results"]["bbox"]
    preds, gt = random_set(5, images=20)
    found = error_differences(preds, preds[::2], gt, thresholds=[0.5, 0.75])
    assert found.first.poor_masks_of_two is None


def test_the_same_predictions_differ_in_nothing_and_nothing_is_said() -> None:
    a, _, gt = two_models()
    found = error_differences(a, a, gt, iou="bbox", ci=True, resamples=20)
    assert found.sentences == ()
    assert found.first.overall.kinds["loc"].share.interval == (0, 0)


def test_intervals_are_of_differences_on_draws_that_both_share() -> None:
    a, b, gt = two_models()
    found = error_differences(a, b, gt, iou="bbox", ci=True, resamples=100).first.overall
    alone = error_kinds(a, gt, iou="bbox", ci=True, resamples=100).first.overall
    assert alone.intervals is not None
    own, paired = alone.intervals["ap"], found.ap.interval
    assert own is not None
    assert paired is not None
    assert len(paired) == 2
    assert paired[1] - paired[0] < own[1] - own[0]


def test_intervals_of_differences_have_signs() -> None:
    a, b, gt = two_models()
    found = error_differences(a, b, gt, iou="bbox", ci=True, resamples=50)
    text = str(found.tables[0])
    low, high = found.first.overall.kinds["miss"].share.interval or (0.0, 0.0)
    assert low > 0
    assert f"  +{100 * low:.1f} .. +{100 * high:.1f}  " in text
    assert "-0.0" not in text


def test_the_document_has_both_numbers_of_every_kind() -> None:
    a, b, gt = two_models()
    found = error_differences(a, b, gt, iou="bbox").to_dict()
    assert list(found["inputs"]) == ["a", "b", "gt"]
    own = found["results"]["bbox"]
    assert list(own["ap"]) == ["a", "b", "difference"]
    assert list(own["kinds"]["cls"]) == ["share", "alone", "last", "count"]
    with_intervals = error_differences(a, b, gt, iou="bbox", ci=True, resamples=20).to_dict()
    assert list(with_intervals["results"]["bbox"]["ap"]) == ["a", "b", "difference", "interval"]


def test_what_is_won_and_lost_is_said_largest_first() -> None:
    a, b, gt = two_models()
    found = error_differences(a, b, gt, iou="bbox")
    costs = found.first.overall.kinds
    worst = max(KINDS, key=lambda kind: costs[kind].share.difference or 0)
    words = {"miss": "missed objects", "loc": "localisation"}[worst]
    change = 100 * (costs[worst].share.difference or 0)
    assert f"loses {change:.1f} points on {words}" in found.sentences[0]
