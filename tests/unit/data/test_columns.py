"""Columns of several files become one; scores can be exchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from segeval.data import GroundTruth, Predictions, load_ground_truth, load_predictions
from segeval.errors import InputError, MismatchError, Note, ShapeError
from tests.build import coco_rle

BOX = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
POLYGON = {**BOX, "segmentation": [[0, 0, 4, 0, 4, 4]]}
STRING = {**BOX, "segmentation": coco_rle(np.eye(20, dtype=bool))}


def ground_truth(image: int = 1, annotation: int = 1, **changes: Any) -> GroundTruth:
    return load_ground_truth({
        "images": [{"id": image, "height": 20, "width": 20, "file_name": f"{image}.png"}],
        "categories": [{"id": 1, "name": "lamp"}],
        "annotations": [{**POLYGON, "id": annotation, "image_id": image, "area": 8, "iscrowd": 0}],
        **changes,
    })  # fmt: skip


def test_predictions_of_several_files_stand_one_file_after_the_other() -> None:
    parts = [
        load_predictions([{**POLYGON, "score": 0.5}, {**BOX, "score": 0.25}]),
        load_predictions([{**STRING, "score": 0.75}]),
        load_predictions([]),
    ]
    whole = Predictions.concatenate(parts)
    at_once = load_predictions(
        [{**POLYGON, "score": 0.5}, {**BOX, "score": 0.25}, {**STRING, "score": 0.75}]
    )
    for name, column in at_once.to_dict().items():
        np.testing.assert_array_equal(whole.to_dict()[name], column)
    sizes = np.full((3, 2), 20, np.int32)
    masks = whole.segmentations.run_lengths(sizes, whole)
    expected = at_once.segmentations.run_lengths(sizes, at_once)
    np.testing.assert_array_equal(masks.counts, expected.counts)
    np.testing.assert_array_equal(masks.offsets, expected.offsets)


def test_the_whole_is_called_after_its_parts_and_keeps_their_notes_once() -> None:
    part = replace(load_predictions([]), source="a.json", notes=(Note("odd", "odd"),))
    other = replace(part, source="b.json")
    whole = Predictions.concatenate([part, other, part])
    assert (whole.source, whole.notes) == ("a.json and 1 more", part.notes)
    assert Predictions.concatenate([part, other], source="all").source == "all"


def test_scores_can_be_exchanged() -> None:
    preds = load_predictions([{**BOX, "score": 0.5}, {**BOX, "score": 0.25}])
    scores = np.array([0.1, 0.2])
    other = preds.with_scores(scores)
    scores[0] = 9.0
    assert other.score.tolist() == [0.1, 0.2]
    assert preds.score.tolist() == [0.5, 0.25]
    np.testing.assert_array_equal(other.boxes, preds.boxes)


@pytest.mark.parametrize("scores", [[0.1], [[0.1, 0.2]], 0.5])
def test_every_prediction_needs_one_new_score(scores: Any) -> None:
    preds = load_predictions([{**BOX, "score": 0.5}, {**BOX, "score": 0.25}])
    with pytest.raises(ShapeError, match=r"expected \(2,\): one number for each prediction"):
        preds.with_scores(scores)


def test_ground_truth_of_several_files_stands_one_file_after_the_other() -> None:
    whole = GroundTruth.concatenate([ground_truth(), ground_truth(2, 2)])
    assert (whole.images.id.tolist(), whole.id.tolist()) == ([1, 2], [1, 2])
    assert whole.images.file_names == ("1.png", "2.png")
    assert whole.masks.counts.tolist() == 2 * ground_truth().masks.counts.tolist()
    assert not whole.is_lvis


def test_lists_of_lvis_stay_with_their_images() -> None:
    def part(image: int, negative: list[int]) -> GroundTruth:
        lists = {"neg_category_ids": negative, "not_exhaustive_category_ids": [1]}
        images = [{"id": image, "height": 20, "width": 20, **lists}]
        categories = [{"id": 1, "name": "lamp", "frequency": "r"}]
        return ground_truth(image, image, images=images, categories=categories)

    whole = GroundTruth.concatenate([part(1, []), part(2, [1])])
    assert whole.is_lvis
    assert whole.images.negative is not None
    assert (whole.images.negative.ids.tolist(), whole.images.negative.offsets.tolist()) == (
        [1], [0, 0, 1]
    )  # fmt: skip
    bare = replace(ground_truth(2, 2), categories=part(2, []).categories)
    assert not GroundTruth.concatenate([part(1, []), bare]).is_lvis


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (ground_truth(1, 2), "image id 1 is also in ground truth"),
        (ground_truth(2, 1), "annotation id 1 is also in ground truth"),
        (ground_truth(2, 2, categories=[{"id": 1, "name": "rug"}]), "the categories differ"),
    ],
)
def test_ground_truth_that_contradicts_itself_is_refused(other: GroundTruth, words: str) -> None:
    with pytest.raises(MismatchError, match=words):
        GroundTruth.concatenate([ground_truth(), other])


@pytest.mark.parametrize("columns", [Predictions, GroundTruth])
def test_nothing_cannot_be_joined(columns: Any) -> None:
    with pytest.raises(InputError, match="`parts` is empty"):
        columns.concatenate([])


def test_predictions_are_chosen_as_numpy_chooses() -> None:
    preds = load_predictions([{**BOX, "score": score} for score in (0.25, 0.75, 0.5)])
    assert preds[preds.score > 0.4].score.tolist() == [0.75, 0.5]
    assert preds[1:].score.tolist() == [0.75, 0.5]
    assert preds[[2, 0]].score.tolist() == [0.5, 0.25]
    assert preds[-1].score.tolist() == [0.5]
    assert preds[[]].score.tolist() == []
    assert repr(preds[:1]) == "Predictions(predictions: 1 prediction)"
