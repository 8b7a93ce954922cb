"""Ids that are no int64, numbered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segeval import load_ground_truth, load_predictions
from segeval.data import GroundTruth, Predictions, save_ground_truth, save_predictions
from segeval.data.keys import numbering, one_numbering, only_used, shown_id, shown_ids, written
from segeval.errors import MismatchError

BOX = {"category_id": 1, "bbox": [0, 0, 9, 9], "score": 0.5}


def predictions(*ids: int | str) -> Predictions:
    return load_predictions([{**BOX, "image_id": each} for each in ids])


def ground_truth(*ids: int | str, category: int | str = 1) -> GroundTruth:
    return load_ground_truth(
        {
            "images": [{"id": each, "height": 9, "width": 9} for each in ids],
            "categories": [{"id": category, "name": "cat"}],
            "annotations": [
                {
                    "id": f"of {each}" if isinstance(each, str) else each,
                    "image_id": each,
                    "category_id": category,
                    "bbox": [0, 0, 9, 9],
                    "area": 81,
                    "iscrowd": 0,
                }
                for each in ids
            ],
        }
    )


def test_whole_numbers_of_64_bits_are_their_own_numbers() -> None:
    numbers = numbering([-(2**63), 2**63 - 1])
    assert numbers.keys is None
    assert numbers.column([2**63 - 1]).tolist() == [2**63 - 1]


def test_larger_numbers_are_places_among_all_in_their_order() -> None:
    numbers = numbering([2**64 - 1, 5, 2**63])
    assert numbers.keys == (5, 2**63, 2**64 - 1)
    assert numbers.column([2**63, 5]).tolist() == [1, 0]


def test_text_is_numbered_in_the_order_of_its_characters() -> None:
    assert numbering(["b", "B", "ä", "10", "9"]).keys == ("10", "9", "B", "b", "ä")


def test_columns_of_two_files_get_one_numbering() -> None:
    (keys, [first]), (same, [second, empty]) = one_numbering(
        [(("b", "d"), [np.array([1, 0])]), (("a", "d"), [np.array([1, 0]), np.empty(0, np.int64)])]
    )
    assert keys == same == ("a", "b", "d")
    assert (first.tolist(), second.tolist(), empty.tolist()) == ([2, 1], [2, 0], [])


def test_plain_numbers_beside_larger_ones_are_numbered_with_them() -> None:
    (keys, [first]), (_, [second]) = one_numbering(
        [(None, [np.array([7, -3])]), ((2**63,), [np.array([0])])]
    )
    assert keys == (-3, 7, 2**63)
    assert (first.tolist(), second.tolist()) == ([1, 0], [2])


def test_keys_without_records_go() -> None:
    keys, [column] = only_used((("a", "b", "c"), [np.array([2, 0])]))
    assert (keys, column.tolist()) == (("a", "c"), [1, 0])


def test_messages_quote_text_and_cut_it() -> None:
    assert shown_id(0, ("x" * 50,)) == f'"{"x" * 40}..."'
    assert shown_id(0, ("ä\n\x1b[31m\u202e",)) == r'"ä\n\x1b[31m\u202e"'
    assert shown_ids(np.array([0, 1, 2, 3]), ("a", "b", "c", "d")) == '"a" .. "d"'


def test_predictions_of_several_files_keep_their_ids() -> None:
    whole = Predictions.concatenate([predictions("b", "c"), predictions("a", "c")])
    assert written(whole.image_id, whole.image_keys) == ["b", "c", "a", "c"]
    assert whole.image_id[1] == whole.image_id[3]
    assert whole.take(np.array([2])).describe(0) == 'predictions: prediction #0 (image_id "a")'


def test_small_and_large_numbers_of_several_files_stay_apart() -> None:
    whole = Predictions.concatenate([predictions(0, 1), predictions(2**64 - 1)])
    assert written(whole.image_id, whole.image_keys) == [0, 1, 2**64 - 1]


def test_text_does_not_join_numbers() -> None:
    with pytest.raises(MismatchError) as error:
        Predictions.concatenate([predictions(1), predictions("1")])
    assert error.value.message == (
        'predictions: image ids are text such as "1", in predictions numbers such as 1. Write '
        "both alike."
    )


def test_ground_truth_of_several_files_keeps_its_ids() -> None:
    whole = GroundTruth.concatenate([ground_truth("b", "c"), ground_truth("a")])
    assert whole.images.written_ids == ["b", "c", "a"]
    assert written(whole.image_id, whole.images.keys) == ["b", "c", "a"]
    assert written(whole.id, whole.keys) == ["of b", "of c", "of a"]
    assert whole.describe(2) == 'ground truth: annotation "of a" (image_id "a")'


def test_ground_truth_with_a_shared_image_is_refused_by_its_text() -> None:
    with pytest.raises(MismatchError, match='image id "b" is also in ground truth'):
        GroundTruth.concatenate([ground_truth("b"), ground_truth("a", "b")])


def test_categories_are_compared_as_they_are_written() -> None:
    with pytest.raises(MismatchError, match="the categories differ"):
        GroundTruth.concatenate([ground_truth(1, category="x"), ground_truth(2, category="y")])


def test_files_are_written_with_the_ids_they_came_with(tmp_path: Path) -> None:
    preds, gt = predictions("b", "a"), ground_truth("b", 'a"\n', category=2**64 - 1)
    save_predictions(preds, tmp_path / "preds.jsonl")
    save_ground_truth(gt, tmp_path / "gt.json")
    again, truth = (
        load_predictions(tmp_path / "preds.jsonl"),
        load_ground_truth(tmp_path / "gt.json"),
    )
    assert again.to_dict()["image_id"].tolist() == ["b", "a"]
    assert truth.to_dict()["image_id"].tolist() == ["b", 'a"\n']
    assert truth.to_dict()["category_id"].tolist() == [2**64 - 1] * 2
    assert truth.to_dict()["id"].tolist() == ["of b", 'of a"\n']


def test_lists_of_lvis_are_written_with_the_ids_they_came_with(tmp_path: Path) -> None:
    lists = {"neg_category_ids": ["cat"], "not_exhaustive_category_ids": []}
    gt = load_ground_truth(
        {
            "images": [{"id": "a", **lists}],
            "categories": [{"id": key, "name": key, "frequency": "r"} for key in ("dog", "cat")],
            "annotations": [],
        }
    )
    assert gt.is_lvis
    save_ground_truth(gt, tmp_path / "gt.json")
    assert '"neg_category_ids":["cat"]' in (tmp_path / "gt.json").read_text()
