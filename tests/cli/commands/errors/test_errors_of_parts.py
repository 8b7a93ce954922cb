"""`segeval errors` of part files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    files = furniture(images=12)
    for name, content in (("a", files.better), ("b", files.weaker), ("gt", files.ground_truth)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    for name in "ab":
        for place in (1, 2, 3):
            line = f"match {folder}/{name}.json {folder}/gt.json --errors --iou segm,bbox"
            line += f" --shard {place}/3 -o {folder}/{name}{place}.match -q"
            assert failures.run(app, line.split()) == failures.DONE
        parts = " ".join(f"{folder}/{name}{place}.match" for place in (3, 1, 2))
        line = f"merge {parts} -o {folder}/{name}.match -q"
        assert failures.run(app, line.split()) == failures.DONE
    line = f"match {folder}/a.json {folder}/gt.json -o {folder}/bare.match -q"
    assert failures.run(app, line.split()) == failures.DONE
    return folder


@pytest.fixture
def in_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in folder.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def run(line: str) -> int:
    return failures.run(app, line.split())


def document(line: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert run(f"{line} --json") == failures.DONE
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(
    "options",
    [
        "",
        "--per category,size",
        "--per confusion --thresholds 0.75",
        "--thresholds 0.5,0.75",
        "--ci --resamples 20",
        "--images 3,4,5",
    ],
)
def test_the_document_is_that_of_one_run(
    in_folder: Path, capsys: pytest.CaptureFixture[str], options: str
) -> None:
    found = document(f"errors a.match {options}", capsys)
    expected = document(f"errors a.json gt.json --iou segm,bbox {options}", capsys)
    for key in ("schema", "results", "settings", "notes"):
        assert found[key] == expected[key]


def test_two_models_are_compared_without_ground_truth(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document("errors a.match b.match --per size", capsys)
    expected = document("errors a.json b.json gt.json --iou segm,bbox --per size", capsys)
    for key in ("schema", "results", "settings", "notes"):
        assert found[key] == expected[key]


def test_several_files_of_predictions_are_one_model(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preds = json.loads((in_folder / "a.json").read_text())
    half = len(preds) // 2
    (in_folder / "a-1.json").write_text(json.dumps(preds[:half]))
    (in_folder / "a-2.json").write_text(json.dumps(preds[half:]))
    line = "match a-1.json a-2.json gt.json --errors --iou segm,bbox -o both.match -q"
    assert run(line) == failures.DONE
    found, expected = (document(f"errors {name}.match", capsys) for name in ("both", "a"))
    assert found["results"] == expected["results"]


def test_tables_are_written_to_a_file(in_folder: Path) -> None:
    assert run("errors a.match -o a.csv -q") == failures.DONE
    assert run("errors a.json gt.json --iou segm,bbox -o b.csv -q") == failures.DONE
    assert (in_folder / "a.csv").read_text() == (in_folder / "b.csv").read_text()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "errors bare.match",
            "bare.match: does not hold what error kinds need. Match anew by segeval match --errors",
        ),
        ("errors a.match gt.json", "a.match: is a part file, which holds the matches with its"),
        (
            "errors a.match b.match a.match",
            "expected the part files of one or two models, got 3 files.",
        ),
        (
            "errors a.match --thresholds 0.52",
            "--thresholds asks for 0.52, and a.match was matched with 0.5, 0.55,",
        ),
        (
            "errors a.match --iou segm",
            "--iou is segm, and a.match was matched with segm,bbox. Match anew",
        ),
        (
            "errors a.match --protocol lvis",
            "--protocol is lvis, and a.match was matched with coco.",
        ),
        ("errors a.match --compat tidecv", "--compat does not go with a part file"),
        ("errors a.match --slice weather", "--slice is 'weather', but this ground truth has no"),
        ("errors a.match b.match --per confusion", "is of one model"),
        ("errors a.match -o lines.jsonl", "lines.jsonl: lines of single predictions name"),
        ("errors a.match bare.match", "bare.match: does not hold what error kinds need."),
        (
            "merge a1.match bare.match -o c.match",
            "bare.match: iou is ['segm'], in a1.match it is ['segm', 'bbox'].",
        ),
        ("match a.json gt.json --task miou --errors -o c.match", "--errors is an option of"),
    ],
)
def test_wrong_use_is_refused(
    in_folder: Path, capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    assert run(line) == failures.UNUSABLE_INPUT
    assert words in capsys.readouterr().err
    assert not (in_folder / "c.match").exists()
    assert not (in_folder / "lines.jsonl").exists()
