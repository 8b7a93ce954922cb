"""Some of the categories and images, by id or by name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from segeval import average_precision
from segeval.errors import InputError
from tests.build import build_gt, build_preds
from tests.unit.metrics.strips import Records, exact, scene, strip

A, B = strip(0, 20), strip(40, 60)

OBJECTS: Records = [
    {"mask": A},
    {"mask": B, "category_id": 2},
    {"mask": A, "image_id": 2, "category_id": 2},
]
FOUND: Records = [{"mask": A}, {"mask": A, "image_id": 2, "category_id": 2}]


def chosen(**settings: Any) -> Any:
    """A result on two images with two categories; category 2 is found in the second image only."""
    preds, gt = scene(OBJECTS, FOUND, images=2)
    gt["categories"] = [{"id": 1, "name": "chair"}, {"id": 2, "name": "lamp"}]
    return average_precision(preds, gt, **settings)


@pytest.mark.parametrize("lamp", [2, "2", "lamp"])
def test_categories_are_chosen_by_id_or_name(lamp: int | str) -> None:
    result = chosen(categories=[lamp])
    assert [category.name for category in result.first.categories] == ["lamp"]
    assert result.ap == exact(51 / 101)


@pytest.mark.parametrize("first", [1, "1", "1.jpg"])
def test_images_are_chosen_by_id_or_file_name(first: int | str) -> None:
    result = chosen(images=[first])
    assert [category.ap for category in result.first.categories] == [exact(1), 0]
    assert result.inputs["gt"]["images"] == 1


def test_the_order_in_which_they_are_named_changes_nothing() -> None:
    result = chosen(categories=["lamp", "chair"], images=[2, 1, 2])
    assert result.first.to_dict() == chosen().first.to_dict()


def test_all_categories_of_one_name_are_chosen() -> None:
    preds, gt = scene(OBJECTS, FOUND, images=2)
    gt["categories"] = [{"id": 1, "name": "chair"}, {"id": 2, "name": "chair"}]
    result = average_precision(preds, gt, categories=["chair"])
    assert [category.id for category in result.first.categories] == [1, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"categories": ["char"]},
            '`categories=[\'char\']`: ground truth has no category "char". Did you mean "chair"?',
        ),
        (
            {"categories": [7]},
            '`categories=[7]`: ground truth has no category "7". It calls them "chair", "lamp".',
        ),
        (
            {"images": ["2.jpeg"]},
            (
                "`images=['2.jpeg']`: ground truth has no image \"2.jpeg\". "
                'Did you mean "2.jpg" or "1.jpg"?'
            ),
        ),
    ],
)
def test_what_does_not_exist_is_an_error_with_a_guess(settings: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        chosen(**settings)
    assert caught.value.message == message
    assert caught.value.code in {"unknown-category", "unknown-image"}
    assert caught.value.option in settings


def test_a_name_with_a_tilde_is_left_out() -> None:
    result = chosen(categories=["~chair"])
    assert result.ap == chosen(categories=["lamp"]).ap


def test_a_category_changes_nothing_for_the_others() -> None:
    everything = {category.id: category for category in chosen().first.categories}
    for number, category in everything.items():
        assert chosen(categories=[number]).first.categories == (category,)


def test_predictions_of_low_scores_are_left_out_and_counted() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[2:12, 3:13] = 1
    gt = build_gt([(20, 30)], [{"mask": mask}])
    preds = build_preds([{"mask": mask, "score": 0.4}, {"mask": 1 - mask, "score": 0.9}])
    found = average_precision(preds, gt, min_score=0.5)
    assert found.ap == 0
    assert found.settings["min_score"] == 0.5
    assert "1 prediction with a score below `min_score=0.5` was not used" in [
        note.message for note in found.notes
    ]
    alone = average_precision(preds[1:], gt)
    assert found.to_dict()["results"] == alone.to_dict()["results"]
    with pytest.raises(InputError, match="`min_score` is nan, expected a number"):
        average_precision(preds, gt, min_score=math.nan)
