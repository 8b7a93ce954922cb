"""`segeval split`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in furniture(images=12).to_json().items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def run(line: str) -> int:
    return failures.run(app, line.split())


def test_parts_are_listed_and_written(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = "split gt.json model_a.json --parts val:3,train:rest --seed 1 -o parts"
    assert run(line) == failures.DONE
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "Split of gt.json   stratified by category   seed 1"
    assert "12 images in 2 parts, 4 files in parts" in out
    assert err == "wrote parts\n"
    names = sorted(each.name for each in (in_folder / "parts").iterdir())
    assert names == [
        "gt.train.json", "gt.val.json", "model_a.train.json", "model_a.val.json"
    ]  # fmt: skip
    assert len(json.loads((in_folder / "parts" / "gt.val.json").read_text())["images"]) == 3


def test_the_json_object_names_files_and_counts(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("split gt.json --parts a:0.5,b:0.5 -o parts --json -q") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/split/1"
    assert len(document["inputs"]["gt"]["sha256"]) == 64
    assert [part["images"] for part in document["results"]["parts"]] == [6, 6]
    assert document["results"]["parts"][0]["files"] == {"gt": "parts/gt.a.json"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--parts a:0.5,b", "error: --parts has 'b': expected NAME:SHARE, such as"),
        ("--parts a:0.5,a:0.5", "error: --parts has 'a:0.5': names a twice\n"),
        ("--parts a:half,b:rest", "expected a fraction, a number of images, or rest"),
        ("--parts a:50%,b:rest", "--parts has 'a:50%': it has a percent sign. Write a:0.5.\n"),
        ("--parts a:0.5,b:0.4", "error: --parts has fractions that sum to 0.9, expected 1"),
    ],
)
def test_parts_that_cannot_be_read_are_refused(
    in_folder: Path, capsys: pytest.CaptureFixture[str], line: str, message: str
) -> None:
    assert run(f"split gt.json {line} -o parts") == failures.UNUSABLE_INPUT
    assert message in capsys.readouterr().err
    assert not (in_folder / "parts").exists()


def test_a_folder_with_files_needs_the_word(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "split gt.json --parts a:0.5,b:0.5 -o parts -q"
    assert run(line) == failures.DONE
    assert run(line) == failures.UNUSABLE_INPUT
    assert "Files of the same names are replaced with --overwrite" in capsys.readouterr().err
    assert run(f"{line} --overwrite") == failures.DONE


def test_predictions_in_place_of_the_ground_truth_are_refused(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "split model_a.json gt.json --parts a:0.5,b:0.5 -o parts"
    assert run(line) == failures.UNUSABLE_INPUT
    assert "model_a.json" in capsys.readouterr().err
