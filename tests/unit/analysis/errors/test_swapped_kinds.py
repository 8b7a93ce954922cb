"""The swap test of what kinds of errors cost two models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import segeval
from segeval.analysis import error_differences
from segeval.analysis.comparison.verdicts import Verdict
from segeval.analysis.errors.difference_tables import ON
from segeval.analysis.errors.kind_tests import kind_tests
from segeval.analysis.errors.kinds import KINDS
from segeval.analysis.errors.measure import measured
from segeval.analysis.errors.options import ErrorOptions, Resampling
from segeval.analysis.errors.swapped_kinds import SWAPS, share_differences
from segeval.analysis.resampling.draws import Units, image_keys, swaps
from segeval.metrics.coco.arguments import Arguments
from tests.slow_errors import random_set

IMAGES = 20
THRESHOLDS = (0.5, 0.6)


def two_models() -> tuple[Any, Any, Any]:
    """Predictions of two models with scores that are no ranks of each other, and ground truth."""
    preds, gt = random_set(7, images=IMAGES, masks=False)
    a = [each for place, each in enumerate(preds) if place % 7]
    b = [{**each, "score": each["score"] ** 2 / 2} for place, each in enumerate(preds) if place % 2]
    return a, b, gt


def by_rank(preds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with scores that tell the rank among all, 0.9 and below."""
    order = sorted(range(len(preds)), key=lambda place: -preds[place]["score"])
    score = {place: 0.9 - rank / 1000 for rank, place in enumerate(order)}
    return [{**each, "score": score[place]} for place, each in enumerate(preds)]


def test_a_kind_that_every_swap_moves_by_0_1_is_shown_from_0_3_on_and_only_beside_an_interval() -> (
    None
):
    swapped = np.tile([[0.1], [-0.1]], (50, 3))
    unswapped = np.array([-0.3, 0.3, -0.3])
    found = kind_tests(unswapped, swapped, [(-0.5, -0.1), (0.1, 0.5), (-0.5, 0.1)], 20)
    assert [each.p_corrected for each in found] == [1 / 101] * 3
    assert [each.verdict for each in found] == [Verdict.BETTER, Verdict.WORSE, Verdict.UNDECIDED]


def test_a_kind_that_no_swap_moves_is_shown_where_it_differs_and_only_there() -> None:
    swapped = np.zeros((99, 2))
    found = kind_tests(np.array([-0.3, 0.0]), swapped, [(-0.5, -0.1), (0.0, 0.0)], 20)
    assert [each.p_corrected for each in found] == [0.01, 1.0]
    assert [each.verdict for each in found] == [Verdict.BETTER, Verdict.UNDECIDED]


def test_a_kind_beside_others_is_compared_with_the_largest_of_all() -> None:
    rng = np.random.default_rng(0)
    swapped = rng.normal(0, 1, (999, 6))
    unswapped = np.array([2.2, 0, 0, 0, 0, 0])
    first = kind_tests(unswapped, swapped, [(0.1, 4.0)] * 6, 20)[0]
    assert first.p is not None
    assert first.p_corrected is not None
    assert first.p < 0.05 < first.p_corrected
    assert first.verdict is Verdict.UNDECIDED


def test_swapped_shares_are_those_of_files_whose_images_were_swapped() -> None:
    a, b, gt = two_models()
    options = ErrorOptions()
    asked = Arguments(iou="bbox", thresholds=THRESHOLDS)
    one, two = (
        next(measured(each, gt, asked, options, labels=gt, workers=1)).events for each in (a, b)
    )
    ids = np.arange(1, IMAGES + 1)
    swapped = swaps(Units.of_keys(image_keys(ids)), 3, 0, 3)
    assert swapped.any()
    found = share_differences(one, two, swapped, workers=1)
    for row, own in zip(found, swapped, strict=True):
        is_swapped = dict(zip(ids.tolist(), own.tolist(), strict=True))
        mixed: tuple[list[Any], list[Any]] = ([], [])
        for model, preds in enumerate(map(by_rank, (a, b))):
            for each in preds:  # equal ranks lie in different images, the earlier one first
                mixed[model ^ is_swapped[each["image_id"]]].append(each)
        first, second = (
            segeval.error_kinds(each, gt, iou="bbox", thresholds=THRESHOLDS).first.overall
            for each in mixed
        )
        for place, kind in enumerate(KINDS):
            shares = second.kinds[kind].share, first.kinds[kind].share
            assert row[place] == pytest.approx((shares[0] or 0.0) - (shares[1] or 0.0), abs=1e-12)


def test_a_kind_is_named_only_where_interval_and_swap_test_agree() -> None:
    a, b, gt = two_models()
    found = error_differences(a, b, gt, iou="bbox", ci=True, resamples=100)
    kinds = found.first.overall.kinds
    by_interval = [
        kind
        for kind in KINDS
        if (ends := kinds[kind].share.interval) and (ends[0] > 0 or ends[1] < 0)
    ]
    shown = [
        kind
        for kind in by_interval
        if (test := kinds[kind].share.test) and (test.p_corrected or 1.0) <= 0.05
    ]
    assert set(shown) < set(by_interval)
    said = " ".join(found.sentences)
    assert [kind for kind in KINDS if ON[kind] in said] == shown == ["miss"]
    own = found.to_dict()["results"]["bbox"]["kinds"][shown[0]]["share"]
    assert list(own) == ["a", "b", "difference", "interval", "p", "p_corrected", "verdict"]
    assert own["verdict"] in ("better", "worse")
    assert "verdict" in [field.key for field in found.tables[0].fields]


def test_the_test_does_not_depend_on_workers_and_not_on_draws_beyond_its_own() -> None:
    a, b, gt = two_models()
    asked: Any = {"iou": "bbox", "ci": True}
    one = error_differences(a, b, gt, resamples=SWAPS, workers=1, **asked).first.overall
    more = error_differences(a, b, gt, resamples=SWAPS + 20, workers=2, **asked).first.overall
    for kind in KINDS:
        first, second = one.kinds[kind].share.test, more.kinds[kind].share.test
        assert first is not None
        assert second is not None
        assert (first.p, first.p_corrected) == (second.p, second.p_corrected)


def test_too_few_images_are_not_tested() -> None:
    preds, gt = random_set(5, images=9, masks=False)
    found = error_differences(preds, preds[::2], gt, iou="bbox", ci=True, resamples=20)
    for own in found.first.overall.kinds.values():
        assert own.share.test is not None
        assert own.share.test.verdict is Verdict.TOO_FEW
    assert found.sentences == ()


def test_groups_are_swapped_together() -> None:
    a, b, gt = two_models()
    groups = {each["id"]: f"video {each['id'] % 10}" for each in gt["images"]}
    asked: Any = {"iou": "bbox", "ci": True, "resamples": 60}
    alone = error_differences(a, b, gt, **asked).first.overall
    found = error_differences(a, b, gt, groups=groups, **asked).first.overall
    assert [own.share.test for own in found.kinds.values()] != [
        own.share.test for own in alone.kinds.values()
    ]


def test_resampling_is_what_decides_whether_there_is_a_test() -> None:
    a, b, gt = two_models()
    found = error_differences(a, b, gt, iou="bbox").first.overall
    assert all(own.share.test is None for own in found.kinds.values())
    assert Resampling().resamples > SWAPS
