"""Calibration errors by hand and against a plain version, and fitted functions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval import operating_point
from segeval.analysis.calibration.errors import d_ece, la_ece
from segeval.analysis.calibration.fits import (
    METHODS,
    held_out_scores,
    isotonic,
    linear,
    pooled,
    temperature,
)
from segeval.analysis.calibration.scores import Calibration
from segeval.analysis.outcomes import outcomes_at
from segeval.analysis.pairs import overlapping_pairs
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from tests.unit.analysis.thresholds.test_operating_point import (
    FOUND,
    OBJECTS,
    codes,
    many_images,
    message,
    point_of,
)
from tests.unit.metrics.strips import Records, exact, scene, strip


def calibration(objects: Records, found: Records, **settings: Any) -> Calibration:
    own = point_of(objects, found, calibration=True, **settings).first.calibration
    assert own is not None
    return own


def test_errors_by_hand() -> None:
    # four bins with one prediction each: scores .9 right (IoU 1), .8 wrong, .7 right (.8), .6 wrong
    own = calibration(OBJECTS, FOUND)
    assert own.d_ece == exact((0.1 + 0.8 + 0.3 + 0.6) / 4)
    assert own.laece == exact((0.1 + 0.8 + 0.1 + 0.6) / 4)
    # from the LRP-optimal score 0.7 on
    assert (own.kept, own.d_ece_kept) == (3, exact((0.1 + 0.8 + 0.3) / 3))


def test_at_iou_0_a_free_object_is_taken_without_touching_it() -> None:
    # .8 takes the object at 40 with IoU 0, so .6 is the only false one; the IoUs stay
    own = calibration(OBJECTS, FOUND)
    assert own.laece0 == exact((0.1 + 0.8 + 0.1 + 0.6) / 4)
    # where .8 takes the object of .7, whose IoU is lost
    other = calibration(OBJECTS[:2], FOUND)
    assert other.laece0 == exact((0.1 + 0.8 + 0.7 + 0.6) / 4)
    assert other.laece == exact((0.1 + 0.8 + 0.1 + 0.6) / 4)


def test_predictions_of_one_bin_are_compared_by_their_means() -> None:
    # .61 and .63 share the bin (.60, .64]: mean score .62, half of them right
    found = [{"mask": strip(0, 10), "score": 0.61}, {"mask": strip(100, 110), "score": 0.63}]
    own = calibration(OBJECTS, found)
    assert own.d_ece == exact(0.12)
    (row,) = [each for each in own.reliability if each.preds]
    assert (row.low, row.high, row.preds) == (exact(0.6), exact(0.64), 2)
    assert (row.score, row.precision, row.iou) == (exact(0.62), 0.5, 0.5)


def test_ends_of_bins_belong_to_the_lower_bin_and_0_to_the_first() -> None:
    score = np.array([0.0, 0.04, 0.08, 1.0])
    assert d_ece(score, np.array([False, False, False, True])) == exact((0.04 + 0.08) / 4)
    assert d_ece(score[[0, 3]], np.array([True, True])) == 0.5


def test_laece_leaves_out_categories_without_error_as_the_authors_do() -> None:
    score, iou = np.array([0.5, 0.75]), np.array([0.5, 0.25])
    assert la_ece(score, iou, np.array([0, 1, 2])) == 0.5
    assert la_ece(score[:1], iou[:1], np.array([0, 1, 1])) is None


def test_categories_without_objects_say_nothing_about_scores() -> None:
    found = [*FOUND, {"category_id": 2, "mask": strip(80, 90), "score": 0.99}]
    gt_of_two = [*OBJECTS]
    own = calibration(gt_of_two, found, skip_unknown=True)
    assert own.preds == 4


def by_the_book(score: NDArray[Any], quality: NDArray[Any], bins: int = 25) -> float:
    """The mean gap as the papers write it, bin by bin."""
    edges = np.linspace(0, 1, bins + 1)
    total = 0.0
    for place, (low, high) in enumerate(pairwise(edges)):
        inside = (score > low) & (score <= high) | ((score == 0) & (place == 0))
        if inside.any():
            gap = abs(float(score[inside].mean()) - float(quality[inside].sum()) / inside.sum())
            total += gap * inside.sum() / len(score)
    return total


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_errors_are_those_of_the_papers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    score = rng.random(500).round(2)
    true = rng.random(500) < score**2
    iou = np.where(true, rng.uniform(0.5, 1, 500), 0)
    assert d_ece(score, true) == exact(by_the_book(score, true))
    offsets = np.array([0, 100, 350, 500])
    wanted = np.mean(
        [by_the_book(score[a:b], iou[a:b]) for a, b in ((0, 100), (100, 350), (350, 500))]
    )
    assert la_ece(score, iou, offsets) == exact(float(wanted))


def test_scores_outside_of_0_to_1_are_told_and_leave_calibration_undefined() -> None:
    found = [{**record, "score": 10 * record["score"]} for record in FOUND]
    result = point_of(OBJECTS, found, calibration=True)
    own = result.first.calibration
    assert own is not None
    assert (own.d_ece, own.laece, own.laece0, own.fits) == (None, None, None, ())
    assert result.score == exact(7)
    assert message(result, "scores-outside") == (
        "4 scores are outside of 0 to 1 (6 to 9 in all): calibration is undefined"
    )


def test_without_predictions_calibration_is_undefined() -> None:
    own = calibration(OBJECTS, [])
    assert (own.preds, own.d_ece, own.laece, own.laece0) == (0, None, None, None)
    assert {each.after for each in own.fits} == {None}


def test_pooling_adjacent_violators_by_hand() -> None:
    # 1 above 0 is pooled to a half; equal scores count as one point with their mean
    at, value = pooled(np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.0, 1.0, 0.0, 1.0]))
    assert (at.tolist(), value.tolist()) == ([0.2, 0.4, 0.6, 0.8], [0.0, 0.5, 0.5, 1.0])
    at, value = pooled(np.array([0.5, 0.5, 0.7]), np.array([1.0, 0.0, 0.25]))
    assert (at.tolist(), value.tolist()) == ([0.5, 0.7], [exact(1.25 / 3)] * 2)


def test_an_isotonic_function_needs_200_predictions() -> None:
    score = np.linspace(0, 1, 200)
    fit = isotonic(score, score)
    assert fit is not None
    assert fit(np.array([-1.0, 0.3, 2.0])).tolist() == [0.0, exact(0.3), 1.0]
    assert isotonic(score[:199], score[:199]) is None


def test_a_temperature_undoes_another() -> None:
    truth = np.linspace(0.05, 0.95, 50)
    logit = np.log(truth / (1 - truth))
    fit = temperature(1 / (1 + np.exp(-3 * logit)), truth)
    assert fit is not None
    assert fit.parameters["temperature"] == pytest.approx(3, abs=1e-6)  # a search by halving


def test_a_line_is_that_of_least_squares_and_never_falls() -> None:
    score = np.array([0.0, 0.5, 1.0])
    fit = linear(score, np.array([0.1, 0.3, 0.5]))
    assert fit is not None
    assert fit.parameters == {"slope": exact(0.4), "intercept": exact(0.1)}
    falling = linear(score, np.array([0.9, 0.5, 0.1]))
    assert falling is not None
    assert falling(score).tolist() == [exact(0.5)] * 3


def test_fits_are_judged_on_images_that_they_have_not_seen() -> None:
    rng = np.random.default_rng(0)
    truth, half = rng.uniform(0.05, 0.95, 1000), rng.random(1000) < 0.5
    score = 1 / (1 + (1 / truth - 1) ** 3)  # too sure of itself
    target = (rng.random(1000) < truth).astype(np.float64)
    for fitting in METHODS.values():
        found = held_out_scores(fitting, score, target, half)
        fit = fitting(score[~half], target[~half])
        assert found is not None
        assert fit is not None
        assert (found[half] == fit(score[half])).all()
        before, after = (d_ece(each, target > 0) for each in (score, found))
        assert (after or 1) < 0.7 * (before or 0)
    assert held_out_scores(isotonic, score[:300], target[:300], half[:300]) is None


def test_a_result_holds_errors_before_and_after_of_every_fit() -> None:
    preds, gt = many_images(0, images=40)
    result = operating_point(preds, gt, calibration=True, resamples=5)
    own = result.first.calibration
    assert own is not None
    assert [(each.method, each.target) for each in own.fits] == [
        (method, target) for target in ("precision", "iou") for method in METHODS
    ]
    assert {each.before for each in own.fits} == {own.d_ece, own.laece}
    assert [each.after is None for each in own.fits] == [True, False, False] * 2
    assert message(result, "few-predictions").endswith(
        "too few to judge an isotonic function: expected at least 200 in each half of the images"
    )
    assert "few-predictions" not in codes(operating_point(preds, gt, resamples=5))
    assert [table.name for table in result.tables[-3:]] == ["calibration", "fit", "reliability"]


def matched_by_the_book(
    iou: NDArray[Any], crowd: NDArray[np.bool_], threshold: float
) -> NDArray[np.int64]:
    """Ground truth of each prediction of a cell, as pycocotools' loop finds it, -1 for none."""
    order = np.argsort(crowd, kind="stable")  # those that count come first
    found = np.full(len(iou), -1)
    for row, overlaps in enumerate(iou):
        best, best_iou = -1, min(threshold, 1 - 1e-10)
        for gt in order:
            if gt in found and not crowd[gt]:
                continue
            if best >= 0 and not crowd[best] and crowd[gt]:
                break
            if overlaps[gt] < best_iou:
                continue
            best, best_iou = gt, overlaps[gt]
        found[row] = best
    return found


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.75])
@pytest.mark.parametrize("seed", range(8))
def test_iou_of_true_positives_is_that_of_pycocotools_loop(seed: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    objects: Records = [
        {"mask": strip(start, start + 30), "iscrowd": int(rng.random() < 0.2)}
        for start in rng.integers(0, 160, 6)
    ]
    found: Records = [{"mask": strip(start, start + 30)} for start in rng.integers(0, 160, 12)]
    preds, gt = scene(objects, found)
    [evaluation] = evaluations(preds, gt, Arguments(thresholds=threshold or 0.5), None)
    own = outcomes_at(evaluation.matches, overlapping_pairs(evaluation), threshold)
    masks = [np.array([each["mask"][0] for each in side], bool) for side in (found, objects)]
    crowd = np.array([each["iscrowd"] for each in objects], bool)
    common = (masks[0][:, None] & masks[1][None]).sum(axis=2)
    whole = (masks[0][:, None] | masks[1][None]).sum(axis=2)
    iou = common / np.where(crowd, 30, whole)
    wanted = matched_by_the_book(iou, crowd, threshold)
    counts = np.array([gt < 0 or not crowd[gt] for gt in wanted])
    values = [0.0 if gt < 0 else iou[row, gt] for row, gt in enumerate(wanted)]
    assert own.iou.tolist() == np.array(values)[counts].tolist()
    assert own.true.tolist() == (wanted >= 0)[counts].tolist()
