"""`segeval ensemble` of models that know different categories: maps, lists, routes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segeval.data.synthetic import furniture
from segeval.errors import InputError
from segeval_cli import failures
from segeval_cli.commands.ensemble.per_model import for_models
from segeval_cli.main import app

SCENE = furniture(images=40)
OWN_IDS = {4: 0, 5: 1, 3: 7}
"""The expert's ids of lamp, mirror and chair."""


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a general model, and an expert with ids of its own."""
    for name, content in SCENE.to_json().items():
        (tmp_path / name).write_bytes(content)
    rows = json.loads((tmp_path / "model_a.json").read_text())
    own = [
        {**row, "category_id": OWN_IDS[row["category_id"]]}
        for row in rows
        if row["category_id"] in OWN_IDS
    ]
    (tmp_path / "expert.json").write_text(json.dumps(own))
    (tmp_path / "map.json").write_text(json.dumps({"0": "lamp", "1": "mirror", "7": None}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def ensemble(*words: str) -> int:
    return failures.run(app, ["ensemble", "model_b.json", "expert.json", *words])


def test_an_expert_is_mapped_and_routed(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--map", "expert.json=map.json", "--fit", "gt.json", "--route", "replace")
    assert ensemble(*words, "-o", "out.json") == failures.DONE
    out = capsys.readouterr().out
    assert "  lamp       30   74.5     60.8       94.9   expert.json" in out.splitlines()
    text = " ".join(out.split())
    assert "note: expert.json gives 2 categories (lamp, mirror) alone" in text
    assert (
        "note: expert.json: 34 predictions of 1 category (7) were left out, because map.json maps "
        "it to nothing"
    ) in text
    rows = json.loads((in_folder / "out.json").read_text())
    assert {row["category_id"] for row in rows} == set(range(1, 11))


def test_a_map_for_each_model_in_their_order_is_the_same(in_folder: Path) -> None:
    for name, words in (
        ("a.json", ("--map", "expert.json=map.json")),
        ("b.json", ("--map", "none", "--map", "map.json")),
    ):
        assert ensemble(*words, "--fit", "gt.json", "-q", "-o", name) == failures.DONE
    assert (in_folder / "a.json").read_bytes() == (in_folder / "b.json").read_bytes()


def test_a_list_of_categories_may_say_what_a_model_knows(in_folder: Path) -> None:
    (in_folder / "ids.txt").write_text("0\n1\n7\n")
    for words in (("--covers", "expert.json=ids.txt"), ("--covers", "expert.json=found")):
        done = ensemble(
            "--strategy", "wbf", *words, "-q", "--overwrite", "-o", f"{len(words[1])}.json"
        )
        assert done == failures.DONE
    found = [(in_folder / f"{length}.json").read_bytes() for length in (19, 17)]
    assert found[0] == found[1]


def test_the_word_for_what_a_model_predicts_is_no_map() -> None:
    with pytest.raises(InputError, match=r"there is no file found\. A value is a JSON file"):
        for_models(["b.json=found"], ["a.json", "b.json"], "--map")


def test_an_output_does_not_replace_a_map(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--map", "expert.json=map.json", "--weights", "1,1", "--overwrite", "-o", "map.json")
    assert ensemble(*words) == failures.UNUSABLE_INPUT
    assert (
        capsys.readouterr().err == "error: --output map.json: is an input file and would be lost.\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--map", "map.json"],
            (
                "--map map.json: is 1 value for 2 models. Name the model, such as --map "
                "expert.json=map.json, or give one for each, none for a model without."
            ),
        ),
        (
            ["--covers", "lamp"],
            (
                "--covers lamp: is 1 value for 2 models. Name the model, such as --covers "
                "expert.json=found, or give one for each, none for a model without. A value is a "
            ),
        ),
        (
            ["--map", "expert.json=map.json", "--map", "c.json=map.json"],
            (
                "--map c.json=map.json: names no model, expected one of model_b.json, expert.json "
                "before the sign =, such as --map expert.json=map.json. A value is a JSON file "
                "with an object from ids or names to ids."
            ),
        ),
        (
            ["--map", "expert.json=map.json", "--route", "best"],
            (
                "--route best compares the AP of models on each category, which only ground truth "
                "tells: give --fit"
            ),
        ),
        (
            ["--covers", "expert.json=missing.txt"],
            (
                "--covers expert.json=missing.txt: there is no file missing.txt. A value is a "
                "file with ids or names of categories, one in each line, or the word found for "
                "those in its predictions."
            ),
        ),
        (
            ["--covers", "expert=found"],
            (
                "--covers expert=found: names no model, expected one of model_b.json, expert.json "
                "before the sign =, such as --covers expert.json=found. A value is a file with "
            ),
        ),
        (
            ["--class-scores", "probs"],
            (
                "no prediction has the field probs (--class-scores), a list of the scores of "
                "background and categories"
            ),
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_flags(
    words: list[str], message: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ensemble("--weights", "1,1", *words, "-o", "out.json") == failures.UNUSABLE_INPUT
    assert " ".join(capsys.readouterr().err.split()).startswith(f"error: {message}")
    assert not (in_folder / "out.json").exists()


def test_a_model_has_one_value() -> None:
    assert for_models(None, ["a", "b"], "--map") is None
    assert for_models(["a=found"], ["a", "b"], "--covers") == ["found", None]
    assert for_models(["a=none"], ["a", "b"], "--map") == [None, None]
    with pytest.raises(InputError, match="is the second one for a, expected one"):
        for_models(["a=x", "a=y"], ["a", "b"], "--map")
