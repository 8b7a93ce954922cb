"""Why merging does not help: each cause is named where it is one, with its numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from segeval import load_predictions
from segeval.data import Predictions, load_ground_truth
from segeval.data.geometry import masks_of
from segeval.data.segmentations import Format, Segmentations
from segeval.data.synthetic import furniture
from segeval.ensemble.fitting.fitted import Evidence
from segeval.ensemble.fusing import fuse
from segeval.ensemble.gains.found import found_by
from segeval.ensemble.gains.reason_notes import reason_notes
from segeval.ensemble.gains.reasons import Reason
from segeval.ensemble.result import Ensemble
from segeval.masks import boundary, compress, difference, mask_iou

SCENE = furniture(images=40)
GT = load_ground_truth(SCENE.ground_truth)
BETTER, WEAK = (load_predictions(each) for each in (SCENE.better, SCENE.weaker))
NOTHING = BETTER.take(np.arange(0))
GOOD = fuse([BETTER, NOTHING], strategy="nms").predictions  # which NMS does not mend any more


def reasons(found: Ensemble) -> dict[str, Reason]:
    """What was tested, by name."""
    return {each.name: each for each in found.scores.reasons}


def said(found: Ensemble) -> list[str]:
    """The notes on why merging does not help."""
    return [each.message for each in found.notes if each.code == "why-no-gain"]


def eroded(preds: Predictions) -> Predictions:
    """The same predictions with masks that lack a wide margin."""
    masks = masks_of(preds, np.arange(len(preds)))
    inner = difference(masks, boundary(masks, ratio=0.01))
    texts = compress(inner)
    form = np.full(len(preds), Format.STRING, np.uint8)
    return replace(preds, segmentations=Segmentations(form, texts))


def test_nothing_is_tested_where_the_gain_is_shown() -> None:
    found = fuse([GOOD, WEAK], fit=GT)
    assert found.scores.gain is not None
    assert found.scores.gain.over_best.verdict == "better"
    assert found.scores.reasons == ()
    assert said(found) == []


def test_a_model_that_finds_nothing_of_its_own() -> None:
    part = GOOD.take(np.arange(0, len(GOOD), 2))
    found = fuse([GOOD, part], strategy="nms", fit=GT)
    own = reasons(found)["nothing-unique"]
    assert own.holds
    assert own.numbers["added"] == 0
    assert own.numbers["worth"] == 0
    assert own.numbers["unique"][1] == 0
    assert said(found)[0].startswith(
        "likely reason: the other model finds little that ensemble (1) misses: 0.0 % of the "
        "objects, worth 0.0 AP"
    )


def test_what_only_the_others_find_is_worth_what_is_lost_without_it() -> None:
    images = np.unique(GOOD.image_id)
    half = np.isin(GOOD.image_id, images[::2])
    first, second = (GOOD.take(np.flatnonzero(each)) for each in (half, ~half))
    false = first.take(np.arange(1))  # an image that both have
    other = np.setdiff1d(GOOD.category_id, false.category_id)[:1]
    second = Predictions.concatenate([second, replace(false, category_id=other)])
    noise = second.with_scores(second.score * 0.5)
    found = fuse([first, noise], strategy="nms", fit=GT)
    assert found.scores.reasons == ()  # each finds half of the objects: merging helps
    hits = found_by(Evidence.of([first, noise], GT, "segm", 1).evaluations, 1)
    assert hits.together.together == pytest.approx(sum(hits.together.unique))  # type: ignore[arg-type]
    assert len(hits.beside(0)[1]) == (hits.finder[1] >= 0).sum()
    assert hits.agreement(0) is None


def test_scores_that_do_not_mean_the_same() -> None:
    false = WEAK.with_scores(WEAK.score**0.05)
    timid = GOOD.with_scores(GOOD.score * 0.1)
    found = fuse([timid, false], strategy="nms", fit=GT)
    own = reasons(found)["uncalibrated"]
    assert own.holds
    assert own.difference is not None
    assert own.difference.difference > 0.1  # type: ignore[operator]
    assert own.numbers["d_ece"][1] > 0.3
    [text] = [each for each in said(found) if "do not mean the same" in each]
    assert '`calibrate="isotonic"` gives +' in text
    assert "of predictions, " in text


def test_calibration_is_not_tested_where_it_is_done_or_cannot_be() -> None:
    timid = GOOD.with_scores(GOOD.score * 0.1)
    done = fuse([timid, timid.take(np.arange(50))], strategy="nms", fit=GT, calibrate="linear")
    assert "uncalibrated" not in reasons(done)
    loud = GOOD.with_scores(GOOD.score * 3)
    beyond = fuse([loud, loud.take(np.arange(50))], strategy="nms", fit=GT)
    assert reasons(beyond).keys() == {"nothing-unique", "masks-disagree"}


def test_masks_that_outvote_the_best_one() -> None:
    bad = eroded(GOOD)
    models = [GOOD, bad.with_scores(bad.score * 0.99), bad.with_scores(bad.score * 0.98)]
    found = fuse(models, strategy="wbf", fit=GT, iou_threshold=0.1)
    own = reasons(found)["masks-disagree"]
    assert own.holds
    assert own.numbers["agreement"] < 0.9
    assert "masks disagree. Those of one object have a mean IoU of 0." in " ".join(said(found))


def test_agreement_is_the_mean_iou_of_masks_of_one_object() -> None:
    evidence = Evidence.of([GOOD, WEAK], GT, "segm", 1)
    found = found_by(evidence.evaluations, 1)
    both = (found.finder >= 0).all(axis=0)
    pairs = found.finder[:, both].T.tolist()
    one_by_one = [
        mask_iou(masks_of(GOOD, np.array([a])), masks_of(WEAK, np.array([b])))[0, 0]
        for a, b in pairs
    ]
    assert found.agreement(0) == pytest.approx(np.mean(one_by_one), rel=1e-12)
    assert both.sum() > 10


def test_weights_that_hurt() -> None:
    noise = WEAK.with_scores(1 - WEAK.score)
    found = fuse([GOOD, noise], strategy="interp", scores=[1, 2], theta_min=0.2, gt=GT)
    own = reasons(found)["weights"]
    assert own.holds
    assert any('the weights. `weigh="none"` gives +' in each for each in said(found))


def test_where_no_cause_is_shown_all_tests_are_told() -> None:
    change = fuse([GOOD, NOTHING], strategy="nms", fit=GT).scores.reasons[0].difference
    assert change is not None
    change = replace(change, difference=-0.002, interval=(-0.01, 0.004))
    tests = [
        Reason("nothing-unique", holds=False, numbers={"added": 0.05, "worth": 0.02}),
        Reason("masks-disagree", holds=False, numbers={"agreement": 0.8123}),
        Reason("uncalibrated", holds=False, difference=change),
        Reason("weights", holds=False, difference=change),
    ]
    [note] = reason_notes(tests, 1, ["run/a.json", "run/b.json"])
    assert note.message == (
        "none of the likely reasons is shown: 5.0 % of the objects are found by others and not by "
        "b.json, worth 2.0 AP; masks of one object have a mean IoU of 0.81; calibration gives "
        "-0.2 AP (-1.0 to +0.4); equal weights give -0.2 AP (-1.0 to +0.4)"
    )


def test_finds_that_are_worth_something_need_more_images() -> None:
    few = furniture(images=12)
    models = [load_predictions(each) for each in (few.better, few.weaker)]
    found = fuse(models, strategy="nms", fit=load_ground_truth(few.ground_truth))
    tests = reasons(found)
    assert not tests["nothing-unique"].holds
    assert tests["few-images"].holds
    worth, detectable = (tests["few-images"].numbers[each] for each in ("worth", "detectable"))
    assert 0.01 < worth < detectable
    assert said(found)[0].startswith(
        "likely reason: too few images. What the other model finds and predictions (1) misses, 7.6 "
        "% of the objects, is worth "
    )


def test_other_images_judge_what_is_tested() -> None:
    ids = [image["id"] for image in SCENE.ground_truth["images"]]

    def part(kept: list[Any]) -> Any:
        return load_ground_truth({
            **SCENE.ground_truth,
            "images": [each for each in SCENE.ground_truth["images"] if each["id"] in kept],
            "annotations": [
                each for each in SCENE.ground_truth["annotations"] if each["image_id"] in kept
            ],
        })  # fmt: skip

    sparse = GOOD.take(np.arange(0, len(GOOD), 2))
    found = fuse([GOOD, sparse], strategy="nms", fit=part(ids[::2]), gt=part(ids[1::2]))
    own = reasons(found)["nothing-unique"]
    assert own.holds
    assert own.numbers["added"] == 0


def test_a_spread_below_its_standard_error_is_not_stretched_in_silence() -> None:
    rng = np.random.default_rng(0)
    like = GOOD.with_scores(np.clip(GOOD.score + rng.normal(0, 0.02, len(GOOD)), 0, 1))
    found = fuse([GOOD, like], strategy="interp", fit=GT)
    [note] = [each for each in found.notes if each.code == "small-spread"]
    assert "less than its standard error of" in note.message
    assert "and weights from 0.6 to 1 are made of it. `min_spread=0.0" in note.message
    wide = fuse([GOOD, like], strategy="interp", fit=GT, min_spread=0.2)
    assert "small-spread" not in [each.code for each in wide.notes]
    assert "small-spread" not in [each.code for each in fuse([GOOD, WEAK], fit=GT).notes]


def test_reasons_are_in_the_json_object() -> None:
    part = GOOD.take(np.arange(0, len(GOOD), 2))
    found = fuse([GOOD, part], strategy="nms", fit=GT).to_dict()["results"]["reasons"]
    assert found[0]["name"] == "nothing-unique"
    assert found[0]["difference"]["interval"] is not None
