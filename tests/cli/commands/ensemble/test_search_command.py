"""`segeval ensemble --strategy search`, `--recipe-out` and `--recipe`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app

SCENE = furniture(images=12)
A, B = "model_a.json", "model_b.json"


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two models and ground truth."""
    for name, content in SCENE.to_json().items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def ensemble(*words: str) -> int:
    return failures.run(app, ["ensemble", *words])


SEARCH = (A, B, "--strategy", "search", "--fit", "gt.json", "--max-evals", "6", "-o", "out.json")


def test_a_search_shows_the_tree_and_its_recipe_gives_the_same_bytes(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ensemble(*SEARCH, "--recipe-out", "r.json") == failures.DONE
    out, err = capsys.readouterr()
    assert "tree              weight   merged by" in out
    assert "|- model_a.json" in out
    assert "`- model_b.json" in out
    assert "the search was cut after 6 candidates: --max-evals 6 gives the same" in out
    assert err == "wrote out.json\nwrote r.json\n"
    assert ensemble(B, A, "--recipe", "r.json", "-o", "again.json", "-q") == failures.DONE
    assert (in_folder / "again.json").read_bytes() == (in_folder / "out.json").read_bytes()


def test_json_has_the_tree_the_folds_and_what_was_not_taken(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ensemble(*SEARCH, "--folds", "3", "--json") == failures.DONE
    search = json.loads(capsys.readouterr().out)["results"]["search"]
    assert {each["model"] for each in search["tree"]["sides"]} == {A, B}
    assert len(search["folds"]) == 3
    assert search["evaluations"] == 6
    assert not search["is_whole"]
    assert all(0 < each["held_out_ap"] < 1 for each in search["folds"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([A, B, "--strategy", "search", "-o", "o.json"], "give --fit, or --recipe to use what was"),
        ([A, B, "--strategy", "wbf", "-o", "o.json", "--beam", "2"], "--beam is no setting of wbf"),
        ([A, B, "--recipe", "r.json", "-o", "o.json", "--fit", "gt.json"],
         "r.json says how the models are merged: leave out --fit"),
        ([A, B, "--recipe", "r.json", "-o", "o.json", "--alpha", "0.1"],
         "r.json says how the models are merged: leave out --alpha"),
        ([A, "--recipe", "r.json", "-o", "o.json"], "r.json is of 2 files (model_a.json, model_b."),
        ([A, "gt.json", "--recipe", "r.json", "-o", "o.json"],
         "gt.json is no file that r.json was made from"),
        ([A, B, "--strategy", "wbf", "-o", "o.json", "--new-images"],
         "there is none: give --recipe, or leave it out"),
        ([B, "gt.json", "--recipe", "r.json", "--new-images", "-o", "o.json"],
         "is file 1 and has the name of file 2 of r.json"),
        ([A, B, "--recipe", "none.json", "-o", "o.json"], "none.json: no such file"),
        ([A, B, "--recipe", "gt.json", "-o", "o.json"], "gt.json"),
        ([A, B, "--strategy", "wbf", "-o", "o.json", "--recipe-out", "r.json"], "r.json"),
        ([A, B, "--strategy", "wbf", "-o", "o.json", "--recipe-out", A], A),
        ([A, B, "--strategy", "wbf", "-o", "o.json", "--recipe-out", "n.json", "--tiles", "t.csv"],
         "t.csv is no file, expected files: a recipe knows them by their SHA-256"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_nothing_written(
    in_folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    ensemble(A, B, "--strategy", "nms", "-q", "-o", "first.json", "--recipe-out", "r.json")
    before = {path.name: path.read_bytes() for path in in_folder.iterdir()}
    capsys.readouterr()
    assert ensemble(*words) == failures.UNUSABLE_INPUT
    assert expected in " ".join(capsys.readouterr().err.split())
    assert {path.name: path.read_bytes() for path in in_folder.iterdir()} == before
