"""`segeval errors` of panoptic files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segeval_cli import failures
from segeval_cli.main import app
from tests.panoptic_build import build
from tests.unit.analysis.errors.panoptic_scene import GT, two_images


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_images(tmp_path)
    build(tmp_path / "perfect.json", *GT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")


def errors(*words: str) -> int:
    return failures.run(app, ["errors", *words])


def test_shares_of_one_model_add_up_to_what_pq_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors("preds.json", "gt.json") == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "PQ lost, by kind of error   preds.json vs gt.json   segm PQ 33.3"
    rows = [line.split() for line in lines]
    assert ["all", "66.7", "72.2", "55.6", "-"] in rows
    assert ["confusion", "27.8", "41.7", "0.0", "2"] in rows
    assert ["missed", "11.1", "0.0", "33.3", "1"] in rows
    assert ["dog", "cat", "1"] in rows


def test_two_models_are_compared_kind_by_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors("preds.json", "perfect.json", "gt.json", "--iou", "segm,boundary") == 0
    out = capsys.readouterr().out
    assert "A preds.json against B perfect.json on gt.json" in out
    assert "B wins 27.8 points on wrong categories" in " ".join(out.split())


def test_json_has_shares_and_intervals_by_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors("preds.json", "gt.json", "--json", "--ci", "--resamples", "20") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "segeval/errors/1"
    things = found["results"]["segm"]["things"]
    assert things["kinds"]["confusion"]["share"] == pytest.approx(5 / 12)
    assert things["intervals"] == {"pq": None, "recognition": None}
    assert [note["code"] for note in found["notes"]] == ["few-images"]
    assert len(found["inputs"]["preds"]["sha256"]) == 64


def test_a_line_for_every_segment(capsys: pytest.CaptureFixture[str]) -> None:
    assert errors("preds.json", "gt.json", "-o", "lines.jsonl") == 0
    lines = [json.loads(line) for line in Path("lines.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["true", "confusion", "true", "false", "missed"]
    assert {line["iou_type"] for line in lines} == {"segm"}
    assert "wrote lines.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("preds.json", "gt.json", "--sizes", "coco"),
            "--sizes is about AP, and preds.json holds panoptic segments: leave it out.",
        ),
        (
            ("preds.json", "gt.json", "--per", "size"),
            "--per is about AP, and preds.json holds panoptic segments: leave it out.",
        ),
        (
            ("preds.json", "gt.json", "--iou", "bbox"),
            "--iou is 'bbox', expected segm or boundary.",
        ),
        (
            ("preds.json", "perfect.json", "gt.json", "-o", "a.jsonl"),
            (
                "a.jsonl: lines of segments are written of one model's panoptic files, and there "
                "are two: run the command for each."
            ),
        ),
        (("preds.json", "gt.json", "--seed", "1"), "--seed goes with --ci, which is not given."),
    ],
)
def test_what_panoptic_files_do_not_take_is_told(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert errors(*words) != 0
    assert capsys.readouterr().err.splitlines()[0] == f"error: {message}"


def test_panoptic_predictions_for_other_ground_truth_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coco = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "cat"}]}
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    assert errors("preds.json", "coco.json") == failures.UNUSABLE_INPUT
    assert "Evaluate it with segeval pq" in capsys.readouterr().err


def test_a_folder_of_pictures_is_of_panoptic_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coco = {
        "images": [{"id": 1, "width": 4, "height": 4}],
        "annotations": [],
        "categories": [{"id": 1, "name": "cat"}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    (tmp_path / "none.json").write_text("[]")
    assert errors("none.json", "coco.json", "--gt-dir", ".") == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.splitlines()[0] == (
        "error: --gt-dir is about panoptic files, and none.json is none: leave it out."
    )
