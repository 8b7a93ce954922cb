"""Recipes of models that know different categories: maps, routes and background are in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import load_ground_truth
from segeval.data.synthetic import furniture
from segeval.ensemble import apply_recipe, fuse
from segeval.errors import FormatError

SCENE = furniture(images=9)
GT = load_ground_truth(SCENE.ground_truth)
OWN_IDS = {4: 0, 5: 1, 3: 7}
TABLE = {"0": "lamp", "1": 5, "7": None}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A general model, and an expert with ids of its own and scores of all classes."""
    paths = [tmp_path / "general.json", tmp_path / "expert.json"]
    content = SCENE.to_json()
    paths[0].write_bytes(content["model_b.json"])
    rng = np.random.default_rng(0)
    own = [
        {**row, "category_id": OWN_IDS[row["category_id"]], "probs": rng.random(3).tolist()}
        for row in json.loads(content["model_a.json"])
        if row["category_id"] in OWN_IDS
    ]
    paths[1].write_text(json.dumps(own))
    return paths


@pytest.mark.parametrize(
    "arguments",
    [
        {"strategy": "interp"},
        {"strategy": "wbf", "route": "replace"},
        {"strategy": "modern", "route": "best"},
        {"strategy": "s003", "route": "topk", "class_scores": "probs"},
        {"strategy": "search"},
    ],
    ids=lambda each: each["strategy"],
)
def test_a_recipe_gives_the_same_bytes(
    arguments: dict[str, Any], files: list[Path], tmp_path: Path
) -> None:
    first = fuse(files, maps=[None, TABLE], fit=GT, **arguments)
    recipe, one, two = (tmp_path / name for name in ("r.json", "one.json", "two.json"))
    first.save_recipe(recipe)
    first.save(one)
    again = apply_recipe(files[::-1], recipe)
    again.save(two)
    assert one.read_bytes() == two.read_bytes()
    again.save_recipe(tmp_path / "again.json")
    both = [json.loads(path.read_text()) for path in (recipe, tmp_path / "again.json")]
    for key in ("inputs", "joins", "weights", "class_scores"):
        parts = [dict(each[key]) if key == "weights" else each[key] for each in both]
        if key == "weights":
            for part in parts:
                part.pop("decided_by")
        assert parts[0] == parts[1]


def test_a_recipe_lists_maps_and_all_decisions(files: list[Path], tmp_path: Path) -> None:
    found = fuse(files, maps=[None, TABLE], fit=GT, strategy="interp", route="replace")
    found.save_recipe(tmp_path / "r.json")
    document = json.loads((tmp_path / "r.json").read_text())
    assert [each["map"] for each in document["inputs"]] == [None, [[0, 4], [1, 5], [7, None]]]
    assert document["routes"]["mode"] == "replace"
    decisions = {each["id"]: each for each in document["routes"]["categories"]}
    assert decisions[4].keys() == {"id", "name", "gt", "ap", "models", "p_better"}
    assert found.scores.routes is not None
    takes_part: list[list[int]] = [[], []]
    for place, each in enumerate(found.scores.routes.decisions):
        for model in each.models:
            takes_part[model].append(place)
    assert document["joins"] == takes_part


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"joins": [[0]]}, "joins is [[0]], expected 2 lists of categories, one for each of the"),
        ({"joins": [[99], []]}, "joins[0][0] is 99, expected a whole number from 0 to 9"),
        ({"joins": None}, "expected a number for each category, as `joins` is null"),
        ({"class_scores": {"field": "a", "background": "top"}}, "class_scores.background is 'top'"),
        (
            {"joins": [list(range(10)), list(range(10))]},
            "expected a number for each category that the model takes part in",
        ),
    ],
)
def test_a_recipe_that_contradicts_itself_is_refused(
    change: dict[str, Any], words: str, files: list[Path], tmp_path: Path
) -> None:
    fuse(files, maps=[None, TABLE], fit=GT).save_recipe(tmp_path / "r.json")
    document = json.loads((tmp_path / "r.json").read_text())
    (tmp_path / "r.json").write_text(json.dumps(document | change))
    with pytest.raises(FormatError) as found:
        apply_recipe(files, tmp_path / "r.json")
    assert words in found.value.message


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([[0]], "inputs[1].map[0] is [0], expected a pair of ids"),
        ([[0, 4], [0, 5]], "inputs[1].map[1][0] is 0, expected an id that is not mapped yet"),
        ([[0, 4.5]], "inputs[1].map[0][1] is 4.5, expected an id of a category"),
        ([[0, 4], [1, "a"]], "expected ids that are all text or all numbers to map to"),
        (5, "inputs[1].map is 5, expected a list of pairs of ids, the second one null for none"),
    ],
)
def test_a_map_in_a_recipe_that_is_none_is_refused(
    table: Any, words: str, files: list[Path], tmp_path: Path
) -> None:
    fuse(files, maps=[None, TABLE], fit=GT).save_recipe(tmp_path / "r.json")
    document = json.loads((tmp_path / "r.json").read_text())
    document["inputs"][1]["map"] = table
    (tmp_path / "r.json").write_text(json.dumps(document))
    with pytest.raises(FormatError) as found:
        apply_recipe(files, tmp_path / "r.json")
    assert words in found.value.message
