"""`segeval miou`: what it prints, and how it exits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval_cli import failures
from segeval_cli.main import app

GT = np.array([[0, 0, 0, 1, 1, 9], [0, 0, 0, 1, 1, 9]], np.uint8)
PRED = np.array([[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1]], np.uint8)

GOLDEN = """\
Mean IoU   preds vs gt   2 classes   absent classes as cityscapes
boundary 0.02 of the diagonal

  class            gt px    IoU   accuracy   boundary IoU       F   F present
 -----------------------------------------------------------------------------
  mean                10   62.5       75.0           62.5   100.0       100.0
  pixel accuracy       -      -       80.0              -       -           -
  fw IoU               -   65.0          -              -       -           -
 -----------------------------------------------------------------------------
  0                    6   75.0      100.0           75.0   100.0       100.0
  1                    4   50.0       50.0           50.0   100.0       100.0

  trimap px   gt px   of all   mIoU
 -----------------------------------
          1       4     40.0   25.0
          2       8     80.0   58.3

  IoU in trimap   1 px   2 px
 -----------------------------
  0               50.0   66.7
  1                0.0   50.0

1 image, 2 classes, 10 pixels in 0.1 s"""

COMMAND = ["miou", "preds", "gt", "--classes", "2", "--ignore", "9"]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the folders preds and gt of one image."""
    for name, labels in (("preds", PRED), ("gt", GT)):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "a.png", labels)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def write(path: Path, pixels: Any) -> None:
    Image.fromarray(pixels).save(path)


def without_seconds(text: str) -> str:
    """The text with another duration in its last line."""
    head, _, _ = text.rstrip().rpartition(" in ")
    return f"{head} in 0.1 s"


def test_tables_are_as_people_read_them(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--trimap", "1,2", "--boundary", "--boundary-f"]
    assert failures.run(app, [*COMMAND, *asked]) == failures.DONE
    assert without_seconds(capsys.readouterr().out) == GOLDEN


def test_json_has_the_numbers(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.run(app, [*COMMAND, "--trimap", "1", "--json"]) == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/miou/2"
    assert document["settings"]["absent"] == "cityscapes"
    assert document["inputs"]["gt"] == {"path": "gt", "count": 1, "sha256": None}
    results = document["results"]
    assert results["miou"] == 0.625
    assert (results["boundary"], results["boundary_f"], results["groups"]) == (None, None, [])
    assert results["categories"][1]["id"] == 1
    assert results["categories"][1]["name"] == "1"
    assert results["trimap"][0]["miou"] == 0.25
    assert [each["pixels"] for each in results["trimap"][0]["categories"]] == [2, 2]


@pytest.mark.parametrize("suffix", ["json", "csv", "md"])
def test_a_file_is_written_as_well(
    folders: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folders / f"result.{suffix}"
    assert failures.run(app, [*COMMAND, "-o", str(path)]) == failures.DONE
    assert f"wrote {path}" in capsys.readouterr().err
    words = {"json": '"miou": 0.625', "csv": ",categories,0,0,", "md": "| 0 "}
    assert words[suffix] in path.read_text()


def test_the_width_of_boundaries_may_be_pixels(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--boundary", "--boundary-px", "1", "--json"]
    assert failures.run(app, [*COMMAND, *asked]) == failures.DONE
    settings = json.loads(capsys.readouterr().out)["settings"]
    assert (settings["boundary_ratio"], settings["boundary_px"]) == (None, 1)


def test_fail_under_looks_at_the_mean(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.run(app, [*COMMAND, "--fail-under", "0.6"]) == failures.DONE
    assert failures.run(app, [*COMMAND, "--fail-under", "0.7"]) == failures.ANSWER_IS_NO
    assert "mIoU is 62.5 %, --fail-under asks for 70 %" in capsys.readouterr().err
    assert failures.run(app, [*COMMAND, "--fail-under", "70"]) == failures.UNUSABLE_INPUT
    assert "mIoU must be a fraction from 0 to 1. Write 0.7." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--trimap", "1,x"], "--trimap 1,x: 'x' is not a number."),
        (["--trimap", "0"], "--trimap 0: expected widths in pixels above 0, such as 1, 3"),
        (["--trimap-metric", "chebyshev"], "--trimap-metric is given, but no widths are"),
        (["--trimap-void", "edge"], "--trimap-void is given, but no widths are"),
        (["--trimap-total-width"], "expected --trimap as well, such as --trimap 1,3,5,8,20."),
        (["--ignore", "9-1"], "--ignore 9-1: expected ids and ranges of them"),
        (["--ignore", "x"], "--ignore x: expected ids"),
        (["--ignore", "0-"], "--ignore 0-: expected ids and ranges of them"),
        (["--ignore", "-3"], "--ignore -3: expected ids and ranges of them"),
        (["--compat", "official"], "--compat official: only Cityscapes has an official tool"),
        (["--boundary", "--boundary-ratio", "3"], "--boundary-ratio is 3"),
        (["--boundary-ratio", "0.01"], "--boundary-ratio is given, but no boundaries are compared"),
        (["--boundary-f", "--boundary-px", "2"], "--boundary-px is given, but no boundaries are"),
        (["--boundary", "--boundary-px", "0"], "Invalid value for '--boundary-px'"),
        (["-o", "result.png"], "the suffix says what to write"),
    ],
)
def test_options_that_make_no_sense_end_with_2(
    folders: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, [*COMMAND, *options]) == failures.UNUSABLE_INPUT
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "pixels", "message"),
    [
        ("preds/a.png", PRED[:1], "preds/a.png: has 1 x 6 pixels, the ground truth gt/a.png 2 x 6"),
        ("preds/a.png", PRED + 7, "preds/a.png: pixel at row 0, column 0 has the label 7"),
        ("gt/a.png", GT.astype(np.uint16), "preds/a.png: has 8 bits per pixel"),
        ("gt/a.png", np.zeros((2, 6, 3), np.uint8), "gt/a.png: has colours (RGB)"),
        ("gt/b.png", GT, "preds: has no prediction for gt/b.png"),
        ("preds/b.png", GT, "gt: has no ground truth for preds/b.png"),
    ],
)
def test_files_that_cannot_be_used_end_with_2_and_nothing_is_written(
    folders: Path, name: str, pixels: Any, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folders / name, pixels)
    command = [*COMMAND, "-o", "result.json"]
    assert failures.run(app, command) == failures.UNUSABLE_INPUT
    assert message in capsys.readouterr().err
    assert not (folders / "result.json").exists()


def test_the_threshold_of_boundary_f_is_the_usual_one_or_what_is_given(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for asked, expected in (
        ([], None),
        (["--boundary-f"], 0.008),
        (["--boundary-f", "--boundary-f-threshold", "2"], 2),
    ):
        assert failures.run(app, [*COMMAND, *asked, "--json"]) == failures.DONE
        assert json.loads(capsys.readouterr().out)["settings"]["boundary_f"] == expected


def test_train_ids_need_no_options_of_their_own(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folders / "gt" / "a.png", np.where(GT == 9, 255, GT).astype(np.uint8))
    command = ["miou", "preds", "gt", "--classes", "cityscapes-train", "--json"]
    assert failures.run(app, command) == failures.DONE
    results = json.loads(capsys.readouterr().out)["results"]
    assert [each["name"] for each in results["categories"][:2]] == ["road", "sidewalk"]
    assert results["miou"] == 0.625


def test_predictions_of_other_ids_end_with_2(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folders / "preds" / "a.png", np.full_like(PRED, 9))
    assert failures.run(app, COMMAND) == failures.UNUSABLE_INPUT
    assert "100.0 % of the evaluated pixels are predicted as labels" in capsys.readouterr().err


def test_ranges_of_ids_can_be_ignored(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["miou", "preds", "gt", "--classes", "12", "--ignore", "2-8,10", "--ignore", "9,11"]
    assert failures.run(app, [*command, "--json"]) == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["settings"]["ignore"] == list(range(2, 12))
    assert document["results"]["miou"] == 0.625


def test_every_field_of_the_json_is_documented(
    folders: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--compat", "detectron2", "--trimap", "1", "--boundary", "--boundary-f", "--json"]
    assert failures.run(app, [*COMMAND, *more]) == failures.DONE
    page = (root / "docs" / "pages" / "json.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", page))))
    assert keys(json.loads(capsys.readouterr().out)) - documented == set()


def keys(value: Any) -> set[str]:
    """Every key of nested objects."""
    members = value.values() if isinstance(value, dict) else value
    nested = isinstance(value, dict | list)
    own = set(value) if isinstance(value, dict) else set()
    return own.union(*map(keys, members)) if nested else own


def test_the_tables_of_cityscapes_fit_a_narrow_terminal(
    folders: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folders / "gt" / "a.png", GT + 7)
    write(folders / "preds" / "a.png", PRED + 7)
    monkeypatch.setenv("COLUMNS", "50")
    command = ["miou", "preds", "gt", "--classes", "cityscapes", "--ignore", "16"]
    more = ["--trimap", "1,2,3,5,8,12,20", "--boundary", "--boundary-f"]
    assert failures.run(app, [*command, *more]) == failures.DONE
    out = capsys.readouterr().out
    assert max(len(line) for line in out.splitlines()) <= 50
    assert "  flat " in out


def test_images_are_listed_below_the_means(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, [*COMMAND, "--per", "image"]) == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[4].split() == ["mean", "10", "62.5", "75.0"]
    assert lines[8].split() == ["image", "gt", "px", "mIoU", "accuracy", "classes"]
    assert lines[10].split()[1:] == ["10", "62.5", "80.0", "2"]
    assert failures.run(app, [*COMMAND, "--per", "image", "--json"]) == failures.DONE
    (image,) = json.loads(capsys.readouterr().out)["results"]["per_image"]
    assert (image["miou"], image["pixels"]) == (0.625, 10)
