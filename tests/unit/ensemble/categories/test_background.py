"""The background rule: rows whose own scores call them background go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval import load_predictions
from segeval.ensemble import background_rule, fuse
from segeval.errors import FormatError, InputError, ShapeError

BOX = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}


def records(*lists: Any, first: float = 0.9) -> list[dict[str, Any]]:
    """Predictions with lists of scores, their own scores falling."""
    return [
        {**BOX, "bbox": [20 * place, 0, 9, 9], "score": first - 0.1 * place, "probs": each}
        for place, each in enumerate(lists)
    ]


def test_a_row_goes_if_its_background_scores_higher_than_all_categories() -> None:
    assert background_rule([[0.5, 0.3, 0.2]]).tolist() == [False]
    assert background_rule([[0.4, 0.45, 0.15]]).tolist() == [True]
    assert background_rule([[0.4, 0.4, 0.2]]).tolist() == [True]


def test_the_background_may_stand_last() -> None:
    assert background_rule([[0.3, 0.2, 0.5]], background="last").tolist() == [False]
    assert background_rule([[0.3, 0.2, 0.5]], background="first").tolist() == [True]


def test_rows_of_background_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "expert.json"
    path.write_text(json.dumps(records([0.5, 0.3, 0.2], [0.4, 0.45, 0.15], [0.4, 0.4, 0.2])))
    found = fuse([[{**BOX, "score": 0.1}], path], strategy="nms", class_scores="probs")
    assert found.predictions.score.tolist() == pytest.approx([0.8, 0.7, 0.1])
    assert [note.message for note in found.notes] == [
        (
            f"{path}: 1 prediction was left out, because probs gives the background a higher score "
            "than every category"
        )
    ]
    assert [each["members"][0]["prediction"] for each in found.explained()] == [1, 2, 0]


@pytest.mark.parametrize(
    ("lists", "words"),
    [
        (
            ([0.5, 0.5], [0.2, 0.2, 0.6]),
            ("prediction #1 (image_id 1): probs has 3 numbers, expected 2 as before."),
        ),
        (
            ([0.5],),
            (
                "prediction #0 (image_id 1): probs has 1 number, expected the background and at "
                "least one category."
            ),
        ),
        ((["a", "b"],), "probs is not a list of numbers in every record that has it."),
        (([0.5, float("inf")],), "probs holds inf, expected finite numbers."),
    ],
)
def test_lists_that_are_no_scores_are_refused(lists: Any, words: str) -> None:
    with pytest.raises(FormatError) as found:
        fuse([records([0.1, 0.9]), records(*lists)], strategy="nms", class_scores="probs")
    assert words in found.value.message


def test_a_field_that_nobody_has_is_refused() -> None:
    with pytest.raises(InputError) as found:
        fuse([records([0.1, 0.9])] * 2, strategy="nms", class_scores="scores")
    assert found.value.message == (
        "no prediction has the field scores (`class_scores`), a list of the scores of background "
        "and categories"
    )


def test_columns_have_no_such_field() -> None:
    columns = load_predictions(records([0.1, 0.9]))
    with pytest.raises(InputError, match="columns of predictions have no field probs"):
        fuse([columns, columns], strategy="nms", class_scores="probs")


def test_scores_without_a_category_are_refused() -> None:
    with pytest.raises(ShapeError, match="expected \\(predictions, categories \\+ 1\\)"):
        background_rule([[0.5]])
    with pytest.raises(InputError, match="`background` is 'middle', expected 'first' or 'last'"):
        background_rule([[0.5, 0.5]], background="middle")  # type: ignore[arg-type]


def test_scores_are_read_from_the_files_of_a_folder(tmp_path: Path) -> None:
    for image, lists in ((1, [[0.5, 0.3]]), (2, [[0.3, 0.5], [0.6, 0.1]])):
        rows = [{**each, "image_id": image} for each in records(*lists)]
        (tmp_path / f"{image}.json").write_text(json.dumps(rows))
    found = fuse(
        [[{**BOX, "image_id": 2, "score": 0.1}], tmp_path], strategy="nms", class_scores="probs"
    )
    members = [each["members"][0] for each in found.explained()]
    assert [each["prediction"] for each in members] == [1]


def test_standard_input_is_read_once() -> None:
    from segeval.data.coco.extra_field import field_of_predictions

    with pytest.raises(InputError, match="standard input is read once, and probs would need a"):
        field_of_predictions("-", "probs")
