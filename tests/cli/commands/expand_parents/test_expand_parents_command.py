"""`segeval expand-parents`: files of both formats, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segeval_cli import failures
from segeval_cli.main import app

TREE = {
    "LabelName": "all",
    "Subcategory": [{"LabelName": "animal", "Subcategory": [{"LabelName": "cat"}]}],
}
BOXES = "ImageID,LabelName,Score,XMin,XMax,YMin,YMax\na,cat,0.5,0.1,0.5,0.1,0.5\n"


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cat in both formats, and the tree."""
    (tmp_path / "preds.csv").write_text(BOXES)
    (tmp_path / "tree.json").write_text(json.dumps(TREE))
    (tmp_path / "classes.csv").write_text("id,LabelName\n4,cat\n9,animal\n")
    cat = {"image_id": 1, "category_id": 4, "bbox": [0, 0, 5, 5], "score": 0.5}
    (tmp_path / "preds.json").write_text(json.dumps([cat]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def expand(*words: str) -> int:
    return failures.run(app, ["expand-parents", *words])


def test_open_images_stay_open_images(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert expand("preds.csv", "--hierarchy", "tree.json", "-o", "out.csv") == failures.DONE
    out, err = capsys.readouterr()
    assert "1 prediction became 2 rows: 1 copy added" in out
    assert err == "wrote out.csv\n"
    lines = (in_folder / "out.csv").read_text().splitlines()
    assert lines[1:] == ["a,cat,0.5,0.1,0.5,0.1,0.5", "a,animal,0.5,0.1,0.5,0.1,0.5"]


def test_coco_stays_coco(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("preds.json", "--hierarchy", "tree.json", "--classes", "classes.csv", "--json")
    assert expand(*words, "-o", "out.json") == failures.DONE
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "segeval/expand-parents/1"
    assert found["results"] == {
        "predictions": 1, "copies": 1, "suppressed": 0, "cut": 0, "rows": 2, "gain": None,
    }  # fmt: skip
    rows = json.loads((in_folder / "out.json").read_text())
    assert [each["category_id"] for each in rows] == [4, 9]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["preds.csv", "--hierarchy", "tree.json"], "nothing says where to write"),
        (["preds.csv", "--hierarchy", "tree.json", "-o", "out.json"], "expected .csv"),
        (["preds.json", "--hierarchy", "tree.json", "-o", "out.csv"], "expected"),
        (["preds.csv", "--hierarchy", "tree.json", "-o", "preds.csv", "--overwrite"], "input file"),
        (["preds.json", "--hierarchy", "tree.json", "-o", "out.json"], "id of every label: --cla"),
        (["preds.csv", "--hierarchy", "preds.json", "-o", "out.csv"], "preds.json"),
    ],
)
def test_what_cannot_be_done_is_refused(
    words: list[str], expected: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expand(*words) == failures.UNUSABLE_INPUT
    assert expected in " ".join(capsys.readouterr().err.split())
    assert not list(in_folder.glob("out.*"))
