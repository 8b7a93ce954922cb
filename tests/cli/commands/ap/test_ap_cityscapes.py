"""`segeval ap --protocol cityscapes`: whole runs on two small images."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval_cli import failures
from segeval_cli.main import app
from tests.cityscapes_files import CAR, ROAD, rectangle, write_frame

SIZE = (40, 40)
MASK = rectangle(SIZE, 2, 2, 20, 20)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A car that is found exactly, and one that is missed."""
    monkeypatch.setenv("COLUMNS", "100")
    labels = np.where(MASK, 1000 * CAR, ROAD)
    write_frame(tmp_path, labels, [(MASK, CAR, 0.9)])
    write_frame(tmp_path, labels, frame="ulm_000001_000019")
    monkeypatch.chdir(tmp_path)
    return "preds", "gt"


def run(*words: str) -> int:
    return failures.run(app, ["ap", *words, "--protocol", "cityscapes"])


def test_a_run_prints_ap_per_class_with_the_average_first(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files) == failures.DONE
    out = capsys.readouterr().out
    assert out.startswith("Mask AP   preds vs gt   cityscapes protocol\n")
    rows = [line.split() for line in out.splitlines()]
    assert ["average", "2", "1", "50.0", "50.0"] in rows
    assert ["car", "2", "1", "50.0", "50.0"] in rows
    assert ["bicycle", "0", "0", "-", "-"] in rows
    assert "2 images, 2 objects, 1 prediction in " in out


def test_lists_of_masks_need_no_protocol_and_a_note_says_which_it_is(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, ["ap", *files]) == failures.DONE
    out = capsys.readouterr().out
    assert out.startswith("Mask AP   preds vs gt   cityscapes protocol\n")
    reason = "preds has Cityscapes' lists of masks, so it is evaluated by --protocol cityscapes"
    assert f"note: {reason}" in " ".join(out.split())
    assert failures.run(app, ["ap", *files, "--per", "size"]) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == (
        f"error: --per does not go with --protocol cityscapes. {reason}.\n"
    )


def test_both_kinds_and_the_coco_protocol_in_one_run(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "--iou", "segm", "--iou", "boundary", "--coco-style", "--json") == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert list(results) == ["segm", "boundary"]
    for numbers in results.values():
        assert (numbers["ap"], numbers["ap50"]) == (0.5, 0.5)
        assert numbers["coco"]["ap"] == pytest.approx(51 / 101, abs=1e-12)
        names = [each["name"] for each in numbers["categories"] if each["ap"] is not None]
        assert names == ["car"]


def test_compat_official_gives_the_same_on_clean_files(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    documents: list[Any] = []
    for options in ([], ["--compat", "official"]):
        assert run(*files, "--json", *options) == failures.DONE
        documents.append(json.loads(capsys.readouterr().out))
    assert documents[0]["results"] == documents[1]["results"]
    assert documents[1]["settings"]["compat"] == "official"


def test_a_csv_file_has_every_row(files: tuple[str, str], tmp_path: Path) -> None:
    target = tmp_path / "ap.csv"
    assert run(*files, "--coco-style", "-o", str(target)) == failures.DONE
    with target.open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["table"], row["name"]) for row in rows[:2]] == [
        ("all", ""),
        ("categories", "person"),
    ]
    assert (rows[0]["kind"], rows[0]["ap"], rows[1]["ap"]) == ("segm", "0.5", "")
    assert [row["table"] for row in rows[9:11]] == ["coco", "coco_categories"]


def test_a_markdown_file_has_the_table(files: tuple[str, str], tmp_path: Path) -> None:
    target = tmp_path / "ap.md"
    assert run(*files, "-o", str(target)) == failures.DONE
    assert "| average | 2 | 1 | 50.0 | 50.0 |" in target.read_text()


@pytest.mark.parametrize(("least", "code"), [("0.5", 0), ("0.6", 1)])
def test_fail_under_looks_at_the_average(files: tuple[str, str], least: str, code: int) -> None:
    assert run(*files, "--fail-under", least) == code
    assert run(*files, "--fail-under", least, "--metric", "AP50") == code


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--iou", "bbox"], "--iou is 'bbox', expected segm or boundary for Cityscapes."),
        (["--compat", "lvis"], "compat is 'lvis', expected official"),
        (["--sizes", "coco"], "--sizes does not go with --protocol cityscapes"),
    ],
)
def test_options_of_other_protocols_end_with_2(
    files: tuple[str, str],
    options: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*files, *options) == failures.UNUSABLE_INPUT
    assert words in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    "option",
    [
        ("--sizes", "coco"), ("--area-from", "mask"), ("--thresholds", "0.5"), ("--max-dets", "9"),
        ("--pool",), ("--agnostic",), ("--honour-ignore",), ("--categories", "car"),
        ("--images", "a"), ("--skip-unknown",), ("--per", "size"), ("--verify",),
        ("--boxes", "a.csv"), ("--labels", "a.csv"), ("--hierarchy", "a.json"),
        ("--group-of-weight", "0"), ("--expand-predictions",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_option_is_left_unheeded(
    files: tuple[str, str], option: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, *option) == failures.UNUSABLE_INPUT
    assert f"{option[0]} does not go with --protocol cityscapes" in capsys.readouterr().err


def test_verbose_tells_versions_and_timings(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "--verbose") == 0
    loaded, evaluated = capsys.readouterr().err.splitlines()[-2:]
    assert " s  loaded segeval " in loaded
    assert evaluated.endswith(" s  read and evaluated")


def test_wrong_files_end_with_2_and_write_nothing(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preds, gt = files
    target = tmp_path / "ap.json"
    assert run(gt, preds, "--json", "-o", str(target)) == failures.UNUSABLE_INPUT
    assert not target.exists()
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["path"]) == ("swapped", gt)


def test_both_protocols_have_a_column_of_intervals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    for image in range(12):
        labels = np.where(MASK, 1000 * CAR, ROAD)
        found = [(MASK, CAR, 0.5 + image / 100)] * (image % 3 > 0)
        write_frame(tmp_path, labels, found, frame=f"ulm_{image:06}_000019")
    words = ("preds", "gt", "--coco-style", "--ci", "--resamples", "30")
    assert run(*words, "--json") == failures.DONE
    own = json.loads(capsys.readouterr().out)["results"]["segm"]
    assert run(*words) == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    for title, numbers in (("AP", own), ("COCO AP", own["coco"])):
        [at] = [
            n for n, line in enumerate(lines) if line.split()[3:5] == [*title.split(), "95"][:2]
        ]
        low, high = numbers["intervals"]["ap"]
        assert f"{100 * low:.1f} .. {100 * high:.1f}" in lines[at + 2]
        car = next(each for each in numbers["categories"] if each["name"] == "car")
        row = next(line for line in lines[at:] if line.split()[:1] == ["car"])
        low, high = car["intervals"]["ap"]
        assert f"{100 * low:.1f} .. {100 * high:.1f}" in row
