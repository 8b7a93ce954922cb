"""`segeval check`: what it prints, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval.checks import (
    CheckReport,
    Finding,
    GroundTruthSummary,
    PredictionsSummary,
)
from segeval_cli import failures
from segeval_cli.commands.check.command import report_text
from segeval_cli.main import app
from tests.build import build_gt, build_masks, build_preds
from tests.panoptic_build import build, drawing, segment

REPORT = CheckReport(
    findings=(
        Finding(
            "error",
            "category ids",
            "category ids are 0..33, gt.json has 1..34",
            count=3114,
            path="preds.json",
            hint="Off by one? Ids must be equal, not positions; add 1 when you export.",
        ),
        Finding("warn", "ties", "12 % of predictions share their score.", path="preds.json"),
        Finding("ok", "duplicates", ""),
        Finding("ok", "empty masks", ""),
    ),
    predictions=PredictionsSummary("preds.json", 96412, 3000, 34, "RLE", 0.05, 1.0),
    ground_truth=GroundTruthSummary("gt.json", 12041, 3000, 34, "RLE", 210, is_lvis=False),
)

# All within 80 characters, as everything that is printed.
GOLDEN = """\
preds.json
    96,412 predictions, 3,000 images, 34 categories, RLE, scores 0.05 .. 1.00
gt.json
    12,041 objects, 3,000 images, 34 categories, RLE, 210 crowd

 error   category ids        category ids are 0..33, gt.json has 1..34. Off by
                             one? Ids must be equal, not positions; add 1 when
                             you export.
 warn    ties                12 % of predictions share their score.
 ok      duplicates, empty masks

1 error, 1 warning"""


def write(path: Path, content: Any) -> str:
    path.write_text(json.dumps(content))
    return str(path)


@pytest.fixture
def good(tmp_path: Path) -> tuple[str, str]:
    """Two files without mistakes."""
    masks = build_masks(3, 20, 30, seed=1)
    masks = masks[masks.any(axis=(1, 2))]
    records = [{"mask": mask} for mask in masks]
    scored = [{"mask": mask, "score": 0.9 - 0.1 * place} for place, mask in enumerate(masks)]
    return (
        write(tmp_path / "preds.json", build_preds(scored)),
        write(tmp_path / "gt.json", build_gt([(20, 30)], records)),
    )


def run(*argv: str) -> int:
    return failures.run(app, ["check", *argv])


def test_the_report_is_a_list_of_mistakes_by_kind() -> None:
    assert report_text(REPORT, width=80) == GOLDEN


def test_files_with_short_facts_have_a_line_each() -> None:
    report = CheckReport(
        (), PredictionsSummary("p.json", 5, 2, 1, "boxes", None, None), REPORT.ground_truth
    )
    assert report_text(report, width=80).splitlines()[:2] == [
        "p.json    5 predictions    2 images       1 category      boxes   no scores",
        "gt.json   12,041 objects   3,000 images   34 categories   RLE     210 crowd",
    ]


@pytest.mark.parametrize("width", [40, 50, 59])
def test_narrow_terminals_get_messages_on_lines_of_their_own(width: int) -> None:
    text = report_text(REPORT, width=width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert " error   category ids\n    category ids are 0..33" in text


def test_quiet_leaves_out_what_is_fine() -> None:
    assert " ok " not in report_text(REPORT, width=80, quiet=True)


def test_a_mistake_in_a_file_that_cannot_be_read_names_the_file() -> None:
    finding = Finding("error", "file", "not valid JSON at byte 9 of 9", path="preds.json")
    text = report_text(CheckReport((finding,)), width=80)
    assert "preds.json: not valid JSON at byte 9" in text


def test_good_files_exit_with_0(good: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*good) == failures.DONE
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 errors")


def test_predictions_can_be_checked_alone(good: tuple[str, str]) -> None:
    assert run(good[0]) == failures.DONE


def test_mistakes_exit_with_1_and_are_all_listed(
    good: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = json.loads(Path(good[0]).read_text())
    records[0]["score"] = float("nan")
    records[1]["image_id"] = 99
    assert run(write(tmp_path / "bad.json", records), good[1]) == failures.ANSWER_IS_NO
    shown = capsys.readouterr().out
    assert "score is NaN" in shown
    assert "99" in shown
    assert shown.splitlines()[-1].startswith("2 errors")


def test_advice_speaks_in_the_flags_of_the_evaluation(
    good: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = json.loads(Path(good[0]).read_text())
    records[0]["image_id"] = 5000
    records[1]["bbox"] = [0, 0, 300, 300]
    del records[1]["segmentation"]
    gt = json.loads(Path(good[1]).read_text())
    gt["annotations"][0]["ignore"] = 1
    del gt["annotations"][0]["bbox"]
    files = write(tmp_path / "bad.json", records), write(tmp_path / "other.json", gt)
    for form in ((), ("--json",)):
        assert run(*files, *form) == failures.ANSWER_IS_NO
        shown = " ".join(capsys.readouterr().out.split())
        for flag in ("--skip-unknown", "--iou bbox", "--honour-ignore"):
            assert flag in shown
        assert "`" not in shown


def test_json_is_the_report_as_data(
    good: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report.json"
    assert run(*good, "--json", "-o", str(target)) == failures.DONE
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["schema"] == "segeval/check/1"
    assert document["errors"] == 0
    assert document["preds"]["count"] == len(json.loads(Path(good[0]).read_text()))
    assert json.loads(target.read_text()) == document
    assert captured.err == f"wrote {target}\n"
    assert run(*good, "--quiet", "-o", str(target)) == failures.UNUSABLE_INPUT
    assert "exists already" in capsys.readouterr().err
    assert run(*good, "--quiet", "-o", str(target), "--overwrite") == failures.DONE
    assert capsys.readouterr().err == ""


def test_other_suffixes_than_json_are_refused(
    good: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*good, "-o", "report.csv") == failures.UNUSABLE_INPUT
    assert "the suffix says what to write, expected .json." in capsys.readouterr().err


def test_a_missing_file_is_unusable_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(tmp_path / "no.json")) == failures.UNUSABLE_INPUT
    assert "no such file" in capsys.readouterr().err


def label_maps(folder: Path, label: int) -> tuple[str, str]:
    """Two folders of one label map each; one pixel of the prediction has the label."""
    for side, first in (("preds", label), ("gt", 0)):
        (folder / side).mkdir()
        Image.fromarray(np.array([[first, 1, 1]], np.uint8)).save(folder / side / "a.png")
    return str(folder / "preds"), str(folder / "gt")


def test_label_maps_are_checked_by_their_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = label_maps(tmp_path, 1)
    assert run(*paths, "--classes", "2", "--ignore", "255") == 0
    assert "1 label map" in capsys.readouterr().out
    assert run(*paths) == 2
    words = "expected --classes as well, such as --classes cityscapes. Cityscapes' instances and"
    assert words in capsys.readouterr().err


def test_advice_on_label_maps_names_the_flags_of_miou(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preds, gt = label_maps(tmp_path, 7)
    assert run(gt, preds, "--classes", "2", "--json") == 1
    (finding, *_) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["code"] == "unknown-label"
    assert finding["hint"] == "If such pixels are not labelled, ignore them: --ignore 7."


def test_pictures_of_panoptic_files_are_looked_for_in_the_folders_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = (drawing("aab"), [segment("a", 1), segment("b", 7)])
    paths = [
        build(tmp_path / "preds.json", drawn),
        build(tmp_path / "gt.json", drawn, gt=True),
    ]
    (tmp_path / "preds").rename(tmp_path / "pictures")
    assert run(*map(str, paths), "--json") == 1
    (finding, *_) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["code"], finding["kind"]) == ("no-folder", "pictures")
    assert finding["message"].endswith("Put them there, or name the right folder: --preds-dir.")
    assert run(*map(str, paths), "--preds-dir", str(tmp_path / "pictures")) == 0


@pytest.fixture
def doubtful(good: tuple[str, str], tmp_path: Path) -> tuple[str, str]:
    """Two files of which a check warns: some predictions have a bbox."""
    records = json.loads(Path(good[0]).read_text())
    records[0]["bbox"] = json.loads(Path(good[1]).read_text())["annotations"][0]["bbox"]
    return write(tmp_path / "some.json", records), good[1]


def test_strict_names_the_codes_at_which_it_stops_and_lets_allowed_ones_pass(
    doubtful: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*doubtful, "--strict") == failures.ANSWER_IS_NO
    assert capsys.readouterr().err.splitlines()[-1] == (
        "--strict stops at warnings: some-boxes (--allow CODE accepts one)"
    )
    assert run(*doubtful, "--strict", "--allow", "ties,some-boxes") == failures.DONE
    shown = capsys.readouterr()
    assert "--strict stops" not in shown.err
    assert " allow   boxes " in shown.out
    assert shown.out.splitlines()[-1] == "0 errors, 0 warnings, 1 warning allowed"
    assert run(*doubtful, "--allow", "some-box") == failures.UNUSABLE_INPUT
    assert "no such warning, expected" in " ".join(capsys.readouterr().err.split())


def test_allowed_warnings_may_stand_in_the_file_of_options(
    doubtful: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("segeval.toml").write_text('[check]\nstrict = true\nallow = ["ties", "some-boxes"]\n')
    assert run(*doubtful, "-q") == failures.DONE


def test_the_share_of_images_without_predictions_is_an_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    square = np.ones((9, 9), np.uint8)
    gt = build_gt([(9, 9)] * 12, [{"mask": square, "image_id": place + 1} for place in range(12)])
    preds = build_preds(
        [{"mask": square, "image_id": place + 1, "score": 0.9 - place / 99} for place in range(11)]
    )
    files = write(tmp_path / "preds.json", preds), write(tmp_path / "gt.json", gt)
    assert run(*files, "--strict", "--allow", "whole-image", "-q") == failures.DONE
    shown = " ".join(capsys.readouterr().out.split())
    assert "note images without predictions 1 of 12 images with objects has no prediction" in shown
    assert run(*files, "--strict", "--allow", "whole-image", "--max-unpredicted", "0.05") == (
        failures.ANSWER_IS_NO
    )
    assert run(*files, "--max-unpredicted", "5") == failures.UNUSABLE_INPUT
