"""Wrong pixels of two models' label maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import segeval
from segeval.analysis import label_error_differences
from segeval.analysis.comparison.families import max_t_p_values
from segeval.analysis.comparison.models import Draws, swapped_differences
from segeval.analysis.errors.drawn_differences import two_models as two_results
from segeval.analysis.errors.label_scores import LABEL_KINDS
from segeval.analysis.resampling.draws import Units

Maps = list[NDArray[np.uint8]]


def two_models(images: int = 12) -> tuple[Maps, Maps, Maps]:
    """Maps moved by two pixels with some wrong blocks, maps moved by one, and ground truth."""
    random = np.random.default_rng(11)
    gt = [
        np.kron(random.integers(0, 3, (4, 5)), np.ones((7, 7), np.int64)).astype(np.uint8)
        for _ in range(images)
    ]
    a = [np.roll(one, 2, 1) for one in gt]
    for one in a:
        one[:7, :7] = random.integers(0, 3)
    return a, [np.roll(one, 1, 1) for one in gt], gt


def test_the_numbers_are_those_of_each_model_and_their_difference() -> None:
    a, b, gt = two_models()
    found = label_error_differences(a, b, gt, classes=3).scores
    one, two = (segeval.label_errors(each, gt, classes=3).scores for each in (a, b))
    assert (found.miou.a, found.miou.b) == (one.miou, two.miou)
    parts = zip(found.categories, one.categories, two.categories, strict=True)
    for both, first, second in parts:
        assert (both.id, both.name) == (first.id, first.name)
        assert (both.iou.a, both.iou.b) == (first.iou, second.iou)
        assert (both.union.a, both.union.b) == (first.union, second.union)
        assert both.gt == first.gt == second.gt
        for kind in LABEL_KINDS:
            own, mine, other = both.kinds[kind], first.kinds[kind], second.kinds[kind]
            assert (own.share.a, own.share.b) == (mine.share, other.share)
            assert own.share.difference == (other.share or 0.0) - (mine.share or 0.0)
            assert own.count.difference == other.count - mine.count
            assert (own.false.a, own.missed.b) == (mine.false, other.missed)


def test_what_is_won_of_miou_is_what_less_is_lost_to_the_kinds() -> None:
    a, b, gt = two_models()
    found = label_error_differences(a, b, gt, classes=3).scores
    lost = sum(kind.share.difference or 0.0 for kind in found.kinds.values())
    assert found.miou.difference == pytest.approx(-lost, abs=1e-15)


def test_a_class_that_one_model_alone_predicts_has_no_difference() -> None:
    a, b, gt = two_models(3)
    b[0][0, 0] = 3
    found = label_error_differences(a, b, gt, classes=4).scores.categories[3]
    assert (found.iou.a, found.iou.b, found.iou.difference) == (None, 0.0, None)
    assert (found.kinds["segment"].count.a, found.kinds["segment"].count.b) == (0, 1)


def test_intervals_are_those_of_compare_on_the_same_draws() -> None:
    a, b, gt = two_models()
    found = label_error_differences(a, b, gt, classes=3, ci=True, resamples=100, seed=4)
    usual = segeval.compare(a, b, gt, classes=3, resamples=100, seed=4)
    [pair] = usual.scores.pairs
    assert found.scores.miou.interval == pytest.approx(pair.differences["miou",].interval)
    interval = found.scores.kinds["boundary"].share.interval
    assert interval is not None
    assert len(interval) == 2
    low, high = interval
    assert low < (found.scores.kinds["boundary"].share.difference or 0.0) < high
    assert found.settings["resamples"] == 100


def test_classes_in_few_images_have_no_interval_which_is_said() -> None:
    a, b, gt = two_models()
    for maps in (a, b, gt):
        for one in maps[1:]:
            one[one == 2] = 1
    found = label_error_differences(a, b, gt, classes=3, ci=True, resamples=40)
    assert found.scores.categories[2].iou.interval is None
    assert found.scores.categories[2].kinds["segment"].share.interval is None
    assert found.scores.categories[1].iou.interval is not None
    assert [note.message for note in found.notes] == [
        "1 category occurs in the ground truth of fewer than 10 images and has no interval"
    ]
    own = segeval.analysis.result_intervals(segeval.label_errors(a, gt, classes=3), resamples=40)
    assert [note.message for note in own.notes] == [note.message for note in found.notes]


def test_too_few_images_have_no_intervals_which_is_said() -> None:
    a, b, gt = two_models(4)
    found = label_error_differences(a, b, gt, classes=3, ci=True, resamples=20)
    assert found.scores.miou.interval is None
    assert found.scores.kinds["extent"].share.interval is None
    test = found.scores.kinds["extent"].share.test
    assert test is not None
    assert test.verdict == "too few images"
    assert [note.code for note in found.notes] == ["few-images"]
    table = found.tables["kind"]
    place = [field.key for field in table.fields].index("interval")
    assert [row[place] for row in table.rows] == [None] * 3


def test_kinds_are_tested_by_the_swaps_of_compare_as_one_family() -> None:
    a, b, gt = two_models()
    found = label_error_differences(a, b, gt, classes=3, ci=True, resamples=99, seed=4).scores
    models = two_results(*(segeval.label_errors(each, gt, classes=3) for each in (a, b)))
    draws = Draws(Units.of_keys(models[0].first.image_keys), 4, 99)
    first, second = (model.first for model in models)
    columns = [first.paths.index(("kinds", kind, "share")) for kind in LABEL_KINDS]
    unswapped, swapped = swapped_differences(first, second, draws, columns=columns)
    p = max_t_p_values(unswapped, swapped)
    tests = [found.kinds[kind].share.test for kind in LABEL_KINDS]
    assert [each and each.p_corrected for each in tests] == p.tolist()
    assert [each and each.verdict.value for each in tests] == ["worse", "better", "better"]
    assert found.miou.test is None
    assert found.categories[0].kinds["extent"].share.test is None


def test_images_of_a_group_are_drawn_together() -> None:
    a, b, gt = two_models(24)
    groups = {str(image): str(image // 2) for image in range(24)}
    keys = segeval.label_errors(a, gt, classes=3).statistics.keys
    by_key = dict(zip(keys, groups.values(), strict=True))
    asked: dict[str, Any] = {"classes": 3, "ci": True, "resamples": 50}
    alone = label_error_differences(a, b, gt, **asked).scores
    found = label_error_differences(a, b, gt, groups=by_key, **asked).scores
    assert found.miou.difference == alone.miou.difference
    assert found.miou.interval != alone.miou.interval


def test_the_document_has_both_numbers_of_every_kind() -> None:
    a, b, gt = two_models()
    found = label_error_differences(a, b, gt, classes=3).to_dict()
    assert list(found["inputs"]) == ["a", "b", "gt"]
    own = found["results"]
    assert list(own) == ["miou", "kinds", "pixels", "images", "categories"]
    assert list(own["miou"]) == ["a", "b", "difference"]
    assert list(own["kinds"]["segment"]) == ["share", "count", "false", "missed"]
    assert list(own["categories"][0]) == ["id", "name", "gt", "union", "iou", "kinds"]


def test_what_is_won_and_lost_is_said_largest_first() -> None:
    a, b, gt = two_models()
    found = label_error_differences(a, b, gt, classes=3)
    [said] = found.sentences
    assert said == (
        "B wins 21.1 points on the extent of segments and 3.6 on whole segments, and loses 6.0 "
        "points on boundaries"
    )
    assert label_error_differences(a, a, gt, classes=3).sentences == ()


def test_classes_without_a_difference_stand_last() -> None:
    a, b, gt = two_models(3)
    b[0][0, 0] = 3
    rows = label_error_differences(a, b, gt, classes=4).tables["category"].rows
    assert rows[0][0] == "mean"
    assert rows[-1][0] == "3"
    changes = [row[3] for row in rows[1:-1] if isinstance(row[3], float)]
    assert changes == sorted(changes)


def test_progress_counts_the_maps_of_both_models() -> None:
    a, b, gt = two_models(3)
    said: list[tuple[int, int]] = []
    label_error_differences(
        a, b, gt, classes=3, workers=1, on_progress=lambda done, total: said.append((done, total))
    )
    assert said == [(done, 6) for done in range(1, 7)]
