"""The digests of input files, taken while a command works."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from segeval.data import files
from segeval_cli.digests import Digests


def test_digests_are_those_of_the_bytes_on_disk(tmp_path: Path) -> None:
    large, empty = tmp_path / "large.json", tmp_path / "empty.json"
    large.write_bytes(b"0123456789" * 1_000_000)  # more than one block
    empty.write_bytes(b"")
    found = Digests({"preds": str(large), "gt": str(empty)}).found()
    assert found == {
        "preds": hashlib.sha256(large.read_bytes()).hexdigest(),
        "gt": hashlib.sha256(b"").hexdigest(),
    }


def test_folders_and_missing_files_have_no_digest(tmp_path: Path) -> None:
    paths = {"preds": str(tmp_path), "gt": str(tmp_path / "missing.json"), "other": "-"}
    assert Digests(paths).found() == {"preds": None, "gt": None, "other": None}


def test_a_file_that_cannot_be_read_is_told_where_the_digest_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: str) -> str:
        raise PermissionError(path)

    monkeypatch.setattr(files, "sha256", refused)
    path = tmp_path / "preds.json"
    path.write_bytes(b"[]")
    digests = Digests({"preds": str(path)})
    with pytest.raises(PermissionError, match=r"preds\.json"):
        digests.found()
