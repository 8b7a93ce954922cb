"""`segeval convert idmaps-to-coco` and `coco-to-idmaps`: what they write, and what they say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from segeval_cli import failures
from segeval_cli.main import app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, ids in (("gt", [[0, 3, 3], [8, 0, 0]]), ("preds", [[0, 1, 1], [0, 0, 0]])):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "a.npy", np.array(ids))
    (tmp_path / "scores.csv").write_text("image,id,score\na,1,0.5\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def convert(*words: str) -> int:
    return failures.run(app, ["convert", *words])


def test_both_folders_become_coco_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--preds", "preds", "--preds-output", "preds.json", "--scores", "scores.csv"]
    assert convert("idmaps-to-coco", "gt", "-o", "gt.json", *words) == failures.DONE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-2:] == [
        "wrote gt.json: 2 annotations in 1 image",
        "wrote preds.json: 1 prediction",
    ]
    assert json.loads((folder / "preds.json").read_text())[0]["score"] == 0.5


def test_scores_without_predictions_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["idmaps-to-coco", "gt", "-o", "gt.json", "--scores", "scores.csv"]
    assert convert(*words) == failures.UNUSABLE_INPUT
    assert "error: --scores goes with --preds, which is not given." in capsys.readouterr().err
    assert not (folder / "gt.json").exists()


def test_coco_files_become_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert convert("idmaps-to-coco", "gt", "-o", "gt.json") == failures.DONE
    assert convert("coco-to-idmaps", "gt.json", "-o", "maps") == failures.DONE
    assert capsys.readouterr().err.splitlines()[-1] == "wrote maps: 2 objects in 1 image"
    assert convert("coco-to-idmaps", "gt.json", "-o", "maps") == failures.UNUSABLE_INPUT
    assert "is not empty" in capsys.readouterr().err
