"""`segeval convert` from formats of annotation tools: what it writes, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segeval_cli import failures
from segeval_cli.main import app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def convert(*words: str) -> int:
    return failures.run(app, ["convert", *words])


def test_files_of_labelme_become_a_coco_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shapes = [
        {"label": "cat", "points": [[1, 1], [5, 1], [5, 5]], "shape_type": "polygon"},
        {"label": "cat", "points": [[1, 1], [5, 1]], "shape_type": "line"},
        {"label": "cat", "points": [[1, 1], [5, 4]], "shape_type": "rectangle"},
    ]
    image = {"imagePath": "a.jpg", "imageHeight": 10, "imageWidth": 20, "shapes": shapes}
    (folder / "labels").mkdir()
    (folder / "labels" / "a.json").write_text(json.dumps(image))
    words = ["labelme-to-coco", "labels", "-o", "gt.json"]
    assert convert(*words) == failures.UNUSABLE_INPUT
    assert "--skip-unknown leaves such shapes out" in capsys.readouterr().err
    assert convert(*words, "--skip-unknown") == failures.DONE
    assert capsys.readouterr().err.splitlines()[-4:] == [
        "note: labels: category ids, sorted by name: 1 cat",
        "note: labels: 1 object is a box without a mask; --boxes-as-masks fills them",
        "note: labels: left out: 1 line",
        "wrote gt.json: 2 annotations in 1 image",
    ]
    assert convert(*words, "--skip-unknown", "--boxes-as-masks", "--overwrite") == failures.DONE
    assert "segmentation" in json.loads((folder / "gt.json").read_text())["annotations"][1]
