"""Predictions for more images than ground truth has, and recipes for files of other images."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from segeval.data import load_ground_truth
from segeval.data.synthetic import furniture
from segeval.ensemble import Ensemble, apply_recipe, fuse
from segeval.errors import MismatchError

VAL, TEST = furniture(0, images=12), furniture(1, images=8)
GT = replace(load_ground_truth(VAL.ground_truth), source="val.json")
NAMES = {"a": "better", "b": "weaker"}

Rows = list[dict[str, Any]]


def rows_of(name: str) -> tuple[Rows, Rows]:
    """The predictions of a model for validation images and for test images, from 1000 on."""
    val, test = (getattr(each, NAMES[name]) for each in (VAL, TEST))
    return val, [{**row, "image_id": row["image_id"] + 1000} for row in test]


def both() -> list[Rows]:
    """The predictions of both models for all images."""
    return [[*val, *test] for val, test in map(rows_of, NAMES)]


def records(found: Ensemble, folder: Path) -> Rows:
    """The merged rows as they are written."""
    found.save(folder / "out.json")
    rows: Rows = json.loads((folder / "out.json").read_text())
    return rows


@pytest.fixture(name="files")
def files_of_both(tmp_path: Path) -> Path:
    """A folder with the predictions for validation, for test, and for both."""
    for name, rows in zip(NAMES, both(), strict=True):
        val, test = rows_of(name)
        for suffix, own in (("_val", val), ("_test", test), ("", rows)):
            (tmp_path / f"{name}{suffix}.json").write_text(json.dumps(own))
    return tmp_path


def paths(folder: Path, suffix: str) -> list[Path]:
    """The files of both models."""
    return [folder / f"{name}{suffix}.json" for name in NAMES]


def test_a_note_counts_the_images_without_ground_truth_and_says_what_becomes_of_them() -> None:
    notes = {each.code: each.message for each in fuse(both(), fit=GT).notes}
    assert notes["no-ground-truth"] == (
        "8 images are not in val.json: they are merged with what its 12 images decide, and do not "
        "count in the gain"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"strategy": "interp"},
        {"strategy": "nms", "weigh": "tuned"},
        {"strategy": "modern"},
        {"strategy": "search", "max_evals": 3},
    ],
    ids=lambda arguments: arguments["strategy"],
)
def test_gain_weights_and_reasons_are_those_of_the_images_with_ground_truth(
    arguments: dict[str, Any],
) -> None:
    alone = fuse([rows_of(name)[0] for name in NAMES], fit=GT, **arguments)
    more = fuse(both(), fit=GT, **arguments)
    assert alone.scores.gain is not None
    assert more.scores.gain is not None
    assert more.scores.gain.to_dict() == alone.scores.gain.to_dict()
    assert [each.to_dict() for each in more.scores.reasons] == [
        each.to_dict() for each in alone.scores.reasons
    ]
    assert [each.weight for each in more.scores.models] == [
        each.weight for each in alone.scores.models
    ]


def test_predictions_for_images_without_truth_may_come_with_a_judge_alone() -> None:
    found = fuse(both(), scores=[2, 1], gt=GT)
    notes = {each.code: each.message for each in found.notes}
    assert found.scores.gain is not None
    assert notes["no-ground-truth"] == (
        "8 images are not in val.json: they are merged like the others, and do not count in the "
        "gain"
    )


def test_files_without_an_image_of_the_ground_truth_are_refused() -> None:
    with pytest.raises(MismatchError, match=r"No image of the predictions is known") as caught:
        fuse([rows_of(name)[1] for name in NAMES], fit=GT)
    assert caught.value.code == "unknown-image"


@pytest.mark.parametrize(("shift", "action"), [(1, "subtract 1"), (-1, "add 1")])
def test_ids_that_are_off_by_one_are_refused_because_the_objects_say_so(
    shift: int, action: str
) -> None:
    moved = [[{**row, "image_id": row["image_id"] + shift} for row in rows] for rows in both()]
    with pytest.raises(MismatchError) as caught:
        fuse(moved, fit=GT)
    assert f"Off by one? Ids must be equal, not positions; {action} when you export." in str(
        caught.value
    )


def test_ids_in_another_order_are_refused_because_the_objects_say_so() -> None:
    mixed = [
        [
            {**row, "image_id": 13 - row["image_id"] if row["image_id"] < 1000 else row["image_id"]}
            for row in rows
        ]
        for rows in both()
    ]
    with pytest.raises(MismatchError, match=r"fit the objects of other images") as caught:
        fuse(mixed, fit=GT)
    assert caught.value.code == "other-images"


def test_ids_that_would_fit_a_shift_are_taken_if_the_objects_do_not_say_so() -> None:
    first = min(row["image_id"] for row in VAL.better)
    models = [
        [{**row, "image_id": 13 if row["image_id"] == first else row["image_id"]} for row in rows]
        for rows in (VAL.better, VAL.weaker)
    ]  # ids 2 to 13, of which 2 to 12 are known: minus 1 all would be
    assert "no-ground-truth" in {each.code for each in fuse(models, fit=GT).notes}


@pytest.mark.parametrize(
    "arguments",
    [
        {"strategy": "interp"},
        {"strategy": "s003"},
        {"strategy": "modern"},
        {"strategy": "search", "max_evals": 3},
    ],
    ids=lambda arguments: arguments["strategy"],
)
def test_a_recipe_for_test_files_gives_the_rows_of_merging_all_images_at_once(
    files: Path, arguments: dict[str, Any]
) -> None:
    whole = records(fuse(paths(files, ""), fit=GT, **arguments), files)
    fuse(paths(files, "_val"), fit=GT, **arguments).save_recipe(files / "r.json")
    found = apply_recipe(paths(files, "_test"), files / "r.json", new_images=True)
    assert records(found, files) == [row for row in whole if row["image_id"] >= 1000]


def test_a_recipe_for_other_files_says_which_is_which(files: Path) -> None:
    fuse(paths(files, "_val"), scores=[2, 1]).save_recipe(files / "r.json")
    found = apply_recipe(paths(files, "_test"), files / "r.json", new_images=True)
    [note] = found.notes
    assert note.message == (
        "these are other files than r.json was made from, taken in their order: "
        f"{files / 'a_test.json'} as a_val.json, {files / 'b_test.json'} as b_val.json"
    )
    other = files / "other"
    other.mkdir()
    for name in NAMES:
        (files / f"{name}_test.json").rename(other / f"{name}_val.json")
    again = apply_recipe(paths(other, "_val")[::-1], files / "r.json", new_images=True)
    assert "taken by their names" in again.notes[0].message
    assert (again.predictions.score == found.predictions.score).all()


def test_other_files_are_refused_unless_they_are_said_to_be_others(files: Path) -> None:
    fuse(paths(files, "_val"), scores=[2, 1]).save_recipe(files / "r.json")
    with pytest.raises(MismatchError, match=r"is no file that r\.json was made from"):
        apply_recipe(paths(files, "_test"), files / "r.json")


def test_a_file_with_the_name_of_another_model_is_refused(files: Path) -> None:
    fuse(paths(files, "_val"), scores=[2, 1]).save_recipe(files / "r.json")
    with pytest.raises(MismatchError, match=r"is file 1 and has the name of file 2 of r\.json"):
        apply_recipe([files / "b_val.json", files / "a.json"], files / "r.json", new_images=True)


def changed(path: Path, change: Callable[[Rows], Rows]) -> None:
    """Write other rows into a file."""
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


def test_weights_of_categories_are_taken_by_id_where_new_files_have_fewer(files: Path) -> None:
    first = min(row["category_id"] for row in VAL.better)
    for path in paths(files, "_test") + paths(files, ""):
        changed(
            path,
            lambda rows: [
                row for row in rows if row["image_id"] < 1000 or row["category_id"] != first
            ],
        )
    whole = records(fuse(paths(files, ""), strategy="s003", fit=GT), files)
    fuse(paths(files, "_val"), strategy="s003", fit=GT).save_recipe(files / "r.json")
    found = apply_recipe(paths(files, "_test"), files / "r.json", new_images=True)
    assert records(found, files) == [row for row in whole if row["image_id"] >= 1000]


def test_other_categories_are_refused_where_weights_depend_on_them(files: Path) -> None:
    for path in paths(files, "_test"):
        changed(path, lambda rows: [{**rows[0], "category_id": 77}, *rows[1:]])
    fuse(paths(files, "_val"), strategy="s003", fit=GT).save_recipe(files / "r.json")
    with pytest.raises(MismatchError, match=r"2 predictions are of category 77, which r\.json"):
        apply_recipe(paths(files, "_test"), files / "r.json", new_images=True)
    fuse(paths(files, "_val"), scores=[2, 1]).save_recipe(files / "plain.json")
    found = apply_recipe(paths(files, "_test"), files / "plain.json", new_images=True)
    assert found.notes[-1].message == (
        "2 predictions are of category 77, which plain.json was made without: they are merged like "
        "the others"
    )


@pytest.mark.parametrize("arguments", [{"strategy": "s003"}, {"strategy": "wbf", "route": "best"}])
def test_categories_of_the_ground_truth_alone_count_as_those_without_evidence(
    files: Path, arguments: dict[str, Any]
) -> None:
    first = min(row["category_id"] for row in VAL.better)
    name = GT.categories.names[GT.categories.written_ids.index(first)]
    truth = load_ground_truth(
        {
            **VAL.ground_truth,
            "annotations": [
                each for each in VAL.ground_truth["annotations"] if each["category_id"] != first
            ],
        }
    )
    fuse(paths(files, ""), fit=truth, **arguments).save_recipe(files / "whole.json")
    whole = apply_recipe(paths(files, "_test"), files / "whole.json", new_images=True)
    for path in paths(files, "_val"):
        changed(path, lambda rows: [row for row in rows if row["category_id"] != first])
    fuse(paths(files, "_val"), fit=truth, **arguments).save_recipe(files / "r.json")
    found = apply_recipe(paths(files, "_test"), files / "r.json", new_images=True)
    assert records(found, files) == records(whole, files)
    (note,) = [each for each in found.notes if each.code == "unpredicted-categories"]
    assert f"of category {name}, of which no file had one when r.json was made" in note.message
    assert "unpredicted-categories" not in {each.code for each in whole.notes}


def test_files_of_other_categories_alone_are_refused(files: Path) -> None:
    for path in paths(files, "_test"):
        changed(path, lambda rows: [{**row, "category_id": 77} for row in rows])
    fuse(paths(files, "_val"), scores=[2, 1]).save_recipe(files / "r.json")
    with pytest.raises(MismatchError, match=r"Do the category ids mean the same in both files\?"):
        apply_recipe(paths(files, "_test"), files / "r.json", new_images=True)
