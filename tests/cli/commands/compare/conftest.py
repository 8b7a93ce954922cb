"""A folder with predictions of two models and their ground truth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.analysis.comparison.scenes import rooms, some_rooms


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    for name, value in zip(("a.json", "b.json", "gt.json"), rooms(), strict=True):
        (folder / name).write_text(json.dumps(value))
    (folder / "some_gt.json").write_text(json.dumps(some_rooms(9)[2]))
    return folder


@pytest.fixture
def in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    return folder
