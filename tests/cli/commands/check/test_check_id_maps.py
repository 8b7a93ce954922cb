"""`segeval check --protocol id-maps`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from segeval_cli import failures
from segeval_cli.main import app


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two folders of a map each, in one of which an object is in two pieces."""
    ids = np.array([[7, 7, 0, 3], [0, 0, 0, 3]])
    for name, own in (("preds", np.where(ids == 3, 7, ids)), ("gt", ids)):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "a.npy", own)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def check(*words: str) -> int:
    return failures.run(app, ["check", *words])


def test_the_report_has_a_line_for_each_side_and_what_was_found(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("preds", "gt", "--protocol", "id-maps") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "preds   1 object    1 image   1 category   id maps",
        "gt      2 objects   1 image   1 category   id maps",
    ]
    assert lines[3].split()[:7] == ["warn", "pieces", "1", "object", "is", "in", "several"]
    assert lines[-3:] == [
        " ok      files, id maps, empty maps, foreground",
        "",
        "0 errors, 1 warning",
    ]
    assert check("gt", "--protocol", "id-maps", "--strict", "--json") == failures.DONE
    assert json.loads(capsys.readouterr().out)["preds"]["count"] == 2


@pytest.mark.parametrize("others", [["--classes", "3"], ["--agnostic"], ["--ensemble"]])
def test_options_for_other_files_are_refused(
    others: list[str], in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("preds", "gt", "--protocol", "id-maps", *others) == failures.UNUSABLE_INPUT
    assert (
        "--protocol id-maps takes one folder or file, or two, and no option"
        in capsys.readouterr().err
    )


def test_folders_without_classes_are_told_of_the_protocol(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("preds", "gt") == failures.UNUSABLE_INPUT
    assert "segeval check --protocol id-maps" in capsys.readouterr().err
