"""Which images choose models, decide trees and judge; and searches over many models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import average_precision
from segeval.analysis.folds import image_folds
from segeval.data import GroundTruth, load_ground_truth, load_predictions
from segeval.data.synthetic import furniture
from segeval.ensemble.fusing import fuse
from segeval.ensemble.search.searched import Searched
from segeval.errors import InputError

SCENE = furniture(images=30)
GT = load_ground_truth(SCENE.ground_truth)
MODELS = [load_predictions(each) for each in (SCENE.better, SCENE.weaker)]


def half(first: int) -> GroundTruth:
    """Every other image of the ground truth."""
    kept = {image["id"] for image in SCENE.ground_truth["images"][first::2]}
    own: dict[str, Any] = dict(SCENE.ground_truth)
    own["images"] = [each for each in own["images"] if each["id"] in kept]
    own["annotations"] = [each for each in own["annotations"] if each["image_id"] in kept]
    return load_ground_truth(own)


def test_of_many_images_a_fifth_judges_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segeval.ensemble.search.searched.MANY_IMAGES", 60)
    many = furniture(images=60)
    gt = load_ground_truth(many.ground_truth)
    found = fuse([many.better, many.weaker], strategy="search", fit=gt, max_evals=5)
    own = found.scores.search
    assert isinstance(own, Searched)
    [deciding] = own.by_images
    fold = image_folds(gt, 5)
    assert (np.frombuffer(deciding, np.bool_) == (fold != 4)).all()
    assert found.scores.gain is not None
    assert found.scores.gain.how == f"{(fold == 4).sum()} images of ground truth that chose nothing"
    ids = np.array(gt.images.written_ids, object)[fold == 4].tolist()
    assert found.scores.gain.over_best.a == average_precision(many.better, gt, images=ids).ap


def test_folds_that_are_asked_for_are_kept_of_many_images_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("segeval.ensemble.search.searched.MANY_IMAGES", 30)
    found = fuse(MODELS, strategy="search", fit=GT, max_evals=2, folds=3)
    assert found.scores.gain is not None
    assert found.scores.gain.how == "3 folds of ground truth"


def test_other_ground_truth_judges_what_was_searched() -> None:
    found = fuse(MODELS, strategy="search", fit=half(0), gt=half(1), max_evals=3)
    assert found.scores.gain is not None
    assert found.scores.gain.how == "ground truth, which chose nothing"
    assert found.scores.gain.over_wbf is not None
    images = np.unique(found.predictions.image_id)
    assert len(images) == len(np.unique(MODELS[0].image_id))


def test_too_few_images_are_searched_without_a_gain() -> None:
    few = furniture(images=5)
    gt = load_ground_truth(few.ground_truth)
    found = fuse([few.better, few.weaker], strategy="search", fit=gt, max_evals=2)
    assert found.scores.gain is None
    assert found.scores.search is not None
    assert found.scores.search.parts == ()


@pytest.mark.parametrize("beam", [1, 2])
def test_many_models_are_merged_greedily(beam: int) -> None:
    rng = np.random.default_rng(0)
    seen = rng.random((6, len(MODELS[0]))) < 0.6  # each misses objects of its own
    models = [MODELS[0].take(np.flatnonzero(own)) for own in seen]
    found = fuse(models, strategy="search", fit=GT, max_evals=45, beam=beam, iou="bbox")
    own = found.scores.search
    assert own is not None
    assert len(own.whole.tree.leaves) >= 2
    assert own.whole.ap > own.whole.single + 0.05
    assert found.scores.gain is not None
    assert found.scores.gain.over_best.verdict.value == "better"


def test_images_of_one_group_stay_in_one_fold(tmp_path: Path) -> None:
    document = dict(SCENE.ground_truth)
    document["images"] = [
        {**each, "video": f"v{place // 2}"} for place, each in enumerate(document["images"])
    ]
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(document))
    found = fuse(MODELS, strategy="search", fit=path, groups="video", max_evals=2)
    own = found.scores.search
    assert own is not None
    assert len(own.by_images) == 5
    video = np.arange(30) // 2
    for each in own.by_images:
        deciding = np.frombuffer(each, np.bool_)
        assert not set(video[deciding]) & set(video[~deciding])
    assert found.settings["groups"] == "video"
    plain = fuse(MODELS, strategy="search", fit=path, max_evals=2).scores.gain
    assert found.scores.gain is not None
    assert plain is not None
    assert found.scores.gain.over_best.se != plain.over_best.se


def test_groups_are_kept_by_other_strategies_too() -> None:
    video = {each["id"]: str(place // 3) for place, each in enumerate(SCENE.ground_truth["images"])}
    found = fuse(MODELS, strategy="interp", fit=GT, groups=video).scores.gain
    plain = fuse(MODELS, strategy="interp", fit=GT).scores.gain
    assert found is not None
    assert plain is not None
    assert found.over_best.se != plain.over_best.se


def test_fewer_groups_than_folds_are_refused() -> None:
    video = {each["id"]: str(place % 12) for place, each in enumerate(SCENE.ground_truth["images"])}
    with pytest.raises(InputError, match="expected from 2 to 12, the number of groups of images"):
        fuse(MODELS, strategy="search", fit=GT, groups=video, folds=13, max_evals=5)


def test_too_few_groups_are_searched_without_a_gain() -> None:
    video = {each["id"]: str(place % 3) for place, each in enumerate(SCENE.ground_truth["images"])}
    found = fuse(MODELS, strategy="search", fit=GT, groups=video, max_evals=2)
    assert found.scores.gain is None
    assert found.scores.search is not None
    assert found.scores.search.parts == ()
