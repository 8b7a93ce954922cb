"""Weights found by trying, and weights that go with any operator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import average_precision, load_predictions
from segeval.analysis.folds import image_folds
from segeval.data import load_ground_truth
from segeval.data.synthetic import furniture
from segeval.ensemble.fitting import tuning
from segeval.ensemble.fitting.fitted import ByWorth, Evidence
from segeval.ensemble.fitting.tuning import Tuned, tuned
from segeval.ensemble.fusing import fuse
from segeval.ensemble.plan import Plan
from segeval.ensemble.pools.pool import pooled
from segeval.ensemble.strategies import WEIGHINGS
from segeval.errors import InputError

SCENE = furniture(images=20)
GT = load_ground_truth(SCENE.ground_truth)
GOOD, WEAK = (load_predictions(each) for each in (SCENE.better, SCENE.weaker))
NOISE = WEAK.with_scores(1 - WEAK.score)


def search(*models: Any, **arguments: Any) -> Tuned:
    """The search for the weights of some models in plain NMS."""
    pool = pooled(models)
    plan = Plan.of(
        "nms", pool, {}, iou=None, cut=0.5, max_dets=100, workers=1, weigh="tuned", **arguments
    )
    evidence = Evidence.of(models, GT, "segm", 1)
    return tuned(plan, ByWorth(plan, len(models), pool.categories, evidence), pool)


def test_tuned_weights_are_at_least_as_good_as_those_of_the_start() -> None:
    found = search(GOOD, NOISE)
    start = found.start.fitted()
    weights = found.fitted().weights
    assert weights.max() == 1
    first, last = (
        average_precision(found.plan.merged(found.pool, each).to_predictions(), GT).ap
        for each in (start, found.fitted())
    )
    assert last >= first  # type: ignore[operator]
    assert weights[1] < start.weights[1]


def test_a_change_that_gains_less_than_the_least_gain_is_not_made() -> None:
    found = search(GOOD, NOISE)
    strict = Tuned(
        Plan.of("nms", found.pool, {"min_gain": 0.9}, iou=None, cut=0.5, max_dets=100, workers=1,
                weigh="tuned"),
        found.pool, found.start, found.evidence,
    )  # fmt: skip
    assert strict.fitted().weights.tolist() == found.start.fitted().weights.tolist()


def test_of_equal_weights_the_one_nearest_to_1_is_taken() -> None:
    found = search(GOOD, WEAK)
    flat = np.array([1.0, 0.2])
    found._aps.update({  # every other weight gains the same
        (np.array([1.0, each]).tobytes(), None): 0.0 if each == 0.2 else 0.5
        for each in tuning.COARSE
    })  # fmt: skip
    weights, best = found._step(flat, 0.0, 1, tuning.COARSE, found.start.fitted(), None)
    assert (weights.tolist(), best) == ([1.0, 1.0], 0.5)


def test_each_fold_is_tuned_on_the_others_alone() -> None:
    fold = image_folds(GT, 5)
    kept = fold != 0
    whole = search(GOOD, NOISE).fitted(kept)
    ids = GT.images.id[kept]
    gt = {
        **SCENE.ground_truth,
        "images": [each for each in SCENE.ground_truth["images"] if each["id"] in ids],
        "annotations": [
            each for each in SCENE.ground_truth["annotations"] if each["image_id"] in ids
        ],
    }
    own = [each.take(np.flatnonzero(np.isin(each.image_id, ids))) for each in (GOOD, NOISE)]
    part = fuse(own, strategy="nms", weigh="tuned", fit=load_ground_truth(gt))
    assert [each.weight for each in part.scores.models] == whole.weights.tolist()


def test_sets_of_weights_are_merged_once_for_all_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    merged = Plan.merged

    def counted(self: Plan, pool: Any, fitted: Any) -> Any:
        seen.append(fitted.weights.tobytes())
        return merged(self, pool, fitted)

    monkeypatch.setattr(Plan, "merged", counted)
    found = search(GOOD, WEAK)
    fold = image_folds(GT, 5)
    for part in (None, *(fold != each for each in range(5))):
        found.fitted(part)
    assert len(seen) == len(set(seen))


def test_no_order_of_the_models_changes_tuned_weights() -> None:
    one, other = search(GOOD, WEAK, NOISE).fitted(), search(NOISE, WEAK, GOOD).fitted()
    assert one.weights.tolist() == other.weights[::-1].tolist()


@pytest.mark.parametrize("weigh", WEIGHINGS)
@pytest.mark.parametrize("strategy", ["interp", "wbf"])
def test_any_weights_go_with_any_operator(strategy: str, weigh: str) -> None:
    found = fuse([GOOD, WEAK], strategy=strategy, weigh=weigh, fit=GT)
    assert found.settings["weigh"] == weigh
    assert found.scores.models[0].weight == 1


def test_settings_of_other_weights_are_settings() -> None:
    found = fuse([GOOD, WEAK], strategy="wbf", weigh="rank", scores=[2, 1], theta_0=0.1)
    assert [each.weight for each in found.scores.models] == [1, pytest.approx(0.1)]
    found = fuse([GOOD, WEAK], strategy="s003", fit=GT, mode="topk", top_models=2)
    assert [each.weight for each in found.scores.models] == [1, 1]
    found = fuse([GOOD, WEAK], strategy="s003", fit=GT, mode="cutoff", rho=0.0)
    assert 0 < found.scores.models[1].weight < 1
    found = fuse([GOOD, WEAK], strategy="s003", fit=GT, mode="cutoff", rho=1.0)
    assert found.scores.models[1].weight < 0.5


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"weigh": "ap"}, "`weigh` is 'ap', expected one of none, interp, rank, classwise, tuned"),
        ({"weigh": "rank"}, "`weigh='rank'` weighs models by their validation AP, and nothing"),
        ({"weigh": "classwise", "scores": [1, 2]}, "`weigh='classwise'` weighs models by their AP"),
        ({"weigh": "tuned"}, "weights are tuned to ground truth, and there is none: give `fit`"),
        ({"weigh": "rank", "weights": [1, 1]}, "`weights` and `weigh` both say what scores are"),
        ({"weigh": "rank", "scores": [1, 2], "kappa": 1}, "`kappa` is no setting of wbf with rank"),
    ],
)
def test_weights_that_nothing_decides_are_refused(arguments: Any, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        fuse([GOOD, WEAK], strategy="wbf", **arguments)
