"""Folders of runs: which ones are taken, and what is left in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.errors import InputError
from segeval.models.config import Config
from segeval.models.training.run_folder import RunFolder, check_folder


def test_a_run_needs_a_folder_of_its_own(tmp_path: Path) -> None:
    check_folder(tmp_path / "new", resume=False)
    check_folder(tmp_path, resume=False)
    (tmp_path / "a.txt").touch()
    with pytest.raises(InputError, match=r"is not empty \(it has a\.txt\)"):
        check_folder(tmp_path, resume=False)
    with pytest.raises(InputError, match=r"a\.txt: is a file, expected a folder"):
        check_folder(tmp_path / "a.txt", resume=False)


def test_a_run_that_kept_no_weights_does_not_block_its_folder(tmp_path: Path) -> None:
    for name in ("log.jsonl", "config.toml", "curves.png"):
        (tmp_path / name).touch()
    check_folder(tmp_path, resume=False)
    (tmp_path / "best.safetensors").touch()
    with pytest.raises(InputError, match=r"is not empty"):
        check_folder(tmp_path, resume=False)


def test_a_run_that_is_forgotten_leaves_what_was_there_before(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "a", resume=False)
    folder.open(Config(), 0)
    assert sorted(each.name for each in folder.path.iterdir()) == ["config.toml", "log.jsonl"]
    (tmp_path / "runs" / "other").touch()
    folder.forget()
    assert [each.name for each in (tmp_path / "runs").iterdir()] == ["other"]


def test_only_the_first_process_writes(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a", resume=True, writes=False)  # there is nothing to resume
    folder.open(Config(), 0)
    folder.forget()
    folder.close()
    assert list(tmp_path.iterdir()) == []
