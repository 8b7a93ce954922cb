"""Folders that cannot be written to are named before the work begins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from segeval.data.folders import check_new_folder, unwritable
from segeval.errors import InputError
from segeval_cli.output import check_target


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that nobody may write to, not even the superuser."""
    folder = tmp_path / "closed"
    folder.mkdir()
    access = os.access

    def denied(path: Any, mode: int) -> bool:
        return Path(path) != folder and access(path, mode)

    monkeypatch.setattr(os, "access", denied)
    return folder


def test_the_folder_that_exists_decides(closed: Path) -> None:
    assert unwritable(closed / "preds.json") == closed
    assert unwritable(closed / "a" / "b" / "preds.json") == closed
    assert unwritable(closed.parent / "preds.json") is None
    assert unwritable(closed.parent / "new" / "preds.json") is None


def test_the_message_names_it(closed: Path) -> None:
    with pytest.raises(InputError, match=r"p\.json: the folder .*closed cannot be written to\."):
        check_target(closed / "p.json")
    with pytest.raises(InputError, match=r"maps: the folder .*closed cannot be written to\."):
        check_new_folder(closed / "maps")
