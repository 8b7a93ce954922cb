"""Records that are there again with another score or category, and inverted scores, are told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import average_precision, check
from tests.build import build_preds
from tests.unit.checks.test_whole_set import both, scene


def test_predictions_that_are_there_again_with_other_scores_are_told() -> None:
    preds, gt = scene()
    preds += [{**each, "score": each["score"] / 2} for each in preds[:3]]
    assert both(preds, gt, "near-repeats") == (
        "predictions: 3 predictions occur several times with other scores (same image, "
        "category and mask), first in image 1. Joined from several runs or views?"
    )


def test_an_evaluation_says_how_many_images_it_looked_at_where_check_looks_at_all() -> None:
    preds, gt = scene(40)
    preds += [{**each, "score": each["score"] / 2} for each in preds]
    [note] = [each for each in average_precision(preds, gt).notes if each.code == "near-repeats"]
    assert note.message.startswith("predictions: 32 predictions occur several times with other")
    assert note.message.endswith("Joined from several runs or views? 32 images were looked at")
    [found] = [each for each in check(preds, gt).findings if each.code == "near-repeats"]
    assert found.message.startswith("40 predictions occur several times with other scores")


def test_one_mask_with_two_scores_and_empty_masks_are_left_alone() -> None:
    preds, gt = scene()
    again = [*preds, {**preds[0], "score": 0.5}]
    empty = build_preds([{"mask": np.zeros((20, 60), np.uint8), "score": n / 9} for n in range(6)])
    for found in (again, [*preds, *empty]):
        assert all(note.code != "near-repeats" for note in average_precision(found, gt).notes)
        assert all(each.code != "near-repeats" for each in check(found, gt).findings)


def test_objects_listed_in_two_categories_are_told() -> None:
    preds, gt = scene()
    gt["categories"].append({"id": 2, "name": "other"})
    gt["annotations"] += [
        {**each, "id": 10 + each["id"], "category_id": 2} for each in gt["annotations"][1:3]
    ]
    assert both(preds, gt, "near-repeats") == (
        "ground truth: 2 annotations occur in several categories (same image and mask), first "
        "in image 2. Each counts as an object of its own"
    )


def test_two_categories_of_one_name_are_told() -> None:
    preds, gt = scene()
    gt["categories"] = [{"id": n, "name": "cup" if n != 2 else "jug"} for n in (1, 2, 5)]
    assert [each.message for each in average_precision(preds, gt).notes] == [
        "ground truth: the categories 1 and 5 have one name, 'cup': each is scored by itself"
    ]
    [found] = check(preds, gt).warnings
    assert found.message == "the categories 1 and 5 have one name, 'cup': each is scored by itself"


def ranked(good: float, bad: float, count: int = 12) -> tuple[list[dict[str, Any]], Any]:
    """Predictions that find their object and as many that find none, with scores near two."""
    preds, gt = scene(count)
    wrong = np.zeros((20, 60), np.uint8)
    wrong[16:19, 2:9] = 1
    others = build_preds([{"mask": wrong, "image_id": n} for n in range(1, count + 1)])
    right = [{**each, "score": good + number / 1000} for number, each in enumerate(preds)]
    return right + [{**each, "score": bad + n / 1000} for n, each in enumerate(others)], gt


def test_inverted_scores_are_told() -> None:
    assert both(*ranked(0.1, 0.8), "inverted-scores") == (
        "predictions: predictions that find an object have lower scores (median 0.11) than those "
        "that find none (median 0.81). Is score a distance, or 1 - confidence? The highest score "
        "must be the best"
    )


@pytest.mark.parametrize(("good", "bad", "count"), [(0.8, 0.1, 12), (0.5, 0.5, 12), (0.1, 0.8, 4)])
def test_other_scores_and_few_predictions_are_not_called_inverted(
    good: float, bad: float, count: int
) -> None:
    preds, gt = ranked(good, bad, count)
    assert all(note.code != "inverted-scores" for note in average_precision(preds, gt).notes)
    assert all(each.code != "inverted-scores" for each in check(preds, gt).findings)
