"""Taxonomy maps: what becomes what, what is left out and counted, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval import load_predictions
from segeval.data import Predictions
from segeval.data.columns import Categories
from segeval.data.keys import numbering, written
from segeval.ensemble import fuse
from segeval.ensemble.categories.taxonomy import load_taxonomy, mapped
from segeval.errors import FormatError, InputError, MismatchError


def rows(*categories: int | str) -> Predictions:
    """A prediction of each category, scores falling."""
    return load_predictions(
        [
            {"image_id": 1, "category_id": each, "bbox": [0, 0, 9, 9], "score": 0.9 - 0.1 * place}
            for place, each in enumerate(categories)
        ]
    )


def after(preds: Predictions, table: Any, into: Categories | None = None) -> list[int | str]:
    """The categories of predictions after a map."""
    found = mapped(preds, load_taxonomy(table), into)[0]
    return written(found.category_id, found.category_keys)


def categories(names: dict[int | str, str]) -> Categories:
    """The categories of a ground truth."""
    whole = numbering(names)
    return Categories(whole.column(names), tuple(names.values()), keys=whole.keys)


def test_several_categories_may_become_one() -> None:
    assert after(rows(1, 2, 3), {"1": 7, "2": 7, "3": 8}) == [7, 7, 8]


def test_a_map_is_applied_once_so_it_can_exchange_two_ids() -> None:
    assert after(rows(1, 2), {"1": 2, "2": 1}) == [2, 1]


def test_rows_without_a_target_are_left_out_and_counted() -> None:
    preds = rows(1, 2, 3, 2)
    found, targets, notes = mapped(preds, load_taxonomy({"1": 7, "3": None}))
    assert written(found.category_id, found.category_keys) == [7]
    assert found.score.tolist() == [0.9]
    assert targets == {7}
    assert [note.message for note in notes] == [
        (
            "predictions: 3 predictions of 2 categories (2, 3) were left out, because map maps "
            "them to nothing"
        )
    ]
    assert notes[0].count == 3


def test_a_map_of_everything_says_nothing() -> None:
    assert mapped(rows(1, 2), load_taxonomy({"1": 7, "2": 8}))[2] == ()


def test_what_is_left_keeps_its_place_in_the_file_for_messages() -> None:
    found = mapped(rows(1, 2, 3), load_taxonomy({"3": 7}))[0]
    assert found.describe(0) == "predictions: prediction #2 (image_id 1)"


def test_numbers_may_become_text_and_text_numbers() -> None:
    assert after(rows(1, 2), {"1": "/m/a", "2": "/m/b"}) == ["/m/a", "/m/b"]
    assert after(rows("cat", "dog"), {"cat": 3, "dog": 3}) == [3, 3]


def test_names_are_those_of_the_lists_in_the_map() -> None:
    table = {
        "from": [{"id": 1, "name": "person"}, {"id": 3, "name": "car"}],
        "to": [{"id": "/m/01g317", "name": "Person"}, {"id": "/m/0k4j", "name": "Car"}],
        "map": {"person": "Person", "3": "/m/0k4j"},
    }
    assert after(rows(3, 1), table) == ["/m/0k4j", "/m/01g317"]


def test_a_name_wins_over_an_equal_id() -> None:
    table = {"from": [{"id": 1, "name": "2"}, {"id": 2, "name": "1"}], "map": {"1": 7}}
    assert after(rows(1, 2), table) == [7]
    assert mapped(rows(1, 2), load_taxonomy(table))[0].score.tolist() == [0.8]


def test_targets_may_be_names_of_the_ground_truth() -> None:
    assert after(rows(1), {"1": "lamp"}, categories({4: "lamp"})) == [4]
    assert after(rows(1), {"1": 4}, categories({4: "lamp"})) == [4]


def test_a_map_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "coco-to-oid.json"
    path.write_text(json.dumps({"1": "/m/01g317"}))
    assert after(rows(1), path) == ["/m/01g317"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "map: is empty, so it maps nothing."),
        ({"1": 2.5}, 'map: "1" is mapped to 2.5, expected an id of a category, or null for none.'),
        ({"1": 2**64}, 'map: "1" is mapped to 18446744073709551616, expected an id of a category'),
        ({"1": True}, 'map: "1" is mapped to true, expected an id of a category'),
        ({"1": [2]}, 'map: "1" is mapped to [2], expected an id of a category'),
        (
            {"person": 7},
            (
                'map: "person" is a name, and nothing says which id it has in predictions, whose '
                "ids are numbers."
            ),
        ),
        (
            {"from": [{"id": 1, "name": "cat"}], "map": {"cta": 7}},
            'map: "from" has no category "cta".',
        ),
        (
            {"from": [{"id": 1, "name": "cat"}], "map": {"2": 7}},
            'map: "2" is neither a name nor an id of "from".',
        ),
        (
            {"to": [{"id": 5, "name": "cat"}], "map": {"1": "dog"}},
            'map: "to" has no category "dog".',
        ),
        (
            {"from": [{"id": 1, "name": "cat"}], "map": {"cat": 7, "1": 8}},
            "map: category 1 is mapped twice, to 7 and to 8.",
        ),
        ({"1": 7, "2": "b"}, "map: is to ids that are text and to ids that are numbers"),
        ({"from": [5], "map": {"1": 7}}, 'map: "from" holds 5, expected categories with id and'),
        (
            {"to": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}], "map": {"1": 1}},
            'map: "to" has two categories "a".',
        ),
    ],
)
def test_a_map_that_contradicts_itself_is_refused(table: Any, words: str) -> None:
    with pytest.raises(FormatError) as found:
        after(rows(1, 2), table)
    assert found.value.message.startswith(words)
    assert (found.value.code, found.value.option) == ("map", "maps")


def test_what_is_no_map_at_all_is_refused() -> None:
    with pytest.raises(FormatError, match="map: is 5, expected a dictionary or a path"):
        load_taxonomy(5)  # type: ignore[arg-type]


def test_a_map_that_maps_nothing_is_refused() -> None:
    with pytest.raises(InputError) as found:
        after(rows(1, 2), {"301": 7, "302": 8})
    assert found.value.message == (
        "map: maps nothing of predictions, whose categories are 1, 2; the map is from 301, 302. "
        "Is it the map of another model, or turned round?"
    )


def test_a_target_that_the_ground_truth_lacks_is_refused() -> None:
    with pytest.raises(MismatchError) as found:
        after(rows(1), {"1": 9}, categories({4: "lamp", 5: "rug"}))
    assert found.value.message == (
        "map: maps to category 9, which the ground truth lacks: it has 4, 5. Map it to null, or to "
        "one of these."
    )


def test_a_model_without_predictions_is_mapped_to_none() -> None:
    found, targets, notes = mapped(load_predictions([]), load_taxonomy({"person": 7}))
    assert (len(found), sorted(targets, key=str), len(notes)) == (0, [7], 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"1": 2, "1": 3}', '"1" occurs twice, with different values'),
        ("[1, 2]", "holds [1, 2]. A map is a JSON object such as"),
        ('{"1": ', "not valid JSON"),
    ],
)
def test_a_file_that_is_no_map_is_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text(text)
    with pytest.raises(FormatError) as found:
        load_taxonomy(path)
    assert words in found.value.message


def test_a_pair_that_occurs_twice_is_no_contradiction(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text('{"1": 2, "1": 2}')
    assert after(rows(1), path) == [2]


def test_maps_to_names_beside_a_model_with_ids_name_what_they_need() -> None:
    with pytest.raises(MismatchError) as raised:
        fuse([rows(1, 2), rows(7)], maps=[None, {"7": "chair"}])
    assert raised.value.message == (
        'map: maps predictions to "chair", a name, and nothing says which id it has: the '
        "categories of predictions are numbers, such as 1. Names need ground truth (`fit` or "
        '`gt`), or the other list of categories in the map, as "to" beside "map". Or map to ids.'
    )
    table = {"map": {"7": "chair"}, "to": [{"id": 2, "name": "chair"}]}
    assert len(fuse([rows(1, 2), rows(7)], maps=[None, table], strategy="nms").predictions)
