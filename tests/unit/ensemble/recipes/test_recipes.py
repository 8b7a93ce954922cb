"""Recipes: the same bytes again, and a plain word for everything that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segeval.data import load_ground_truth
from segeval.data.synthetic import furniture
from segeval.ensemble import apply_recipe, fuse
from segeval.errors import FormatError, InputError, MismatchError

SCENE = furniture(images=16)
GT = load_ground_truth(SCENE.ground_truth)


@pytest.fixture(name="files")
def files_of_models(tmp_path: Path) -> list[Path]:
    """The predictions of three models as files."""
    return written(tmp_path)


@pytest.fixture(name="found", scope="module")
def found_by_search(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], str]:
    """Files of models, and the text of a recipe for them that a search made."""
    folder = tmp_path_factory.mktemp("found")
    files = written(folder)
    return files, made(files, folder, strategy="search", fit=GT, max_evals=1).read_text()


def written(folder: Path) -> list[Path]:
    """The predictions of three models as files."""
    third = [{**each, "score": each["score"] / 2} for each in SCENE.better]
    found = []
    for name, records in zip("abc", (SCENE.better, SCENE.weaker, third), strict=True):
        found.append(folder / f"{name}.json")
        found[-1].write_text(json.dumps(records))
    return found


def made(files: list[Path], folder: Path, **arguments: Any) -> Path:
    """The recipe of an ensemble, whose predictions are written beside it."""
    found = fuse(files, **arguments)
    found.save(folder / "first.json")
    found.save_recipe(folder / "r.json")
    return folder / "r.json"


@pytest.mark.parametrize(
    "arguments",
    [
        {"strategy": "interp", "scores": [3, 1, 2], "min_spread": 0.1},
        {"strategy": "nms", "weights": [1, 0.3, 1 / 3], "iou": "segm", "inclusive": True},
        {"strategy": "s003", "fit": GT, "max_dets": 5},
        {"strategy": "modern", "fit": GT, "mask_threshold": "expected-iou"},
        {"strategy": "vote", "max_dets": 0, "mask_threshold": 0.3, "k": 2, "bound_scores": True},
        {"strategy": "search", "fit": GT, "max_evals": 25},
        {"strategy": "wbf", "views": ["none", "hflip", "none"]},
    ],
    ids=lambda arguments: arguments["strategy"],
)
def test_a_recipe_gives_the_same_bytes_from_the_files_in_any_order(
    files: list[Path], tmp_path: Path, arguments: dict[str, Any]
) -> None:
    recipe = made(files, tmp_path, **arguments)
    moved = tmp_path / "another_name.json"
    files[1].rename(moved)
    apply_recipe([files[2], moved, files[0]], recipe).save(tmp_path / "second.json")
    assert (tmp_path / "second.json").read_bytes() == (tmp_path / "first.json").read_bytes()


def test_a_recipe_says_what_it_is_of_and_what_it_gains(files: list[Path], tmp_path: Path) -> None:
    recipe = made(files, tmp_path, strategy="interp", fit=GT)
    document = json.loads(recipe.read_text())
    assert document["schema"] == "segeval/recipe/1"
    assert [each["name"] for each in document["inputs"]] == ["a.json", "b.json", "c.json"]
    assert document["weights"]["decided_by"] == "ground truth"
    assert document["gain"]["how"] == "5 folds of ground truth"
    assert document["gain"]["over_best"]["interval"] is not None
    assert document["gain"]["optimism"] is not None
    assert document["metric"] == "segm AP"


def test_a_file_that_has_changed_is_refused(files: list[Path], tmp_path: Path) -> None:
    recipe = made(files, tmp_path, strategy="wbf")
    files[1].write_text(json.dumps(SCENE.weaker[1:]))
    with pytest.raises(MismatchError, match=r"b\.json has changed since r\.json was made: its SHA"):
        apply_recipe(files, recipe)
    files[1].rename(tmp_path / "d.json")
    with pytest.raises(MismatchError, match=r"d\.json is no file that r\.json was made from"):
        apply_recipe([files[0], tmp_path / "d.json", files[2]], recipe)


@pytest.mark.parametrize("calibrate", [None, "isotonic"])
def test_scores_of_new_files_are_looked_at_unless_the_recipe_calibrates_them(
    calibrate: Any, files: list[Path], tmp_path: Path
) -> None:
    recipe = made(files[:2], tmp_path, strategy="nms", fit=GT, calibrate=calibrate)
    new = [tmp_path / "new" / path.name for path in files[:2]]
    new[0].parent.mkdir()
    new[0].write_text(json.dumps(SCENE.better))
    low = [{**each, "score": 0.3 * each["score"] ** 4} for each in SCENE.weaker]
    new[1].write_text(json.dumps(low))
    notes = {note.code: note.message for note in apply_recipe(new, recipe, new_images=True).notes}
    assert ("always-higher" in notes) is (calibrate is None)
    if calibrate is None:
        assert "If not, calibrate the files of all models first" in notes["always-higher"]
        assert "`calibrate=" not in notes["always-higher"]


def test_another_number_of_files_is_refused(files: list[Path], tmp_path: Path) -> None:
    recipe = made(files, tmp_path, strategy="wbf")
    with pytest.raises(MismatchError, match=r"is of 3 files \(a\.json, b\.json, c\.json\), got 2"):
        apply_recipe(files[:2], recipe)


def test_one_file_does_not_stand_for_two(files: list[Path], tmp_path: Path) -> None:
    recipe = made(files, tmp_path, strategy="wbf")
    with pytest.raises(MismatchError, match=r"a\.json is no file that r\.json was made from"):
        apply_recipe([files[0], files[0], files[1]], recipe)


def test_a_recipe_of_another_segeval_says_that_bytes_may_differ(
    files: list[Path], tmp_path: Path
) -> None:
    recipe = made(files, tmp_path, strategy="wbf")
    recipe.write_text(recipe.read_text().replace('"segeval": "', '"segeval": "9.'))
    [note] = apply_recipe(files, recipe).notes
    assert note.code == "recipe-version"
    assert "was made by version 9." in note.message


TILES = "tile_id,image_id,x,y\n1_0,1,0,0\n1_100,1,100,50\n"


def tiled(folder: Path) -> tuple[list[Path], Path]:
    """A model that saw tiles, and the recipe of what it saw."""
    box = {"category_id": 1, "bbox": [1, 2, 3, 4]}
    records = [{**box, "image_id": f"1_{x}", "score": 0.5 + x / 1000} for x in (0, 100)]
    (folder / "tiled.json").write_text(json.dumps(records))
    (folder / "tiles.csv").write_text(TILES)
    files = [folder / "tiled.json"]
    return files, made(files, folder, strategy="nms", tiles=folder / "tiles.csv")


def test_a_recipe_knows_the_table_of_tiles(tmp_path: Path) -> None:
    files, recipe = tiled(tmp_path)
    apply_recipe(files, recipe).save(tmp_path / "second.json")
    assert (tmp_path / "second.json").read_bytes() == (tmp_path / "first.json").read_bytes()
    moved = tmp_path / "moved.csv"
    (tmp_path / "tiles.csv").rename(moved)
    with pytest.raises(InputError, match=r"tiles\.csv is no file, and r\.json was made with that"):
        apply_recipe(files, recipe)
    apply_recipe(files, recipe, tiles=moved).save(tmp_path / "third.json")
    assert (tmp_path / "third.json").read_bytes() == (tmp_path / "first.json").read_bytes()


def test_another_table_of_tiles_is_refused(files: list[Path], tmp_path: Path) -> None:
    own, recipe = tiled(tmp_path)
    (tmp_path / "tiles.csv").write_text(TILES.replace("50", "60"))
    with pytest.raises(MismatchError, match=r"is not the table of tiles that r\.json was"):
        apply_recipe(own, recipe)
    recipe = made(files, tmp_path, strategy="wbf")
    with pytest.raises(InputError, match=r"r\.json was made without tiles: leave out `tiles`"):
        apply_recipe(files, recipe, tiles=tmp_path / "tiles.csv")


def test_models_in_memory_have_no_recipe(tmp_path: Path) -> None:
    found = fuse([SCENE.better, SCENE.weaker], strategy="wbf")
    with pytest.raises(InputError, match="a model in memory is no file"):
        found.save_recipe(tmp_path / "r.json")
    assert not (tmp_path / "r.json").exists()


def set_at(*path: str | int) -> Callable[[Any, Any], None]:
    """A change of one value of a document."""

    def change(document: Any, value: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


def deep(levels: int) -> dict[str, Any]:
    """A tree of many levels."""
    tree: dict[str, Any] = {"model": 0}
    for _ in range(levels):
        tree = {"sides": [tree, {"model": 1}], **OPERATOR}
    return tree


OPERATOR = {
    "weights": [1.0, 1.0], "drop": ["both", "both"], "merge": "vote", "suppress": "adj",
    "masks": "equal",
}  # fmt: skip
PAIR = {"sides": [{"model": 0}, {"model": 1}], **OPERATOR}


@pytest.mark.parametrize(
    ("change", "value", "expected"),
    [
        (set_at("schema"), "segeval/recipe/2", "schema is 'segeval/recipe/2', expected a recipe"),
        (set_at("inputs"), None, "inputs is None, expected a list of files"),
        (set_at("inputs"), [], r"inputs is \[\], expected at least one file"),
        (set_at("inputs", 0), 7, r"inputs\[0\] is 7, expected an object"),
        (set_at("inputs", 1, "sha256"), "12", r"inputs\[1\]\.sha256 is '12', expected 64"),
        (set_at("inputs", 0, "count"), -1, r"inputs\[0\]\.count is -1, expected a whole number of"),
        (set_at("inputs", 0, "count"), 3, r"inputs\[0\]\.count is 3, expected \d+, as the files"),
        (set_at("inputs", 0, "view"), "twist", r"inputs\[0\]\.view is 'twist', expected"),
        (set_at("categories", "sha256"), "0" * 64, r"categories\.sha256 is 0000"),
        (set_at("strategy"), "magic", "strategy is 'magic', expected one of interp"),
        (set_at("strategy"), "wbf", "settings.folds is None, expected one of the settings iou_"),
        (set_at("settings"), {}, r"settings is \{\}, expected an object with folds"),
        (set_at("iou"), "mask", "iou is 'mask', expected one of bbox, segm, boundary"),
        (set_at("max_dets"), 1.5, "max_dets is 1.5, expected a whole number from 1 to 10"),
        (set_at("max_dets"), 10**30, "max_dets is 1000.* expected a whole number from 1 to 10"),
        (set_at("mask_threshold"), True, "mask_threshold is True, expected a share"),
        (set_at("scale"), "1", "scale is '1', expected a number from 0 to 1e9"),
        (set_at("weights", "values"), [1.0], r"weights\.values is \[1\.0\], expected 3 weights"),
        (set_at("weights", "values", 1), None, r"weights\.values\[1\] is None, expected a number"),
        (set_at("weights", "values", 1), -0.5, r"weights\.values\[1\] is -0\.5, expected a number"),
        (set_at("weights", "values", 1), 1e308, r"is 1e\+308, expected a number from 0 to 1e9"),
        (set_at("weights", "values", 1), 10**400, r"weights\.values\[1\] is 1000"),
        (set_at("weights", "values"), [[1.0], [1.0], [1.0]], "for 1 categories, expected for 10"),
        (set_at("weights", "rule"), "luck", r"weights\.rule is 'luck', expected one of none"),
        (set_at("tree"), None, "tree is None, expected a tree, and null for other strategies"),
        (set_at("tree"), {"model": 3}, r"tree\.model is 3, expected a whole number from 0 to 2"),
        (set_at("tree"), {"model": "a"}, r"tree\.model is 'a', expected a whole number"),
        (set_at("tree"), {**PAIR, "merge": "sum"}, r"tree\.merge is 'sum', expected one of best"),
        (set_at("tree"), {**PAIR, "weights": [1, 0]}, r"tree\.weights\[1\] is 0, expected a numb"),
        (set_at("tree"), {**PAIR, "drop": ["cls_only", "box_only"]}, "at least one side that giv"),
        (set_at("tree"), {**PAIR, "sides": [{"model": 0}]}, r"tree\.sides is .* expected two side"),
        (set_at("tree"), {**PAIR, "sides": [{"model": 0}, {"model": 0}]},
         "is 0, expected the number of an input that is not in the tree yet"),
        (set_at("tree"), deep(60), "expected at most 3 models, one behind the other"),
        (set_at("calibrations"), {"to": "iou", "fits": [None]}, "expected 3 functions, one for"),
        (set_at("calibrations"), {"to": "iou", "fits": [{"method": "isotonic", "parameters": {
            "scores": [0.5, 0.5], "values": [0, 1]}}, None, None]}, "expected scores that rise"),
        (set_at("calibrations"), {"to": "luck", "fits": []}, r"calibrations\.to is 'luck'"),
    ],
)  # fmt: skip
def test_a_recipe_that_cannot_be_is_refused_with_its_place(
    found: tuple[list[Path], str],
    tmp_path: Path,
    change: Callable[[Any, Any], None],
    value: Any,
    expected: str,
) -> None:
    files, text = found
    document = json.loads(text)
    change(document, value)
    recipe = tmp_path / "r.json"
    recipe.write_text(json.dumps(document))
    with pytest.raises(FormatError, match=expected) as error:
        apply_recipe(files, recipe)
    assert str(recipe) in str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not valid JSON"),
        ('{"schema": "segeval/recipe/1", "inputs": [', "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('{"schema": "segeval/recipe/1", "scale": NaN}', "not valid JSON"),
        ('{"schema": "segeval/ap/1"}', "schema is 'segeval/ap/1', expected a recipe"),
        ("[]", "has no schema, expected a recipe"),
    ],
)
def test_what_is_no_recipe_is_refused(
    files: list[Path], tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(FormatError, match=expected):
        apply_recipe(files, path)


def test_a_setting_out_of_its_range_is_refused_with_its_place(
    files: list[Path], tmp_path: Path
) -> None:
    recipe = made(files, tmp_path, strategy="wbf")
    recipe.write_text(recipe.read_text().replace('"iou_threshold": 0.55', '"iou_threshold": 2'))
    with pytest.raises(FormatError, match=r"settings\.iou_threshold: `iou_threshold` is 2"):
        apply_recipe(files, recipe)
