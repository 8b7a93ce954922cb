"""`segeval check --ensemble`: what is printed, the JSON and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval_cli import failures
from segeval_cli.main import app

GT = {
    "images": [{"id": image, "width": 99, "height": 99} for image in range(30)],
    "categories": [{"id": 1, "name": "cup"}],
    "annotations": [],
}


def rows(shift: float) -> list[dict[str, Any]]:
    return [
        {"image_id": k, "category_id": 1, "bbox": [k, 9 + shift, 20, 20], "score": (k + 7) / 41}
        for k in range(30)
    ]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    scored = [row | {"score": 1 - row["score"]} for row in rows(0.5)]
    files = {"a": rows(0), "b": scored, "copy": rows(0)[::-1], "gt": GT}
    for name, content in files.items():
        Path(f"{name}.json").write_text(json.dumps(content))


def run(words: str) -> int:
    return failures.run(app, ["check", *words.split()])


def test_files_that_go_together_end_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("a.json b.json --ensemble --gt gt.json") == failures.DONE
    out = capsys.readouterr().out
    assert out.splitlines()[:3] == [
        "a.json    30 predictions   30 images   1 category   boxes   scores 0.17 .. 0.88",
        "b.json    30 predictions   30 images   1 category   boxes   scores 0.12 .. 0.83",
        "gt.json   0 objects        30 images   1 category   none    0 crowd",
    ]
    assert "0 errors, 0 warnings" in out


def test_one_model_twice_ends_with_1_and_names_the_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("a.json b.json copy.json --ensemble") == failures.ANSWER_IS_NO
    text = " ".join(capsys.readouterr().out.split())
    assert (
        "error models copy.json: holds the same 30 predictions as a.json, which would count twice. "
        "Give each model once. To let one count more, give --weights."
    ) in text


def test_json_has_a_summary_of_each_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("a.json copy.json --ensemble --json") == failures.ANSWER_IS_NO
    document = json.loads(capsys.readouterr().out)
    assert [each["source"] for each in document["models"]] == ["a.json", "copy.json"]
    assert (document["preds"], document["gt"]) == (None, None)
    assert [each["code"] for each in document["findings"] if each["level"] == "error"] == [
        "same-model"
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a.json --ensemble", "expected the predictions of two or more models, got 1."),
        ("a.json b.json gt.json", "expected predictions and ground truth, got 3 files. Models to "),
        ("a.json gt.json --gt gt.json", "--gt is for --ensemble; else the ground truth is the se"),
        ("a.json b.json --ensemble --agnostic", "--ensemble is for predictions of COCO or LVIS,"),
        ("a.json nix.json --ensemble", "nix.json: no such file."),
        ("- - --ensemble", 'only one file can be "-"'),
    ],
)
def test_what_cannot_be_checked_is_refused(
    words: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith(f"error: {expected}")


def test_a_model_of_fewer_categories_is_told_with_names_and_the_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    more = [row | {"category_id": 2, "bbox": [50, 50, 9, 9]} for row in rows(0)]
    Path("both.json").write_text(json.dumps([*rows(0.7), *more]))
    named = [*GT["categories"], {"id": 2, "name": "fork"}]  # type: ignore[misc]
    Path("gt.json").write_text(json.dumps(GT | {"categories": named}))
    assert run("both.json b.json --ensemble --gt gt.json") == failures.DONE
    text = " ".join(capsys.readouterr().out.split())
    assert "no prediction of 1 category that other files have, 2 (fork) (30 predictions" in text
    assert "merge them with --covers none,found, or a list" in text


def test_warnings_end_with_1_if_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    scored = [row | {"score": round(row["score"] / 2, 9)} for row in rows(0)]
    Path("half.json").write_text(json.dumps(scored))
    assert run("a.json half.json --ensemble -q") == failures.DONE
    assert "0 errors, 1 warning" in capsys.readouterr().out
    assert run("a.json half.json --ensemble -q --strict") == failures.ANSWER_IS_NO
    assert run("a.json b.json --ensemble --strict") == failures.DONE
