"""`segeval convert` from formats of annotation tools: what it writes, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

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


def test_text_files_of_yolo_become_coco_files(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("images", "labels", "preds"):
        (folder / name).mkdir()
    Image.new("RGB", (20, 10)).save(folder / "images" / "a.png")
    (folder / "names.txt").write_text("cat\n")
    (folder / "labels" / "a.txt").write_text("0 0.1 0.2 0.5 0.2 0.5 0.6")
    (folder / "preds" / "a.txt").write_text("0 0.1 0.2 0.5 0.2 0.5 0.6 0.9")
    words = ["yolo-to-coco", "labels", "--images", "images", "--names", "names.txt"]
    both = ["-o", "gt.json", "--preds", "preds", "--preds-output", "preds.json"]
    assert convert(*words, *both) == failures.DONE
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "note: labels: category ids, in the order of names.txt: 1 cat",
        "wrote gt.json: 1 annotation in 1 image",
        "wrote preds.json: 1 prediction",
    ]
    assert convert(*words, *both[:4]) == failures.UNUSABLE_INPUT
    assert "must be given together" in capsys.readouterr().err
    assert failures.run(app, ["ap", "preds.json", "gt.json"]) == failures.DONE


def test_a_file_of_cvat_becomes_a_coco_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    polygon = '<polygon label="cat" points="1.00,1.00;5.00,1.00;5.00,5.00"/><tag label="cat"/>'
    (folder / "a.xml").write_text(
        "<annotations><version>1.1</version>"
        f'<image name="a.jpg" width="20" height="10">{polygon}</image></annotations>'
    )
    assert convert("cvat-to-coco", "a.xml", "-o", "gt.json", "--skip-unknown") == failures.DONE
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "note: a.xml: category ids, sorted by name: 1 cat",
        "note: a.xml: left out: 1 tag",
        "wrote gt.json: 1 annotation in 1 image",
    ]


def test_a_folder_of_voc_becomes_a_coco_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = "<xmin>0</xmin><ymin>3</ymin><xmax>6</xmax><ymax>5</ymax>"
    (folder / "Annotations").mkdir()
    (folder / "Annotations" / "a.xml").write_text(
        "<annotation><filename>a.jpg</filename><size><width>20</width><height>10</height></size>"
        f"<object><name>lamp</name><bndbox>{box}</bndbox></object></annotation>"
    )
    assert convert("voc-to-coco", ".", "-o", "gt.json") == failures.UNUSABLE_INPUT
    assert "--from-zero reads edges that are counted from 0" in capsys.readouterr().err
    words = ["--from-zero", "--boxes-as-masks"]
    assert convert("voc-to-coco", ".", "-o", "gt.json", *words) == failures.DONE
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "note: .: category ids, sorted by name: 1 lamp",
        "note: .: 1 object is a box, and the whole rectangle is the mask",
        "wrote gt.json: 1 annotation in 1 image",
    ]
