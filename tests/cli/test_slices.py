"""`--slice` of ap, miou and pq: a row for every value of a field, or of a file of labels."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval_cli import failures
from segeval_cli.main import app
from tests.build import build_gt, build_preds
from tests.panoptic_build import build, drawing, segment


def square(left: int) -> np.ndarray[Any, Any]:
    mask = np.zeros((20, 20), np.uint8)
    mask[4:12, left : left + 8] = 1
    return mask


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Rain in image 1, where the object is missed, sun in 2, where it is found, nothing in 3."""
    gt = build_gt([(20, 20)] * 3, [{"image_id": own, "mask": square(4)} for own in (1, 2)])
    gt["images"][0]["weather"], gt["images"][1]["weather"] = "rain", "sun"
    (tmp_path / "gt.json").write_text(json.dumps(gt))
    preds = build_preds([{"image_id": 2, "mask": square(4), "score": 0.5}])
    (tmp_path / "preds.json").write_text(json.dumps(preds))
    (tmp_path / "labels.csv").write_text("image,label\n1,rain\n2,sun\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def run(*words: str) -> int:
    return failures.run(app, [*words])


def rows(text: str) -> list[list[str]]:
    """The rows of the table of slices."""
    lines = text[text.index("  slice ") :].split("\n\n")[0].splitlines()
    return [line.split() for line in (lines[0], *lines[2:])]


@pytest.mark.parametrize("source", ["weather", "labels.csv"])
def test_ap_has_a_row_for_every_value(
    folder: Path, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    assert run("ap", "preds.json", "gt.json", "--slice", source) == failures.DONE
    shown = capsys.readouterr().out
    assert rows(shown) == [
        ["slice", "images", "gt", "AP", "AP50", "AP75", "AR"],
        ["rain", "1", "1", "0.0", "0.0", "0.0", "0.0"],
        ["sun", "1", "1", "100.0", "100.0", "100.0", "100.0"],
    ]
    assert "note: 1 image has no label and is in no slice\n" in shown


def test_a_folder_with_the_name_of_a_field_is_no_file_of_labels(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "weather").mkdir()
    assert run("ap", "preds.json", "gt.json", "--slice", "weather") == failures.DONE
    assert [row[0] for row in rows(capsys.readouterr().out)] == ["slice", "rain", "sun"]


def test_files_have_the_slices(folder: Path) -> None:
    for name in ("ap.csv", "ap.json", "ap.md", "ap.tex"):
        own = ("-o", name, "-q")
        assert run("ap", "preds.json", "gt.json", "--slice", "weather", *own) == failures.DONE
    table = [
        row
        for row in csv.DictReader(Path("ap.csv").read_text().splitlines())
        if row["table"] == "slices"
    ]
    assert [(row["name"], row["images"], row["gt"]) for row in table] == [
        ("rain", "1", "1"), ("sun", "1", "1"),
    ]  # fmt: skip
    document = json.loads(Path("ap.json").read_text())
    assert document["settings"]["slices"] == "weather"
    assert [own["ap"] for own in document["results"]["segm"]["slices"]] == [
        0.0, pytest.approx(1.0),
    ]  # fmt: skip
    assert "| rain" in Path("ap.md").read_text()
    assert "rain & 1 & 1 & 0.0" in Path("ap.tex").read_text()


def test_a_part_file_takes_a_table_and_refuses_a_field(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("match", "preds.json", "gt.json", "-o", "all.match", "-q") == failures.DONE
    capsys.readouterr()
    assert run("ap", "all.match", "--slice", "labels.csv") == failures.DONE
    assert rows(capsys.readouterr().out)[1][:3] == ["rain", "1", "1"]
    assert run("ap", "all.match", "--slice", "weather") == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == (
        "error: --slice is 'weather', but this ground truth has no fields of images, expected a "
        "CSV file of image and label.\n"
    )


def test_a_field_that_no_image_has_is_refused_with_those_that_there_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ap", "preds.json", "gt.json", "--slice", "wether") == failures.UNUSABLE_INPUT
    assert 'no image has the field "wether"; they have weather' in capsys.readouterr().err


def test_miou_has_a_row_for_every_label(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, right in (("gt", (1, 1)), ("maps", (0, 1))):
        (folder / name).mkdir()
        for image, label in zip("ab", right, strict=True):
            pixels = np.full((4, 4), label, np.uint8)
            pixels[0] = 0
            Image.fromarray(pixels).save(folder / name / f"{image}.png")
    Path("maps.csv").write_text("image,label\na,rain\nb,sun\n")
    asked = ("--classes", "2", "--slice", "maps.csv")
    assert run("miou", "maps", "gt", *asked) == failures.DONE
    assert rows(capsys.readouterr().out) == [
        ["slice", "images", "gt", "px", "mIoU", "mean", "accuracy"],
        ["rain", "1", "16", "12.5", "50.0"],  # class 0: 4 of 16, class 1: 0 of 12
        ["sun", "1", "16", "100.0", "100.0"],
    ]
    assert run("miou", "maps", "gt", *asked, "--json") == failures.DONE
    found = json.loads(capsys.readouterr().out)["results"]["slices"]
    assert [(own["name"], own["images"], own["miou"]) for own in found] == [
        ("rain", 1, 0.125), ("sun", 1, 1.0),
    ]  # fmt: skip


def test_pq_has_a_row_for_every_label(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    segments = [segment("a", 1), segment("b", 7)]
    true = drawing("aabb", "aabb", "bbbb", "bbbb")
    build(folder / "true.json", (true, segments), (true, segments), gt=True)
    found = drawing("aabb", "abbb", "bbbb", "bbbb")  # 3 of 4, and 12 of 13
    build(folder / "found.json", (found, segments), (true, segments))
    asked = ("pq", "found.json", "true.json", "--slice", "labels.csv")
    assert run(*asked) == failures.DONE
    assert rows(capsys.readouterr().out) == [
        ["slice", "images", "PQ", "SQ", "RQ"],
        ["rain", "1", "83.7", "83.7", "100.0"],
        ["sun", "1", "100.0", "100.0", "100.0"],
    ]
    assert run(*asked, "--json") == failures.DONE
    rain, _ = json.loads(capsys.readouterr().out)["results"]["segm"]["slices"]
    assert rain["things"] == {"pq": 0.75, "sq": 0.75, "rq": 1.0, "n": 1}


def test_more_slices_than_fit_are_shown_by_all(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gt = build_gt([(20, 20)] * 30, [{"image_id": own, "mask": square(4)} for own in range(1, 31)])
    Path("many.json").write_text(json.dumps(gt))
    lines = [f"{own},{own % 25}" for own in range(1, 31)]
    Path("many.csv").write_text("\n".join(["image,label", *lines]))
    asked = ("ap", "preds.json", "many.json", "--slice", "many.csv", "-q")
    assert run(*asked) == failures.DONE
    assert "5 more: --all\n" in capsys.readouterr().out
    assert run(*asked, "--all") == failures.DONE
    assert len(rows(capsys.readouterr().out)) == 26


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("slices.sun.ap", ""),
        ("slices.rain.ap", "AP of rain is 0.0 %, --fail-under asks for 60 %\n"),
        ("segm.slices.worst.ap75", "AP75 of rain is 0.0 %, --fail-under asks for 60 %\n"),
        ("AP50", "AP50 is 50.5 %, --fail-under asks for 60 %\n"),
        ("sizes.large.ap", "AP_large is undefined, --fail-under asks for 60 %\n"),
    ],
)
def test_fail_under_judges_the_number_that_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], metric: str, said: str
) -> None:
    words = ("ap", "preds.json", "gt.json", "--slice", "weather", "--fail-under", "0.6", "-q")
    code = failures.ANSWER_IS_NO if said else failures.DONE
    assert run(*words, "--metric", metric) == code
    assert capsys.readouterr().err == said


def test_a_number_that_falls_short_by_less_than_is_shown_has_all_its_digits(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limit = "0.504950495049506"  # AP50 is 51 of 101 recall levels
    words = ("ap", "preds.json", "gt.json", "--metric", "AP50", "--fail-under", limit, "-q")
    assert run(*words) == failures.ANSWER_IS_NO
    told = capsys.readouterr().err
    assert told == "AP50 is 0.5049504950495048, --fail-under asks for 0.504950495049506\n"


def test_a_metric_in_a_file_of_settings_judges_nothing_without_a_limit(folder: Path) -> None:
    Path("segeval.toml").write_text('metric = "slices.sun.ap"\n')
    assert run("ap", "preds.json", "gt.json", "-q") == failures.DONE


def test_a_number_to_judge_needs_a_limit_and_a_slice_needs_slices(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("ap", "preds.json", "gt.json", "--metric", "slices.sun.ap")
    assert run(*words) == failures.UNUSABLE_INPUT
    told = capsys.readouterr().err
    assert told == "error: --metric goes with --fail-under, which is not given.\n"
    assert run(*words, "--fail-under", "0.6") == failures.UNUSABLE_INPUT
    assert "which names a slice, and there are none. --slice says" in capsys.readouterr().err
