"""Machine code on the disk is found again, kept while it is used, and removed afterwards."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from segeval.kernels import store
from segeval.kernels.image import Image

IMAGE = store.Compiled(
    "symbol",
    (None, "i8", ("<f8", 1, "C", True)),
    Image(b"\x90\n\x00" * 9, 3, [0, 8], {"NRT_decref": [16]}),
)
OBJECT = store.Compiled("symbol", None, b"\x7fELF\n\n")
DAY = 24 * 3600


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to keep machine code in."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    store._remove_unused.cache_clear()
    return tmp_path


def age(path: Path, days: float) -> None:
    then = time.time() - days * DAY
    os.utime(path, (then, then))


@pytest.mark.parametrize("compiled", [IMAGE, OBJECT])
def test_what_is_kept_is_found(folder: Path, compiled: store.Compiled) -> None:
    assert store.find("name") is None
    store.keep("name", compiled)
    assert store.find("name") == compiled
    assert store.find("other") is None


def test_a_second_folder_is_used_where_the_first_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    folders = [tmp_path / "file" / "folder", tmp_path / "home"]
    monkeypatch.setattr(store, "folders", lambda: folders)
    store.keep("name", OBJECT)
    assert [path.name for path in folders[1].iterdir()] == ["name.kernel"]
    assert store.find("name") == OBJECT


def test_what_nobody_has_used_for_a_month_is_removed(folder: Path) -> None:
    for name, days in (("old", 31), ("half", 29), ("left.0123abc", 31)):
        store.keep(name, OBJECT)
        age(folder / f"{name}.kernel", days)
    (folder / "other.pyc").touch()
    age(folder / "other.pyc", 99)
    store._remove_unused.cache_clear()
    store.keep("new", OBJECT)
    assert sorted(path.name for path in folder.iterdir()) == [
        "half.kernel",
        "new.kernel",
        "other.pyc",
    ]


def test_using_a_kernel_keeps_it(folder: Path) -> None:
    store.keep("name", OBJECT)
    age(folder / "name.kernel", 31)
    assert store.find("name") == OBJECT
    store._remove_unused.cache_clear()
    store.keep("new", OBJECT)
    assert store.find("name") == OBJECT


def test_a_kernel_is_marked_as_used_once_a_day(folder: Path) -> None:
    store.keep("name", OBJECT)
    path = folder / "name.kernel"
    for days, is_marked in ((0.9, False), (1.1, True)):
        age(path, days)
        before = path.stat().st_mtime_ns
        store.find("name")
        assert (path.stat().st_mtime_ns > before) is is_marked


def test_files_that_cannot_be_removed_are_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    store.keep("old", OBJECT)
    age(folder / "old.kernel", 31)
    store._remove_unused.cache_clear()
    monkeypatch.setattr(Path, "unlink", refuse)
    store.keep("new", OBJECT)
    monkeypatch.setattr(os, "utime", refuse)
    assert store.find("old") == OBJECT


def test_settings_of_numba_have_machine_code_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    store.circumstances.cache_clear()
    before = store.circumstances()
    for name, matters in (("NUMBA_NUM_THREADS", False), ("NUMBA_OPT", True)):
        monkeypatch.setenv(name, "1")
        store.circumstances.cache_clear()
        assert (store.circumstances() != before) is matters
    store.circumstances.cache_clear()


def test_the_processor_is_told_by_what_it_can_do() -> None:
    said = store._processor()
    assert "MHz" not in said
    assert len(said) > 2


@pytest.mark.parametrize(
    "about", [[], 3, {"symbol": "s"}, {"symbol": "s", "returns": None, "image": 5}]
)
def test_a_file_with_a_right_checksum_and_other_content_counts_as_missing(
    about: Any, tmp_path: Path
) -> None:
    body = json.dumps(about).encode() + b"\n"
    path = tmp_path / "odd.kernel"
    path.write_bytes(store._checksum(body) + b"\n" + body)
    assert store._read(path) is None
