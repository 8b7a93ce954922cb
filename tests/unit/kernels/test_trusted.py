"""Folders are walked from the root, and nothing on the way may be another user's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from segeval.kernels import trusted

pytestmark = pytest.mark.skipif(not trusted.CAN_CHECK, reason="the system names no owners")

OTHER = 54321
"""A user who is neither root nor this one."""


def opens(path: Path, **options: Any) -> bool:
    """Whether a folder is trusted; checks that nothing stays open."""
    before = len(list(Path("/dev/fd").iterdir()))
    try:
        with trusted.opened(path, **options) as folder:
            assert os.path.samestat(os.fstat(folder), path.stat())
            return True
    except trusted.UntrustedError:
        return False
    finally:
        assert len(list(Path("/dev/fd").iterdir())) == before


@pytest.fixture
def of_another_user(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Numbers of files that seem to belong to another user; to be added to."""
    files: set[int] = set()

    def disguised(about: os.stat_result) -> os.stat_result:
        if about.st_ino not in files:
            return about
        return os.stat_result((*about[:4], OTHER, *about[5:]))

    stat, fstat = os.stat, os.fstat
    monkeypatch.setattr(os, "stat", lambda *a, **k: disguised(stat(*a, **k)))
    monkeypatch.setattr(os, "fstat", lambda *a, **k: disguised(fstat(*a, **k)))
    return files


def test_own_folders_in_a_sticky_one_are_trusted(tmp_path: Path) -> None:
    inner = tmp_path / "sticky" / "mine"
    inner.mkdir(parents=True)
    (tmp_path / "sticky").chmod(0o1777)
    assert opens(inner)
    assert not opens(tmp_path / "sticky")
    (tmp_path / "sticky").chmod(0o777)
    assert not opens(inner)


@pytest.mark.parametrize("at", ["outer", "outer/inner"])
def test_no_folder_on_the_way_may_be_another_users(
    at: str, tmp_path: Path, of_another_user: set[int]
) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    assert opens(inner)
    of_another_user.add((tmp_path / at).stat().st_ino)
    assert not opens(inner)
    assert not opens(inner / "new", make=True)
    assert not (inner / "new").exists()


def test_a_link_counts_like_a_folder(tmp_path: Path, of_another_user: set[int]) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    (real / "inner").mkdir(parents=True)
    link.symlink_to("../" + tmp_path.name + "/real")
    assert opens(link / "inner")
    assert opens(link)
    of_another_user.add(link.lstat().st_ino)
    assert not opens(link / "inner")


def test_what_a_link_leads_to_is_looked_at(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    (shared / "inner").mkdir(parents=True)
    shared.chmod(0o777)
    (tmp_path / "link").symlink_to(shared / "inner")
    assert not opens(tmp_path / "link")
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("link")
    assert not opens(tmp_path / "link")


def test_a_file_of_another_user_is_not_read(tmp_path: Path, of_another_user: set[int]) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    with trusted.opened(tmp_path) as folder:
        assert trusted.read(folder, "file")[0] == b"x"
        of_another_user.add(path.stat().st_ino)
        with pytest.raises(trusted.UntrustedError, match=r"^'file' belongs to another user$"):
            trusted.read(folder, "file")


@pytest.mark.parametrize(
    ("name", "members", "uid", "is_trusted"),
    [
        ("ann", [], OTHER, True),
        ("ann", ["ann"], OTHER, True),
        ("ann", ["bob"], OTHER, False),
        ("staff", [], OTHER, False),
        ("ann", [], 0, False),
    ],
)
def test_the_group_of_one_user_alone_may_write(
    name: str, members: list[str], uid: int, is_trusted: bool,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import grp
    import pwd

    place = tmp_path / "place"
    place.mkdir()
    place.chmod(0o770)
    gid = place.stat().st_gid
    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd(("ann", "", uid, gid, *"abc")))
    monkeypatch.setattr(grp, "getgrgid", lambda _: grp.struct_group((name, "", gid, members)))
    assert opens(place) is is_trusted
