"""Machine code on the disk is found again, kept while it is used, and removed afterwards."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segeval.kernels import store
from segeval.kernels.image import Image

IMAGE = store.Compiled(
    "symbol",
    (None, "i8", ("<f8", 1, "C", True)),
    Image(b"\x90\n\x00" * 9, 3, [0, 8], {"NRT_MemInfo_call_dtor": [16]}),
)
OBJECT = store.Compiled("symbol", None, b"\x7fELF\n\n")
DAY = 24 * 3600


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to keep machine code in."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    store._tidied.clear()
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


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"NUMBA_CACHE_DIR": "/a"}, "/a"),
        ({"NUMBA_CACHE_DIR": ".", "XDG_CACHE_HOME": "/b"}, "/b/segeval"),
        ({"XDG_CACHE_HOME": "", "HOME": "/c"}, "/c/.cache/segeval"),
        ({"XDG_CACHE_HOME": "..", "HOME": "/c"}, "/c/.cache/segeval"),
    ],
)
def test_the_folder_never_depends_on_the_working_directory(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert store.folder() == Path(expected)


def test_a_relative_home_is_no_place_to_keep_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "home")
    assert not store.keep("name", OBJECT)
    assert store.find("name") is None
    told = store.obstacle()
    assert told is not None
    assert told.endswith("home/.cache/segeval is not an absolute path")


def test_what_is_kept_is_for_this_user_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "some" / "folder"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(place))
    before = os.umask(0)
    try:
        assert store.keep("name", OBJECT)
    finally:
        os.umask(before)
    paths = (tmp_path / "some", place, place / "name.kernel")
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o700, 0o700, 0o600]


def test_a_file_that_others_may_write_counts_as_missing(folder: Path) -> None:
    store.keep("name", OBJECT)
    path = folder / "name.kernel"
    for rights, found in ((0o666, None), (0o620, None), (0o644, OBJECT)):
        path.chmod(rights)
        assert store.find("name") == found


def test_a_folder_that_others_may_write_to_is_not_used(folder: Path) -> None:
    store.keep("name", OBJECT)
    for rights in (0o777, 0o1777, 0o770):
        folder.chmod(rights)
        assert store.find("name") is None
        assert not store.keep("other", OBJECT)
        assert store.obstacle() == (
            f"the folder {folder} is not used: others may write to {folder.name!r}"
        )
    folder.chmod(0o700)
    assert store.obstacle() is None
    assert [path.name for path in folder.iterdir()] == ["name.kernel"]


def test_the_kernel_of_another_name_is_not_taken(folder: Path) -> None:
    store.keep("name", OBJECT)
    (folder / "name.kernel").rename(folder / "other.kernel")
    assert store.find("other") is None


def flip_each_bit(path: Path) -> None:
    sound = path.read_bytes()
    for bit in range(8 * len(sound)):
        changed = bytearray(sound)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        assert store.find("name") is None


def truncate_everywhere(path: Path) -> None:
    sound = path.read_bytes()
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        assert store.find("name") is None


def test_damaged_files_count_as_missing(folder: Path) -> None:
    store.keep("name", IMAGE)
    path = folder / "name.kernel"
    sound = path.read_bytes()
    flip_each_bit(path)
    truncate_everywhere(path)
    path.write_bytes(sound)
    assert store.find("name") == IMAGE


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_link(path: Path) -> None:
    kept = path.with_name("kept")
    kept.write_bytes(store.to_bytes("name", OBJECT))
    path.symlink_to(kept)


def make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize("make", [make_pipe, make_link, make_huge])
def test_odd_files_count_as_missing_and_are_replaced(
    make: Callable[[Path], None], folder: Path
) -> None:
    make(folder / "name.kernel")
    assert store.find("name") is None
    assert store.keep("name", IMAGE)
    assert store.find("name") == IMAGE


def test_a_folder_in_the_place_of_a_file_is_no_error(folder: Path) -> None:
    (folder / "name.kernel").mkdir()
    assert store.find("name") is None
    assert not store.keep("name", OBJECT)
    assert [path.name for path in folder.iterdir()] == ["name.kernel"]


def test_what_nobody_has_used_for_a_month_is_removed(folder: Path) -> None:
    for name, days in (("old", 31), ("half", 29), ("left.0123abc", 31)):
        store.keep(name, OBJECT)
        age(folder / f"{name}.kernel", days)
    (folder / "other.pyc").touch()
    age(folder / "other.pyc", 99)
    store._tidied.clear()
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
    store._tidied.clear()
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
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    store.keep("old", OBJECT)
    age(folder / "old.kernel", 31)
    store._tidied.clear()
    monkeypatch.setattr(os, "unlink", refuse)
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


def description(**changes: Any) -> dict[str, Any]:
    """A sound description of a kernel of 16 bytes, with changes."""
    image = {"content": None, "entry": 0, "own": [8], "foreign": {"memset": [0]}, **changes}
    return {"name": "odd", "symbol": "s", "returns": None, "image": image}


@pytest.mark.parametrize(
    ("about", "is_sound"),
    [
        (description(), True),
        ([], False),
        (3, False),
        ({"name": "odd", "symbol": "s"}, False),
        ({"name": "odd", "symbol": "s", "returns": None, "image": 5}, False),
        (description(entry=16), False),
        (description(own=[9]), False),
        (description(own=[-1]), False),
        (description(own="x"), False),
        (description(foreign={"memset": [9]}), False),
        (description(foreign={"system": [0]}), False),
    ],
)
def test_a_file_with_a_right_checksum_and_other_content_counts_as_missing(
    about: Any, is_sound: bool, folder: Path
) -> None:
    body = json.dumps(about).encode() + b"\n" + bytes(16)
    path = folder / "odd.kernel"
    path.write_bytes(store._checksum(body) + b"\n" + body)
    assert (store.find("odd") is not None) is is_sound


def test_a_deep_description_counts_as_missing(folder: Path) -> None:
    body = b"[" * 100_000 + b"\n"
    (folder / "deep.kernel").write_bytes(store._checksum(body) + b"\n" + body)
    assert store.find("deep") is None
