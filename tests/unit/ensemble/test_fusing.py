"""One set of predictions from several models: contract, gain, and what is refused."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from segeval import average_precision, load_predictions
from segeval.data import GroundTruth, Predictions, load_ground_truth, save_predictions
from segeval.data.synthetic import furniture
from segeval.ensemble.fitting import score_notes
from segeval.ensemble.fusing import fuse
from segeval.ensemble.result import Ensemble
from segeval.ensemble.strategies import STRATEGIES
from segeval.errors import InputError, MismatchError

SCENE = furniture(images=24)
GT = load_ground_truth(SCENE.ground_truth)
MODELS = [load_predictions(each) for each in (SCENE.better, SCENE.weaker)]
THIRD = MODELS[0].with_scores(MODELS[0].score[::-1].copy())


def fused(models: list[Predictions], **arguments: Any) -> Ensemble:
    """Models merged; those that need to know what models are worth are told."""
    strategy = STRATEGIES[arguments.setdefault("strategy", "interp")]
    if strategy.weighing == "classwise" or strategy.name == "search":
        arguments.setdefault("fit", GT)
    elif strategy.weighing != "none" and not {"fit", "weights", "ap"} & arguments.keys():
        arguments.setdefault("scores", np.arange(len(models)) + 1.0)
    return fuse(models, **arguments)


def mask_box(mask: dict[str, Any]) -> list[float]:
    """The box of a compressed mask."""
    box: list[float] = coco_mask.toBbox(mask).tolist()
    return box


def written(found: Ensemble, path: Path) -> bytes:
    """The bytes of the result's file."""
    found.save(path)
    return path.read_bytes()


def test_fused_masks_leave_no_row_without_a_box(tmp_path: Path) -> None:
    found = fused(MODELS, strategy="vote", iou="segm")
    assert not any(model.has_box.any() for model in MODELS)
    assert 0 < len(found.merged.fused) < len(found.predictions)
    rows = json.loads(written(found, tmp_path / "out.json"))
    alone = {*range(len(rows))} - {*found.merged.fused.tolist()}
    assert all(rows[k]["bbox"] == mask_box(rows[k]["segmentation"]) for k in alone)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = SCENE.ground_truth
        coco.createIndex()
        assert len(coco.loadRes(str(tmp_path / "out.json")).anns) == len(rows)
    bare = [{key: value for key, value in row.items() if key != "bbox"} for row in rows]
    with_boxes, without = (average_precision(each, SCENE.ground_truth) for each in (rows, bare))
    assert with_boxes.to_dict()["results"] == without.to_dict()["results"]


def test_a_model_with_boxes_gives_all_rows_one() -> None:
    boxed = [{**each, "bbox": mask_box(each["segmentation"])} for each in SCENE.better]
    found = fused([load_predictions(boxed), MODELS[1]], strategy="nms", iou="segm")
    assert found.predictions.has_box.all()
    assert not fused(MODELS, strategy="nms", iou="segm").predictions.has_box.any()


@pytest.mark.parametrize("strategy", [each for each in STRATEGIES if each != "search"])
def test_no_order_changes_a_byte(strategy: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    scores = {0: 3.0, 1: 1.0, 2: 2.0}
    models = [*MODELS, THIRD]
    found = set()
    for order in itertools.permutations(range(3)):
        shuffled = [models[k].take(rng.permutation(len(models[k]))) for k in order]
        own = [scores[k] for k in order]
        arguments: dict[str, Any] = {"strategy": strategy, "workers": int(rng.integers(1, 4))}
        if STRATEGIES[strategy].weighing == "none":
            arguments["weights"] = own
        elif STRATEGIES[strategy].weighing != "classwise":
            arguments["scores"] = own
        found.add(written(fused(shuffled, **arguments), tmp_path / "out.json"))
    assert len(found) == 1


def test_masks_that_are_not_fused_keep_their_bytes() -> None:
    before = {each for model in MODELS for each in model.segmentations.strings.strings()}
    found = fused(MODELS)
    assert found.scores.fused == 0
    assert set(found.predictions.segmentations.strings.strings()) <= before


def test_the_terms_of_every_row_add_up_to_its_score() -> None:
    for strategy in STRATEGIES:
        own = {"max_evals": 3} if strategy == "search" else {}
        for row in fused(MODELS, strategy=strategy, **own).explained():
            assert sum(row["terms"].values()) == pytest.approx(row["score"], abs=1e-12)
            assert row["members"][0]["role"] == "lead"


def test_an_image_has_at_most_max_dets_rows() -> None:
    found = fused(MODELS, max_dets=3).predictions
    assert np.bincount(found.image_id).max() == 3
    assert len(fused(MODELS, max_dets=0).predictions) > len(found)


def test_scores_of_one_model_are_weighted_by_what_it_is_worth() -> None:
    found = fused(MODELS, scores=[70, 60], strategy="interp", max_dets=0)
    assert [each.weight for each in found.scores.models] == [1, 0.6]
    assert [each.worth for each in found.scores.models] == [70, 60]
    assert found.scores.worth_from == "stated by hand"


def test_settings_of_weights_are_settings() -> None:
    found = fused(MODELS, scores=[77.2, 77.0], theta_min=0.2, min_spread=2.0)
    assert [each.weight for each in found.scores.models] == [1, pytest.approx(0.92)]
    found = fused(MODELS, strategy="reweight", scores=[2, 1], theta_0=0.1)
    assert [each.weight for each in found.scores.models] == [1, pytest.approx(0.1)]


def test_weights_by_hand_are_relative_to_the_highest() -> None:
    found = fused(MODELS, weights=[4, 2])
    assert [each.weight for each in found.scores.models] == [1, 0.5]


def test_saved_results_say_what_models_are_worth(tmp_path: Path) -> None:
    paths = []
    for place, ap in enumerate((0.5, 0.4)):
        path = tmp_path / f"{place}.json"
        document = {"schema": "segeval/ap/1", "results": {"segm": {"ap": ap}}}
        path.write_text(json.dumps(document))
        paths.append(path)
    found = fused(MODELS, ap=paths)
    assert [each.worth for each in found.scores.models] == [0.5, 0.4]


def test_the_gain_is_measured_on_images_that_chose_nothing() -> None:
    found = fused(MODELS, fit=GT)
    gain = found.scores.gain
    assert gain is not None
    assert gain.how.startswith("5 folds of")
    assert gain.best == MODELS[0].source
    assert gain.over_best.a is not None
    assert gain.optimism is not None


def half(first: int) -> GroundTruth:
    """Every other image of the ground truth."""
    ids = {image["id"] for image in SCENE.ground_truth["images"][first::2]}
    return load_ground_truth(
        {
            **SCENE.ground_truth,
            "images": [each for each in SCENE.ground_truth["images"] if each["id"] in ids],
            "annotations": [
                each for each in SCENE.ground_truth["annotations"] if each["image_id"] in ids
            ],
        }
    )


def test_weights_of_some_images_are_judged_on_others() -> None:
    found = fused(MODELS, fit=half(0), gt=half(1))
    gain = found.scores.gain
    assert gain is not None
    assert gain.how == "ground truth, which chose nothing"
    assert gain.optimism is None
    fitted, judged = (np.unique(each.images.id) for each in (half(0), half(1)))
    assert set(found.predictions.image_id.tolist()) <= {*fitted.tolist(), *judged.tolist()}


def test_images_that_were_fitted_to_are_not_judged_on() -> None:
    with pytest.raises(InputError, match="12 images of 24 are in ground truth as well"):
        fused(MODELS, fit=half(0), gt=GT)
    with pytest.raises(InputError, match="Leave out `gt`, and the gain is measured in folds"):
        fused(MODELS, fit=GT, gt=GT)
    assert fused(MODELS, fit=half(0), gt=GT, allow_fit_on_test=True).scores.gain is not None


def test_what_was_stated_by_hand_cannot_be_checked() -> None:
    found = fused(MODELS, weights=[1, 0.9], gt=GT)
    assert found.notes[-1].code == "stated-by-hand"
    assert found.scores.gain is not None
    assert found.scores.gain.how.startswith("5 folds")


def test_a_strategy_that_does_not_help_says_so() -> None:
    noise = MODELS[1].with_scores(1 - MODELS[1].score)
    found = fused([MODELS[0], noise], strategy="nms", weights=[1, 1], iou="segm")
    assert [note.code for note in found.notes] == ["always-higher"]
    found = fuse([MODELS[0], noise], strategy="nms", fit=GT)
    assert [note.code for note in found.notes] == [
        "always-higher", "no-gain", "why-no-gain", "why-no-gain",
    ]  # fmt: skip


def test_scores_that_are_always_higher_are_judged_by_ground_truth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    low = MODELS[1].with_scores(0.3 * MODELS[1].score ** 4)
    shared = low.with_scores(0.59 + 1e-4 * MODELS[1].score)  # the share of true ones: calibrated

    def told(second: Predictions, **arguments: Any) -> list[str]:
        notes = fused([MODELS[0], second], **arguments).notes
        return [each.message for each in notes if each.code == "always-higher"]

    (asked,) = told(low, weights=[1, 1])
    assert "Do the scores of both mean the same?" in asked
    (measured,) = told(low, fit=GT)
    assert re.search(
        r"By ground truth the scores of predictions are on average [34]\d\.\d points from", measured
    )
    (fine,) = told(shared, fit=GT)
    assert "By ground truth the scores of all models are on average within " in fine
    (searched,) = told(low, strategy="search", fit=GT, max_evals=2)
    assert "`calibrate=" not in searched
    assert "`weights`" not in searched
    assert "calibrate the files of all models first (`rescore_calibrate`), and search" in searched
    assert "calibrate" not in fine
    assert told(low, fit=GT, calibrate="isotonic") == []
    monkeypatch.setattr(score_notes, "LEAST", 10**6)
    assert told(low, fit=GT) == [asked]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"strategy": "mean"}, "`strategy` is 'mean', expected one of interp, reweight"),
        ({"strategy": "interp"}, "interp weighs models by their validation AP"),
        ({"scores": [1.0]}, "`scores` has 1 number, expected 2"),
        ({"scores": [1.0, 2.0], "fit": GT}, "`scores` and `fit` both say"),
        ({"weights": [1.0, -1.0]}, r"`weights` is \[1.0, -1.0\], expected 2 numbers"),
        ({"weights": [1, 1], "sigmas": 1}, "`sigmas` is no setting of interp"),
        ({"weights": [1, 1], "max_dets": -1}, "`max_dets` is -1"),
        ({"weights": [1, 1], "iou_threshold": 2}, "`iou_threshold` is 2"),
        ({"strategy": "nms", "iou": "mask"}, "`iou` is 'mask', expected one of bbox, segm, bound"),
        ({"strategy": "nms", "mask_threshold": 1}, "`mask_threshold` is 1, expected a share"),
        ({"strategy": "nms", "min_score": float("nan")}, "`min_score` is nan, expected a number"),
        ({"strategy": "soft-nms", "kind": "hard"}, "`kind` is 'hard', expected one of linear, g"),
        ({"strategy": "matrix-nms", "kind": "hard"}, "`kind` is 'hard', expected one of linear,"),
        ({"strategy": "nms", "background": "mid"}, "`background` is 'mid', expected one of first"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        fuse(MODELS, **arguments)


def test_one_model_is_no_ensemble() -> None:
    with pytest.raises(InputError, match="expected the predictions of two or more"):
        fuse(MODELS[:1], weights=[1])


def test_a_file_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    save_predictions(MODELS[0], path)
    with pytest.raises(InputError, match=r"a\.json: is given twice"):
        fuse([path, path], weights=[1, 1])


def test_masks_of_different_sizes_in_an_image_are_refused() -> None:
    mask = {"size": [3, 3], "counts": "013000"}
    other = {"size": [3, 4], "counts": "0<"}
    one = [{"image_id": 1, "category_id": 1, "score": 0.5, "segmentation": mask}]
    two = [{"image_id": 1, "category_id": 1, "score": 0.5, "segmentation": other}]
    with pytest.raises(MismatchError, match="the mask is 3 x 4, expected 3 x 3"):
        fuse([one, two], strategy="nms")


MASK = {"size": [3, 3], "counts": "013000"}
ROW = {"image_id": 1, "category_id": 1, "score": 0.5}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({**ROW, "segmentation": MASK, "score": -0.5}, "score is -0.5, expected a finite number"),
        ({**ROW, "segmentation": [[0, 0, 2, 0, 2, 2]]}, "has a polygon, and nothing here says"),
        (ROW, "has neither bbox nor mask"),
        ({**ROW, "bbox": [0, 0, -1, 2]}, "expected finite x, y, and sides of 0 or more"),
    ],
)
def test_records_that_cannot_be_placed_are_named(row: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError, match=rf"prediction #0 \(image_id 1\).*{expected}"):
        fuse([[{**ROW, "segmentation": MASK}], [row]], weights=[1, 1])


def test_polygons_with_boxes_are_merged_by_their_boxes() -> None:
    polygon = {**ROW, "segmentation": [[0, 0, 2, 0, 2, 2]], "bbox": [0, 0, 2, 2]}
    found = fuse([[polygon], [{**polygon, "score": 0.4}]], weights=[1, 1]).predictions
    assert found.score.tolist() == [0.5]


def test_few_images_give_a_result_and_a_note_in_place_of_the_gain() -> None:
    few = {image["id"] for image in SCENE.ground_truth["images"][:5]}
    gt = {
        **SCENE.ground_truth,
        "images": SCENE.ground_truth["images"][:5],
        "annotations": [e for e in SCENE.ground_truth["annotations"] if e["image_id"] in few],
    }
    models = [each.take(np.flatnonzero(np.isin(each.image_id, list(few)))) for each in MODELS]
    found = fuse(models, fit=load_ground_truth(gt))
    assert found.scores.gain is None
    assert found.notes[0].message == (
        "5 images are too few to measure the gain: expected at least 10"
    )


@pytest.mark.parametrize("arguments", [{}, {"strategy": "nms", "weigh": "tuned"}])
def test_few_groups_give_a_result_and_a_note_in_place_of_the_gain(arguments: Any) -> None:
    for number, few in ((3, "3 groups of images are"), (1, "1 group of images is")):
        groups = {
            image["id"]: str(place % number)
            for place, image in enumerate(SCENE.ground_truth["images"])
        }
        found = fuse(MODELS, fit=GT, groups=groups, **arguments)
        assert found.scores.gain is None
        assert found.notes[-1].message == (
            f"{few} too few to measure the gain: expected at least 10"
        )


def test_images_that_groups_name_and_no_ground_truth_has_are_told_once() -> None:
    first, second = half(0), half(1)
    groups = {
        image: str(image) for image in (*first.images.id.tolist(), *second.images.id.tolist())
    }
    known = fuse(MODELS, fit=first, gt=second, groups=groups)
    assert "unknown-image-label" not in [note.code for note in known.notes]
    found = fuse(MODELS, fit=first, gt=second, groups={"a.jpg": "x", **groups, "b.jpg": "x"})
    [note] = [note for note in found.notes if note.code == "unknown-image-label"]
    assert note.message == ("`groups`: names 2 images that are not evaluated, first 'a.jpg'")
    assert found.scores.gain == known.scores.gain


def test_few_images_that_judge_give_no_gain_on_others() -> None:
    some = half(1)
    few = some.images.id[:3]
    judge = load_ground_truth({
        **SCENE.ground_truth,
        "images": [each for each in SCENE.ground_truth["images"] if each["id"] in few],
        "annotations": [
            each for each in SCENE.ground_truth["annotations"] if each["image_id"] in few
        ],
    })  # fmt: skip
    found = fuse(MODELS, fit=half(0), gt=judge)
    assert found.scores.gain is None
    assert found.notes[-1].message == (
        "3 images are too few to measure the gain: expected at least 10"
    )
