"""`segeval threshold`: tables, files and refusals."""

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
    preds, gt = many_images(0, images=20)
    (tmp_path / "preds.json").write_text(json.dumps(preds))
    (tmp_path / "gt.json").write_text(json.dumps(gt))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def threshold(*words: str) -> int:
    few = [] if "--resamples" in words else ["--resamples", "20"]
    return failures.run(app, ["threshold", "preds.json", "gt.json", *few, *words])


def test_the_tables_say_where_to_cut(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert threshold() == failures.DONE
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == "Mask operating point   preds.json vs gt.json"
    assert lines[1] == "coco protocol, IoU 0.5, max_dets 100, 20 replicates, seed 0"
    assert lines[3].split() == ["threshold", "score", "95", "%", "P", "R", "F1", "LRP"]
    assert [line.split()[:2] for line in lines[5:8]] == [
        ["best", "F1"], ["per", "category"], ["best", "LRP"],
    ]  # fmt: skip
    assert lines[9].split()[:3] == ["on", "unseen", "images"]
    assert any(line.startswith("a threshold per category: ") for line in lines)
    assert max(map(len, lines)) <= 80


def test_the_line_on_thresholds_per_category_names_the_kind(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert threshold("--iou", "segm,bbox") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    begun = [line.split(":")[0] for line in lines if line.startswith("a threshold per category")]
    assert begun == ["a threshold per category", "a threshold per category (box)"]


def test_the_file_holds_a_score_for_all_and_one_per_category(in_folder: Path) -> None:
    assert threshold("-o", "thresholds.json", "--iou", "segm,bbox", "-q") == failures.DONE
    data = json.loads((in_folder / "thresholds.json").read_text())
    assert data["schema"] == "segeval/threshold/1"
    assert list(data["results"]) == ["segm", "bbox"]
    own = data["results"]["segm"]
    assert 0 < own["score"] < 1
    assert own["interval"][0] <= own["score"] <= own["interval"][1]
    assert [each["id"] for each in own["categories"]] == [1, 2, 3]
    assert all(0 < each["score"] < 1 for each in own["categories"])
    assert set(own["held_out"]) == {"precision", "recall", "f", "interval"}
    assert data["settings"]["resamples"] == 20
    assert "calibration" not in own


def test_calibration_is_added_when_asked_for(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert threshold("--calibration", "--json") == failures.DONE
    own = json.loads(capsys.readouterr().out)["results"]["segm"]["calibration"]
    assert len(own["reliability"]) == own["bins"] == 25
    assert own["fits"][1]["method"] == "temperature"
    assert own["fits"][1]["parameters"]["temperature"] > 0
    assert threshold("--calibration", "-o", "t.csv") == failures.DONE
    with (in_folder / "t.csv").open(newline="") as file:
        tables = {row["table"] for row in csv.DictReader(file)}
    assert {"all", "held_out", "categories", "curve", "calibration_reliability"} <= tables


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--thresholds", "0.5,0.75"), "--thresholds are [0.5, 0.75], expected a single one"),
        (("--thresholds", "x"), "--thresholds x: 'x' is not a number."),
        (("--resamples", "0"), "--resamples is 0, expected a whole number from 1"),
        (("--beta", "-1"), "--beta is -1.0, expected a number from 0.01 to 100, such as 2."),
        (("--protocol", "cityscapes"), "'cityscapes' is not one of 'coco'"),
        (("-o", "gt.json"), "would be lost"),
        (("--categories", "lamp"), "lamp"),
        (("--compat", "official"), "--compat does not go with thresholds"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    words: tuple[str, ...], text: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(in_folder.iterdir())
    output = [] if "-o" in words else ["-o", "new.json"]
    assert threshold(*output, *words) == failures.UNUSABLE_INPUT
    assert text in capsys.readouterr().err
    assert sorted(in_folder.iterdir()) == before
