"""Oracles: worked numbers, what holds on random data, several models."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import segeval
from segeval import average_precision, oracles
from segeval.analysis.oracles.scores import OracleScores
from segeval.analysis.oracles.upper_bounds import Oracles
from segeval.errors import InputError, MismatchError
from segeval.metrics.coco.protocol import COCO, LVIS, LVIS_FIXED, Protocol
from tests.unit.analysis.test_sweep import lvis_scene
from tests.unit.analysis.thresholds.test_operating_point import many_images
from tests.unit.metrics.strips import Records, exact, scene, strip

NEVER_WORSE = ("recall", "duplicate", "background", "missed")
"""Oracles that cannot lose; matching can pair worse under the others."""

# The worked example of the definitions: a wrong one, two on the first object, one on the second.
OBJECTS: Records = [{"mask": strip(0, 100)}, {"mask": strip(100, 200)}]
FOUND: Records = [
    {"mask": strip(0, 0), "score": 0.95},
    {"mask": strip(0, 60), "score": 0.9},
    {"mask": strip(0, 90), "score": 0.8},
    {"mask": strip(100, 180), "score": 0.7},
]


def of(objects: Records, found: Records, images: int = 1, **settings: Any) -> OracleScores:
    return oracles(*scene(objects, found, images=images), **settings).first


def aps(scores: OracleScores, place: int = 0) -> dict[str, float | None]:
    return {name: each.ap for name, each in scores.models[place].overall.oracles.items()}


def codes(result: Oracles) -> list[str]:
    return [note.code for note in result.notes]


def message(result: Oracles, code: str) -> str:
    (found,) = [note.message for note in result.notes if note.code == code]
    return found


def test_the_worked_example() -> None:
    scores = of(OBJECTS, FOUND, thresholds=0.5)
    # F T F T: precision 1/2 at both objects
    assert scores.models[0].overall.ap == exact(0.5)
    assert aps(scores) == {
        "recall": exact(1),
        "score": exact(1),
        # 0.95 x 0, 0.9 x 0.6, 0.8 x 0.9, 0.7 x 0.8: the wrong one and the duplicate come last
        "mask_quality": exact(1),
        "class": exact(0.5),
        "localisation": exact(0.5),
        "duplicate": exact(2 / 3),  # F T T
        "background": exact((51 + 50 * 2 / 3) / 101),  # T F T
        "missed": exact(0.5),
    }
    gains = {name: each.gain for name, each in scores.models[0].overall.oracles.items()}
    assert gains["duplicate"] == exact(2 / 3 - 1 / 2)


def test_a_wrong_category_becomes_right_unless_the_object_is_found_already() -> None:
    objects: Records = [{"mask": strip(0, 100)}, {"mask": strip(100, 200)}]
    found: Records = [
        {"category_id": 2, "mask": strip(0, 90), "score": 0.9},  # found by the last one
        {"category_id": 2, "mask": strip(100, 190), "score": 0.8},  # becomes right
        {"category_id": 2, "mask": strip(100, 180), "score": 0.7},  # is dropped
        {"mask": strip(0, 100), "score": 0.6},
    ]
    preds, gt = scene(objects, found)
    gt["categories"].append({"id": 2, "name": "category 2"})
    scores = oracles(preds, gt, thresholds=0.5).first
    assert scores.models[0].overall.ap == exact(51 / 101)
    assert aps(scores)["class"] == exact(1)


def test_a_poor_mask_becomes_perfect_once_for_each_object() -> None:
    # the first object is found, so its poor prediction is dropped; of two for the second the
    # better-scored one becomes right
    found: Records = [
        {"mask": strip(0, 30), "score": 0.9},
        {"mask": strip(0, 100), "score": 0.8},
        {"mask": strip(100, 130), "score": 0.7},
        {"mask": strip(100, 140), "score": 0.6},
    ]
    scores = of(OBJECTS, found, thresholds=0.5)
    assert scores.models[0].overall.ap == exact(51 / 101 / 2)
    assert aps(scores)["localisation"] == exact(1)
    # below 0.1 a prediction is background, not a poor mask
    far = of(OBJECTS[:1], [{"mask": strip(0, 5)}], thresholds=0.5)
    assert (aps(far)["localisation"], aps(far)["background"]) == (0, 0)


def test_a_category_without_a_found_object_is_perfect_once_missed_ones_do_not_count() -> None:
    objects = [*OBJECTS, {"category_id": 2, "mask": strip(0, 50)}]
    found: Records = [{"mask": strip(0, 100), "score": 0.9}]
    scores = of(objects, found, thresholds=0.5)
    assert scores.models[0].overall.ap == exact(51 / 101 / 2)
    assert aps(scores)["missed"] == exact(1)


def test_recall_needs_the_largest_matching_and_not_a_greedy_one() -> None:
    # the better-scored one takes the object that the other needs
    objects: Records = [{"mask": strip(0, 10)}, {"mask": strip(4, 14)}]
    found: Records = [{"mask": strip(1, 11), "score": 0.9}, {"mask": strip(0, 9), "score": 0.8}]
    scores = of(objects, found, thresholds=0.5)
    assert scores.models[0].overall.ap == exact(51 / 101)
    assert aps(scores)["recall"] == exact(1)


def test_crowd_regions_excuse_predictions_under_every_oracle() -> None:
    crowd = {"mask": strip(100, 200), "iscrowd": 1}
    scores = of([OBJECTS[0], crowd], [FOUND[3], FOUND[2]], thresholds=0.5)
    assert scores.models[0].overall.ap == exact(1)
    assert [*aps(scores).values()] == [exact(1)] * 8


@pytest.mark.parametrize(
    "protocol",
    [COCO, LVIS, replace(LVIS_FIXED, max_dets=(12,)), replace(COCO, max_dets=(2,))],
    ids=lambda each: f"{each.name}-{each.max_dets[-1]}",
)
@pytest.mark.parametrize("seed", range(4))
def test_ap_is_that_of_ap_and_bounds_are_no_lower(protocol: Protocol, seed: int) -> None:
    preds, gt = lvis_scene(seed)
    gt["annotations"][1]["iscrowd"] = 1
    settings: dict[str, Any] = {"protocol": protocol, "sizes": [3, 4]}
    (model,) = oracles(preds, gt, **settings).first.models
    wanted = average_precision(preds, gt, **settings).first
    assert model.overall.ap == wanted.overall.ap
    for size in wanted.sizes:
        own = model.sizes[size.name]
        assert (own.ap, own.gt) == (size.ap, size.gt)
    for part in (model.overall, *model.sizes.values()):
        for name in NEVER_WORSE:
            gain = part.oracles[name].gain
            assert (gain is None) == (part.ap is None)
            assert gain is None or gain >= -1e-15  # the mean of the same values in another order
        score, found = part.oracles["score"].ap, part.oracles["recall"].ap
        assert (score is None) == (found is None) == (part.ap is None)
        assert score is None or found is None or score <= found + 1e-15
    assert model.overall.ap is not None


def test_perfect_predictions_gain_nothing() -> None:
    preds, gt = scene(OBJECTS, [{"mask": strip(0, 100)}, {"mask": strip(100, 200)}])
    gains = {each.gain for each in oracles(preds, gt).first.models[0].overall.oracles.values()}
    assert gains == {0.0}


def test_without_predictions_only_missed_objects_can_gain() -> None:
    scores = of(OBJECTS, [])
    assert scores.models[0].overall.ap == 0
    assert {name for name, ap in aps(scores).items() if ap} == {"missed"}


def test_without_objects_everything_is_undefined() -> None:
    scores = of([], FOUND)
    assert scores.models[0].overall.ap is None
    assert set(aps(scores).values()) == {None}


def test_scores_below_0_leave_only_their_product_undefined() -> None:
    preds, gt = scene(OBJECTS, [{**record, "score": record["score"] - 1} for record in FOUND])
    result = oracles(preds, gt, thresholds=0.5)
    assert aps(result.first)["mask_quality"] is None
    assert aps(result.first)["duplicate"] == exact(2 / 3)
    assert message(result, "scores-outside") == (
        "4 scores are below 0: their product with the IoU is undefined"
    )


def test_what_models_find_together() -> None:
    # a finds objects 1 and 2, b finds 2 and 3, nobody finds 4
    objects = [{"mask": strip(40 * k, 40 * k + 20)} for k in range(4)]
    _, gt = scene(objects, [])
    a, _ = scene(objects, [objects[0], objects[1]])
    b, _ = scene(objects, [objects[1], {"mask": strip(80, 90)}])
    result = oracles([a, b], gt, thresholds=0.5)
    union = result.first.union
    assert union is not None
    assert (union.recall, union.together) == ((0.5, 0.5), 0.75)
    assert union.unique == (0.25, 0.25)
    assert union.added == ((0.0, 0.25), (0.25, 0.0))
    # three of four objects, the one with half a mask last: 76 of 101 recall levels
    assert result.first.best_of_models == exact(76 / 101)
    assert list(result.inputs) == ["a", "b", "gt"]
    assert [table.name for table in result.tables] == [
        "oracle_1", "oracle_2", "union", "added", "choice",
    ]  # fmt: skip


def test_the_best_mask_of_all_models_counts_for_each_object() -> None:
    # at 0.75 only b's mask of the first object and a's of the second will do
    _, gt = scene(OBJECTS, [])
    a, _ = scene(OBJECTS, [{"mask": strip(0, 60)}, {"mask": strip(100, 190)}])
    b, _ = scene(OBJECTS, [{"mask": strip(0, 90)}, {"mask": strip(100, 150)}])
    scores = oracles([a, b], gt, thresholds=0.75).first
    assert [model.overall.ap for model in scores.models] == [exact(51 / 101 / 2), exact(51 / 101)]
    assert scores.best_of_models == exact(1)


@pytest.mark.parametrize("seed", range(3))
def test_models_together_are_no_worse_than_each(seed: int) -> None:
    preds, gt = lvis_scene(seed)
    models = [[p for k, p in enumerate(preds) if k % 3 != left] for left in range(3)]
    scores = oracles(models, gt).first
    union = scores.union
    assert union is not None
    assert union.together is not None
    assert scores.best_of_models is not None
    for place, (recall, unique) in enumerate(zip(union.recall, union.unique, strict=True)):
        assert recall is not None
        assert unique is not None
        assert union.together >= recall >= unique
        own = scores.models[place].overall.oracles["score"].ap
        assert own is not None
        assert scores.best_of_models >= own - 1e-15  # sums in another order
    # the order of the models decides nothing
    turned = oracles(models[::-1], gt).first
    assert turned.best_of_models == scores.best_of_models
    assert turned.best_per_category == scores.best_per_category


def test_choosing_a_model_per_category_is_judged_on_the_other_half() -> None:
    preds, gt = many_images(4, images=30)
    rng = np.random.default_rng(0)
    models = [[{**p, "score": p["score"] * rng.uniform(0.5, 1)} for p in preds] for _ in range(4)]
    choice = oracles(models, gt).first.best_per_category
    assert choice is not None
    by_model = [average_precision(each, gt).first.categories for each in models]
    best = [max(own[k].ap or 0 for own in by_model) for k in range(3)]
    assert choice.in_sample == exact(sum(best) / 3)
    assert choice.seen is not None
    assert choice.unseen is not None
    assert choice.optimism == exact(choice.seen - choice.unseen)
    assert float(choice.optimism or 0) > 0  # the models differ by chance alone


def test_few_images_do_not_judge_a_choice() -> None:
    preds, gt = many_images(1, images=9)
    result = oracles([preds, preds], gt)
    choice = result.first.best_per_category
    assert choice is not None
    assert (choice.unseen, choice.optimism, choice.single) == (None, None, None)
    assert choice.in_sample == exact(average_precision(preds, gt).ap or 0)
    assert message(result, "few-images") == (
        "9 images are too few to judge a choice of models on other images: expected at least 10"
    )
    assert [model.name for model in result.first.models] == ["predictions (1)", "predictions (2)"]


def test_a_list_of_records_is_one_model_and_loaded_ones_are_several() -> None:
    preds, gt = scene(OBJECTS, FOUND)
    assert len(oracles(preds, gt).first.models) == 1
    loaded = segeval.load_predictions(preds)
    assert len(oracles(loaded, gt).first.models) == 1
    assert len(oracles([loaded, loaded], gt).first.models) == 2
    assert repr(oracles(loaded, gt)) == "Oracles(predictions vs ground truth: segm AP 38.4)"


def test_what_makes_no_sense_is_refused() -> None:
    preds, gt = scene(OBJECTS, FOUND)
    loaded = segeval.load_predictions(preds)
    with pytest.raises(InputError, match=r"`preds` are 21 models, expected 1 to 20\."):
        oracles([loaded] * 21, gt)
    with pytest.raises(MismatchError):
        oracles([loaded, [{**preds[0], "image_id": 9}]], gt)


def test_numbers_depend_neither_on_the_order_of_images_nor_on_workers() -> None:
    preds, gt = many_images(6)
    first = oracles([preds, preds[::2]], gt, workers=1)
    turned = [sorted(each, key=lambda p: -p["image_id"]) for each in (preds, preds[::2])]
    moved = {**gt, "images": gt["images"][::-1]}
    assert oracles(turned, moved, workers=3).to_dict()["results"] == first.to_dict()["results"]


def test_ids_may_be_text() -> None:
    preds, gt = many_images(6)
    wanted = oracles([preds, preds[::2]], gt).first
    gt["images"] = [{**each, "id": f"image {each['id']:03}"} for each in gt["images"]]
    gt["annotations"] = [
        {**each, "image_id": f"image {each['image_id']:03}"} for each in gt["annotations"]
    ]
    named = [{**each, "image_id": f"image {each['image_id']:03}"} for each in preds]
    found = oracles([named, named[::2]], gt).first
    assert found.models == wanted.models
    assert found.union == wanted.union
    assert found.best_of_models == wanted.best_of_models
