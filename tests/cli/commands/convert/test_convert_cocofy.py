"""`segeval convert cocofy`: what it writes, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segeval_cli import failures
from segeval_cli.main import app
from tests.unit.data.coco.test_cocofy import SYNSETS, lvis


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "lvis.json").write_text(json.dumps(lvis()))
    (tmp_path / "map.json").write_text(json.dumps(SYNSETS))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def cocofy(*words: str) -> int:
    return failures.run(app, ["convert", "cocofy", *words])


def test_it_writes_the_file_and_says_what_is_not_in_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cocofy("lvis.json", "--map", "map.json", "-o", "out.json") == failures.DONE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-4:] == [
        "note: 1 of 4 annotations left out: of categories that COCO does not have",
        "note: 1 category of COCO is not in lvis.json, and cannot be evaluated: hot dog",
        "note: 1 category of COCO is left out: no image is annotated or verified for it: bear",
        "wrote out.json: 3 annotations of 3 categories in 2 images",
    ]
    assert len(json.loads((folder / "out.json").read_text())["annotations"]) == 3


def test_quiet_says_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cocofy("lvis.json", "--map", "map.json", "-o", "out.json", "-q") == failures.DONE
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")


def test_a_wrong_map_stops_it_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cocofy("lvis.json", "--map", "lvis.json", "-o", "out.json")
    assert code == failures.UNUSABLE_INPUT
    assert "coco_to_synset.json" in capsys.readouterr().err
    assert not (folder / "out.json").exists()


def test_an_input_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cocofy("lvis.json", "--map", "map.json", "-o", "map.json")
    assert code == failures.UNUSABLE_INPUT
    assert "would be lost" in capsys.readouterr().err
