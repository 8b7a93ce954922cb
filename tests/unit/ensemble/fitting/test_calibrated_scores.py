"""Scores of all models made to mean the same before they meet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import load_predictions
from segeval.analysis.calibration.fits import in_order, usable_fit
from segeval.analysis.folds import image_folds
from segeval.data import load_ground_truth
from segeval.data.synthetic import furniture
from segeval.ensemble.fitting.fitted import ByWorth, Evidence
from segeval.ensemble.fusing import fuse
from segeval.ensemble.plan import Plan
from segeval.ensemble.pools.pool import pooled
from segeval.errors import InputError

SCENE = furniture(images=40)
GT = load_ground_truth(SCENE.ground_truth)
GOOD, WEAK = (load_predictions(each) for each in (SCENE.better, SCENE.weaker))
TIMID = GOOD.with_scores(GOOD.score * 0.3)
EVIDENCE = Evidence.of([TIMID, WEAK], GT, "segm", None)


def test_a_good_model_with_low_scores_counts_again() -> None:
    raw, calibrated = (
        fuse([TIMID, WEAK], strategy="nms", fit=GT, calibrate=each).scores.gain
        for each in ("none", "isotonic")
    )
    assert raw is not None
    assert calibrated is not None
    assert calibrated.over_best.b > raw.over_best.b + 0.05  # type: ignore[operator]


@pytest.mark.parametrize("target", ["iou", "precision"])
def test_a_fold_is_calibrated_by_the_others_alone(target: Any) -> None:
    fold = image_folds(GT, 5)
    whole = EVIDENCE.calibrations("linear", target)
    part = EVIDENCE.calibrations("linear", target, fold != 0)
    assert whole != part
    ids = GT.images.id[fold != 0]
    own = [each.take(np.flatnonzero(np.isin(each.image_id, ids))) for each in (TIMID, WEAK)]
    without = Evidence.of(own, GT, "segm", None)
    assert part == without.calibrations("linear", target)


def test_new_scores_keep_the_order_of_the_old_ones() -> None:
    [fit, _] = EVIDENCE.calibrations("isotonic", "iou")
    assert fit is not None
    new = in_order(fit, TIMID.score)
    order = np.argsort(TIMID.score, kind="stable")
    assert (np.diff(new[order]) >= 0).all()
    assert len(np.unique(new)) == len(np.unique(TIMID.score))


def test_few_points_get_a_temperature() -> None:
    score = np.linspace(0, 1, 199)
    few, enough = (usable_fit("isotonic", each, each**2) for each in (score, np.append(score, 1)))
    assert few is not None
    assert enough is not None
    assert (few.method, enough.method) == ("temperature", "isotonic")


def test_a_model_without_predictions_stays_as_it_is_and_a_note_says_so() -> None:
    empty = WEAK.take(np.zeros(0, np.int64))
    found = fuse([GOOD, empty], strategy="nms", fit=GT, calibrate="isotonic")
    assert found.notes[0].code == "nothing-to-fit"
    assert "so its scores stay as they are" in found.notes[0].message


def test_calibrated_scores_are_weighted_afterwards() -> None:
    pool = pooled([TIMID, WEAK])
    plan = Plan.of(
        "nms", pool, {}, iou=None, cut=0.5, max_dets=0, workers=1, weigh="rank",
        calibrate="linear",
    )  # fmt: skip
    fitted = ByWorth(plan, 2, pool.categories, EVIDENCE).fitted()
    found = plan.merged(pool, fitted)
    assert fitted.calibrations is not None
    assert fitted.weights.tolist() == [1, 0.5]
    for model, (fit, preds) in enumerate(zip(fitted.calibrations, (TIMID, WEAK), strict=True)):
        assert fit is not None
        own = found.pool.model == model
        expected = in_order(fit, preds.score[found.pool.row[own]]) * fitted.weights[model]
        assert np.array_equal(found.pool.score[own], expected)


def test_modern_calibrates_and_weighs_categories_with_kappa_20() -> None:
    found = fuse([GOOD, WEAK], strategy="modern", fit=GT)
    assert {key: found.settings[key] for key in ("calibrate", "weigh", "kappa", "confidence")} == {
        "calibrate": "isotonic", "weigh": "classwise", "kappa": 20.0, "confidence": "absent_aware",
    }  # fmt: skip
    assert found.settings["iou"] == "segm"
    assert found.settings["mask_threshold"] == 0.5


def test_weights_stated_by_hand_go_with_calibrations() -> None:
    for strategy in ("nms", "modern"):
        found = fuse([GOOD, WEAK], strategy=strategy, fit=GT, calibrate="linear", weights=[1, 0.5])
        assert [each.weight for each in found.scores.models] == [1, 0.5]


def test_scores_stated_by_hand_go_with_calibrations() -> None:
    found = fuse([GOOD, WEAK], strategy="interp", fit=GT, calibrate="linear", scores=[2, 1])
    assert [each.worth for each in found.scores.models] == [2, 1]
    assert [each.weight for each in found.scores.models] == [1, 0.6]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"calibrate": "isotonic"}, r"scores cannot be calibrated \(isotonic\) without ground"),
        ({"strategy": "modern", "scores": [1, 2], "fit": GT}, "`scores` and `fit` both say what"),
        ({"calibrate": "platt", "fit": GT}, "`calibrate` is 'platt', expected one of none, iso"),
        ({"calibrate_to": "ap", "fit": GT}, "`calibrate_to` is 'ap', expected one of precision"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(arguments: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        fuse([GOOD, WEAK], **{"strategy": "nms", **arguments})


def test_scores_above_one_are_no_probabilities() -> None:
    with pytest.raises(InputError, match="expected numbers from 0 to 1"):
        fuse([GOOD.with_scores(GOOD.score * 2), WEAK], strategy="nms", fit=GT, calibrate="linear")
