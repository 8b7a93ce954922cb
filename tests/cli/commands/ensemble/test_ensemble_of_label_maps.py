"""`segeval ensemble` of folders of label maps: files, tables and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app

LABELS = {
    "a": [[0, 1, 1, 2]],
    "b": [[0, 1, 2, 9]],
    "c": [[0, 2, 2, 9]],
    "gt": [[0, 1, 2, 2]],
}


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three models of twelve images, and ground truth."""
    for name, labels in LABELS.items():
        (tmp_path / name).mkdir()
        for place in range(12):
            wide = np.repeat(np.array(labels, np.uint8), 2 + place, axis=1)
            Image.fromarray(wide).save(tmp_path / name / f"{place:02}.png")
    (tmp_path / "preds.json").write_bytes(furniture(images=12).to_json()["model_a.json"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def ensemble(*words: str) -> int:
    return failures.run(app, ["ensemble", *words])


def test_label_maps_are_known_by_their_folders(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("a", "b", "c", "--weights", "1,0.9,0.8", "--ignore", "9", "-o", "fused")
    assert ensemble(*words) == failures.DONE
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "Label maps by vote   a + b + c"
    assert err == "wrote fused\n"
    fused = np.asarray(Image.open(in_folder / "fused/00.png"))
    assert fused.tolist() == [[0, 0, 1, 1, 2, 2, 2, 2]]


def test_the_gain_is_shown_with_its_interval(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--fit", "gt", "--classes", "3", "--ignore", "9", "--strategy", "s003", "--json")
    assert ensemble("a", "b", "c", *words) == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/label-map-ensemble/1"
    assert document["inputs"]["model_2"] == {"path": "b", "count": 12, "sha256": None}
    results = document["results"]
    assert results["gain"]["how"] == "5 folds of gt"
    assert len(results["gain"]["over_best"]["interval"]) == 2
    assert results["models"][0]["by_class"].keys() == {"0", "1", "2"}


def test_strategies_of_label_maps_are_listed(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ensemble("a", "b", "--strategy", "help") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    names = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert names == ["vote", "interp", "reweight", "s003"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a", "b"], "nothing says where to write the result, expected -o with a folder: fused"),
        (["a", "preds.json", "-o", "f"], "a is read as label maps and preds.json as predictions"),
        (["a", "b", "-o", "f", "--iou", "bbox"], "--iou is about predictions of objects, and a"),
        (["a", "b", "-o", "f", "--max-dets", "9"], "--max-dets is about predictions of objects"),
        (["a", "b", "-o", "f", "--mask-threshold", "0.6"], "--mask-threshold is about predictions"),
        (["a", "b", "-o", "f", "--explain", "w.jsonl"], "--explain is about predictions of"),
        (["a", "b", "-o", "f", "--ap", "x.json"], "--ap is about predictions of objects, and a"),
        (["a", "b", "-o", "f", "--sigma", "1"], "--sigma is no setting of a vote of label maps"),
        (["a", "b", "-o", "f", "--fit", "gt"], "--fit judges label maps by class, expected"),
        (["a", "b", "-o", "gt", "--fit", "gt", "--classes", "3"], "gt: is not empty, expected a"),
        (["a", "b", "-o", "a", "--overwrite"], "a: is an input as well."),
        (["a", "b", "-o", "a/fused"], "a/fused: lies in a, which is an input."),
        (["a", "b", "-o", "preds.json"], "--output preds.json: is a file, expected a folder"),
        (["preds.json", "p2.json", "-o", "f.json", "--classes", "3"], "--classes is about label"),
        (
            ["preds.json", "p2.json", "-o", "f.json", "--ignore", "3"],
            "--ignore is about label maps",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(
    in_folder: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    expected: str,
) -> None:
    before = sorted(path.name for path in in_folder.iterdir())
    assert ensemble(*words) == failures.UNUSABLE_INPUT
    assert expected in capsys.readouterr().err
    assert sorted(path.name for path in in_folder.iterdir()) == before
