"""`segeval oracles`: tables, files and refusals."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from segeval_cli import failures
from segeval_cli.main import app
from tests.unit.analysis.thresholds.test_operating_point import many_images


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    preds, gt = many_images(0, images=12)
    (tmp_path / "a.json").write_text(json.dumps(preds))
    (tmp_path / "b.json").write_text(json.dumps(preds[::2]))
    (tmp_path / "gt.json").write_text(json.dumps(gt))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def oracles(*words: str) -> int:
    return failures.run(app, ["oracles", *words])


def test_one_model_has_signed_gains(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert oracles("a.json", "gt.json") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Mask AP by oracles   a.json vs gt.json   coco protocol, 0.50:0.95")
    assert lines[2].split()[:3] == ["oracle", "AP", "gain"]
    (perfect,) = [line.split() for line in lines if line.split()[:2] == ["perfect", "scores"]]
    assert perfect[3].startswith("+")
    assert "gains overlap: each oracle changes one thing alone, so they must not be added" in lines
    assert max(map(len, lines)) <= 80


def test_several_models_have_tables_together(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert oracles("a.json", "b.json", "gt.json", "-o", "o.csv") == failures.DONE
    out = capsys.readouterr().out
    assert "oracle of b.json" in out
    assert "found in addition to" in out
    assert max(map(len, out.splitlines())) <= 80
    with (in_folder / "o.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    gains = {
        (row["model"], row["name"]): float(row["gain"])
        for row in rows
        if row["table"] == "models_oracles"
    }
    assert len(gains) == 16
    assert gains["a.json", "recall"] >= 0


def test_long_names_of_files_leave_room_for_all_columns(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = f"{'instances_of_the_validation_set' * 2}.json"
    (in_folder / "a.json").rename(in_folder / long)
    assert oracles(long, "b.json", "gt.json") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any("no room for" in line for line in lines)
    (titles,) = [line.split() for line in lines if "found in addition to" in line]
    assert titles == ["found", "in", "addition", "to", "by", "1", "by", "2"]


def test_json_has_every_number(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert oracles("a.json", "b.json", "gt.json", "--iou", "bbox", "--json") == failures.DONE
    data = json.loads(capsys.readouterr().out)
    assert data["schema"] == "segeval/oracles/1"
    assert all(data["inputs"][role]["sha256"] for role in ("a", "b", "gt"))
    own = data["results"]["bbox"]
    assert [model["model"] for model in own["models"]] == ["a.json", "b.json"]
    assert set(own["models"][0]["oracles"]["score"]) == {
        "ap", "gain", "ap_by_size", "gain_by_size",
    }  # fmt: skip
    assert own["union"]["recall"] >= own["union"]["models"][0]["recall"]
    assert {(each["to"], each["by"]) for each in own["union"]["added"]} == {
        ("a.json", "b.json"), ("b.json", "a.json"),
    }  # fmt: skip
    assert set(own["best_per_category"]) == {"in_sample", "seen", "unseen", "optimism", "single"}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("a.json",), "expected predictions and ground truth, got 1 file."),
        (("a.json", "gt.json", "--compat", "official"), "--compat does not go with oracles"),
        (("a.json", "gt.json", "--protocol", "cityscapes"), "'cityscapes' is not one of 'coco'"),
        (("a.json", "gt.json", "-o", "a.json"), "would be lost"),
        (("a.json", "missing.json", "gt.json"), "missing.json"),
        (("gt.json", "a.json"), "ground truth"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    words: tuple[str, ...], text: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(in_folder.iterdir())
    output = [] if "-o" in words else ["-o", "new.json"]
    assert oracles(*words, *output) == failures.UNUSABLE_INPUT
    assert text in capsys.readouterr().err
    assert sorted(in_folder.iterdir()) == before
