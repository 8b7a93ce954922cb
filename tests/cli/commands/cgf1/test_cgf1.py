"""`segeval cgf1`: tables, files and refusals."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from segeval import concept_f1
from segeval_cli import failures
from segeval_cli.main import app

SIDES = [0, 0, 9, 9]


def gold(*objects: list[list[int]]) -> dict[str, Any]:
    """Ground truth of one annotator: the objects of each phrase."""
    images = [
        {"id": place, "file_name": "room.jpg", "text_input": f"phrase {place}"}
        | {"is_instance_exhaustive": True}
        for place in range(1, len(objects) + 1)
    ]
    flat = [(place, sides) for place, own in enumerate(objects, start=1) for sides in own]
    annotations = [
        {"id": number, "image_id": image, "category_id": 1, "bbox": sides, "area": 81}
        for number, (image, sides) in enumerate(flat, start=1)
    ]
    return {"images": images, "categories": [{"id": 1}], "annotations": annotations}


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two annotators of four phrases, and predictions for three of these."""
    files = {
        "preds": [{"image_id": k, "bbox": SIDES, "score": 0.9} for k in (1, 2, 3)],
        "a": gold([SIDES], [[20, 0, 9, 9]], [], []),
        "b": gold([SIDES], [SIDES], [], [SIDES]),
    }
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def cgf1(*words: str) -> int:
    return failures.run(app, ["cgf1", *words, "--iou", "bbox"])


def test_the_tables_show_thresholds_and_whole_images(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cgf1("preds.json", "a.json", "b.json") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    title = "cgF1 by box IoU   preds.json vs a.json, b.json   scores from 0.5"
    assert lines[0] == title
    assert lines[2].split()[:3] == ["IoU", "cgF1", "pmF1"]
    assert lines[4].split() == ["mean", "57.7", "100.0", "100.0", "66.7", "100.0", "80.0"]
    assert "  presence       0.577        66.7    100.0   80.0   50.0    2    1    1    0" in lines
    assert any(line.startswith("4 images with their phrases (2 positive") for line in lines)
    assert max(map(len, lines)) <= 80


def test_images_are_listed_the_worst_first_with_phrase_and_annotator(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cgf1("preds.json", "a.json", "b.json", "--per", "image") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    head = next(k for k, line in enumerate(lines) if line.split()[:2] == ["image", "phrase"])
    rows = [line.split() for line in lines[head + 2 : head + 6]]
    assert rows == [
        ["room.jpg", "phrase", "3", "1", "0", "1", "0", "0.0"],
        ["room.jpg", "phrase", "1", "1", "1", "0", "0", "100.0"],
        ["room.jpg", "phrase", "2", "2", "1", "0", "0", "100.0"],
        ["room.jpg", "phrase", "4", "1", "0", "0", "0", "-"],
    ]


def test_json_has_what_the_library_says_and_the_hash_of_every_file(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cgf1("preds.json", "a.json", "b.json", "--json", "--per", "image") == failures.DONE
    found = json.loads(capsys.readouterr().out)
    result = concept_f1("preds.json", ["a.json", "b.json"], iou="bbox")
    assert found["schema"] == "segeval/cgf1/1"
    assert found["results"] == json.loads(json.dumps(result.to_dict(per_image=True)["results"]))
    assert list(found["inputs"]) == ["preds", "gt", "gt_2"]
    assert all(len(each["sha256"]) == 64 for each in found["inputs"].values())
    assert cgf1("preds.json", "a.json", "--json") == failures.DONE
    assert "images" not in json.loads(capsys.readouterr().out)["results"]


@pytest.mark.parametrize("suffix", ["json", "csv", "md", "tex"])
def test_files_of_every_format_are_written(
    suffix: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = in_folder / f"found.{suffix}"
    assert cgf1("preds.json", "a.json", "-o", path.name, "--per", "threshold,image") == 0
    text = path.read_text()
    assert "phrase 1" in text
    if suffix == "csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        tables = [row["table"] for row in rows]
        assert sorted(set(tables)) == ["all", "image_level", "images", "thresholds"]
        assert tables.count("thresholds") == 10


def test_fail_under_is_about_cgf1(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = "preds.json", "a.json", "b.json"
    assert cgf1(*files, "--fail-under", "0.57") == failures.DONE
    assert cgf1(*files, "--fail-under", "0.58") == failures.ANSWER_IS_NO
    assert "cgF1 is 57.7 %, --fail-under asks for 58 %" in capsys.readouterr().err


def test_swapped_files_and_a_single_one_are_refused(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cgf1("a.json", "preds.json") == failures.UNUSABLE_INPUT
    assert "Swap them: segeval cgf1 preds.json a.json" in capsys.readouterr().err
    assert cgf1("preds.json") == failures.UNUSABLE_INPUT
    assert "expected predictions and ground truth, got 1 file" in capsys.readouterr().err
    assert cgf1("preds.json", "a.json", "preds.json") == failures.UNUSABLE_INPUT
    assert "preds.json: holds a list, as predictions do" in capsys.readouterr().err
