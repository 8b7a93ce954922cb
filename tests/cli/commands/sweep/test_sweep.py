"""`segeval sweep max-dets`: tables, files, figures and refusals."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from segeval_cli import failures
from segeval_cli.main import app
from tests.unit.analysis.test_sweep import lvis_scene


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweep")
    preds, gt = lvis_scene(0)
    (folder / "preds.json").write_text(json.dumps(preds))
    (folder / "gt.json").write_text(json.dumps(gt))
    return folder


@pytest.fixture
def in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    return folder


def sweep(*words: str) -> int:
    return failures.run(app, ["sweep", "max-dets", "preds.json", "gt.json", *words])


def test_exchanged_files_are_told_with_the_command_that_was_meant(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sweep", "max-dets", "gt.json", "preds.json", "--at", "2"]
    assert failures.run(app, words) == failures.UNUSABLE_INPUT
    meant = "Swap them: segeval sweep max-dets preds.json gt.json --at ...\n"
    assert capsys.readouterr().err.endswith(meant)


def test_the_table_has_a_row_per_cap(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep("--at", "2,9,40") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Mask AP against max_dets   preds.json vs gt.json   lvis protocol"
    header = "max_dets   AP   AP50   AP75   APr   APc   APf   at cap %   kept"
    assert lines[2].split() == header.split()
    assert [line.split()[0] for line in lines[4:7]] == ["2", "9", "40"]
    assert "predictions per image" in lines[10]
    assert max(map(len, lines)) <= 80


def test_json_is_one_object_with_hashes(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep("--at", "2,9", "--protocol", "lvis-2021", "--json") == failures.DONE
    data = json.loads(capsys.readouterr().out)
    digest = hashlib.sha256((in_folder / "preds.json").read_bytes()).hexdigest()
    assert data["inputs"]["preds"]["sha256"] == digest
    assert data["settings"]["iou"] == ["boundary"]
    assert [point["max_dets"] for point in data["results"]["sweep"]] == [2, 9]


def test_csv_has_every_number(in_folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "sweep.csv"
    assert sweep("--at", "2,9", "-o", str(output), "-q") == failures.DONE
    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["table"], row["max_dets"]) for row in rows] == [
        ("sweep", "2"), ("sweep", "9"), ("predictions_per_image", ""),
    ]  # fmt: skip
    assert float(rows[0]["ap_rare"]) > 0


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg", ".PNG"])
def test_a_figure_is_written_beside_the_table(
    suffix: str, in_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / f"sweep{suffix}"
    assert sweep("--at", "2,9,40", "-o", str(output)) == failures.DONE
    shown = capsys.readouterr()
    assert shown.out.startswith("Mask AP against max_dets")
    assert shown.err.splitlines()[-1] == f"wrote {output}"
    assert output.stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--at", "100,x"), "--at 100,x: 'x' is not a number of predictions"),
        (("--at", "300,100"), "--at 300,100: expected increasing whole numbers of at least 1"),
        (("-o", "sweep.txt"), "the suffix says what to write"),
        (("-o", "preds.json"), "would be lost"),
        (("--protocol", "cityscapes"), "'cityscapes' is not one of"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: tuple[str, ...], message: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (in_folder / "preds.json").read_bytes()
    assert sweep(*words) == failures.UNUSABLE_INPUT
    assert message in capsys.readouterr().err
    assert (in_folder / "preds.json").read_bytes() == before
    assert not (in_folder / "sweep.txt").exists()


def test_caps_may_have_blanks_between(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep("--at", "2, 9", "--json") == failures.DONE
    points = json.loads(capsys.readouterr().out)["results"]["sweep"]
    assert [point["max_dets"] for point in points] == [2, 9]


def test_the_width_of_boundaries_may_be_pixels(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep("--at", "2,9", "--iou", "boundary", "--boundary-px", "3", "--json") == 0
    settings = json.loads(capsys.readouterr().out)["settings"]
    assert (settings["boundary_ratio"], settings["boundary_px"]) == (None, 3)
    assert sweep("--at", "2,9", "--boundary-px", "3") == failures.UNUSABLE_INPUT
    assert "--boundary-px is given, but no boundaries are compared" in capsys.readouterr().err
