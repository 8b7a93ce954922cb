"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest

from segeval.data import whole_files
from segeval.data.whole_files import whole_file, whole_folder
from segeval.errors import InputError

posix = pytest.mark.skipif(os.name != "posix", reason="needs permissions and links of Unix")


@pytest.fixture(params=["unnamed", "hidden"])
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With files that have no name until the end, and on systems that lack those."""
    if request.param == "hidden":
        monkeypatch.setattr(whole_files, "_unnamed_file", lambda folder: None)


def write(path: Path, text: str = "new") -> None:
    with whole_file(path) as file:
        file.write(text.encode())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.usefixtures("_both_ways")
def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with whole_file(path) as file:
        file.write(b"half")
        assert not path.exists()
        file.write(b" and half")
    assert path.read_text() == "half and half"
    assert names(tmp_path) == ["a.json"]


@pytest.mark.usefixtures("_both_ways")
def test_an_error_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("older")
    with suppress(KeyError), whole_file(path) as file:
        file.write(b"half")
        raise KeyError
    assert path.read_text() == "older"
    assert names(tmp_path) == ["a.json"]


@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize("length", [217, 255])
@pytest.mark.parametrize("suffix", [".json", ".json.gz"])
def test_the_longest_names_can_be_written(tmp_path: Path, length: int, suffix: str) -> None:
    path = tmp_path / ("p" * (length - len(suffix)) + suffix)
    write(path)
    assert names(tmp_path) == [path.name]


@posix
@pytest.mark.usefixtures("_both_ways")
def test_permissions_of_an_older_file_stay_and_a_new_one_gets_the_usual_ones(
    tmp_path: Path,
) -> None:
    private, new, usual = tmp_path / "private", tmp_path / "new", tmp_path / "usual"
    private.touch(0o600)
    usual.touch()
    write(private)
    write(new)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert new.stat().st_mode == usual.stat().st_mode
    private.chmod(0o444)
    write(private, "again")
    assert (private.read_text(), stat.S_IMODE(private.stat().st_mode)) == ("again", 0o444)


@posix
@pytest.mark.usefixtures("_both_ways")
def test_a_symbolic_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    link = tmp_path / "latest.json"
    link.symlink_to("results/a.json")
    for text in ("one", "two"):
        write(link, text)
        assert link.is_symlink()
        assert (tmp_path / "results" / "a.json").read_text() == text
    assert names(tmp_path / "results") == ["a.json"]


@posix
def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "null"
    os.mkfifo(pipe)
    link.symlink_to(os.devnull)
    for path in (pipe, link):
        with pytest.raises(InputError, match="is not a regular file"):
            write(path)
    with pytest.raises(InputError, match="is a folder"):
        write(tmp_path)


@pytest.mark.usefixtures("_both_ways")
def test_a_full_disk_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as caught, whole_file(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "a")
    assert names(tmp_path) == []


def test_no_error_names_a_hidden_file(tmp_path: Path) -> None:
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for place, path in enumerate(paths):
        with (
            pytest.raises(OSError, match="denied") as caught,
            whole_files.whole_files(paths) as made,
        ):
            raise OSError(errno.EACCES, "denied", str(made[place]))
        assert caught.value.filename == str(path)
    with pytest.raises(OSError, match="full") as caught, whole_files.whole_files(paths):
        raise OSError(errno.ENOSPC, "full")
    assert caught.value.filename == str(tmp_path)


def test_other_errors_in_the_block_keep_their_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, whole_file(tmp_path / "a"):
        (tmp_path / "b").read_bytes()
    assert caught.value.filename == str(tmp_path / "b")


@posix
@pytest.mark.parametrize("way", ["whole_file", "whole_files"])
def test_what_a_killed_process_left_of_a_file_is_removed_by_the_next(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = f"""
import os, signal
from pathlib import Path
from segeval.data import whole_files
path = Path({str(tmp_path / "a")!r})
with whole_files.{way}(path if {way!r} == "whole_file" else [path]) as made:
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -9
    left = names(tmp_path)
    assert left == [] or all(name.startswith(".segeval-") for name in left)
    monkeypatch.setattr(whole_files, "BEGINNING", -1.0)
    with whole_files.whole_files([tmp_path / "b"]) as (one,):
        assert [path.name for path in tmp_path.iterdir()] == [one.name]
        with whole_files.whole_files([tmp_path / "c"]):
            assert one.exists()  # in use
    assert names(tmp_path) == ["b", "c"]


def test_files_of_one_block_appear_together_or_not_at_all(tmp_path: Path) -> None:
    paths = [tmp_path / "gt.json", tmp_path / "preds.json.gz"]
    paths[1].write_text("older")

    def write_both(*, fail: bool) -> None:
        with whole_files.whole_files(paths) as beside:
            assert [path.suffixes[-1] for path in beside] == [".json", ".gz"]
            for path in beside:
                path.write_text("new")
            if fail:
                raise KeyError

    with pytest.raises(KeyError):
        write_both(fail=True)
    assert [path.name for path in tmp_path.iterdir()] == ["preds.json.gz"]
    assert paths[1].read_text() == "older"
    write_both(fail=False)
    assert sorted(tmp_path.iterdir()) == paths
    assert [path.read_text() for path in paths] == ["new", "new"]


def test_a_missing_folder_of_one_of_several_files_is_named_first(tmp_path: Path) -> None:
    paths = [tmp_path / "gt.json", tmp_path / "nowhere" / "preds.json"]
    with (
        pytest.raises(InputError, match=r"preds.json: there is no folder .*nowhere"),
        whole_files.whole_files(paths),
    ):
        pass  # pragma: no cover


@pytest.mark.parametrize("exists", [False, True])
def test_a_folder_appears_when_it_is_complete(tmp_path: Path, exists: bool) -> None:
    target = tmp_path / "maps"
    if exists:
        target.mkdir()
    with whole_folder(target) as folder:
        (folder / "a").touch()
        assert not (target / "a").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["maps", "a"]


def test_nothing_is_left_of_a_folder_that_was_not_finished(tmp_path: Path) -> None:
    with suppress(KeyError), whole_folder(tmp_path / "maps") as folder:
        (folder / "a").touch()
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / f".segeval-{'0' * 16}"
    other = tmp_path / ".others"
    for folder in (left, other):
        folder.mkdir()
        (folder / "a.png").touch()
    with whole_folder(tmp_path / "maps"):
        assert left.exists()  # it may just have been made
    monkeypatch.setattr(whole_files, "BEGINNING", -1.0)
    (tmp_path / "maps").rmdir()
    with whole_folder(tmp_path / "maps") as one, whole_folder(tmp_path / "maps"):
        assert one.exists()  # in use
    assert sorted(path.name for path in tmp_path.iterdir()) == [other.name, "maps"]


def test_files_that_are_there_are_not_lost(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "old").touch()
    with pytest.raises(InputError, match="maps: is not empty"):
        whole_folder(tmp_path / "maps").__enter__()
    with pytest.raises(InputError, match="old: is a file, expected a folder"):
        whole_folder(tmp_path / "maps" / "old").__enter__()
    with pytest.raises(InputError, match="there is no folder"):
        whole_folder(tmp_path / "a" / "b").__enter__()


def test_a_folder_that_may_be_replaced_keeps_its_other_files(tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    (maps / "city").mkdir(parents=True)
    for name in ("city/a.png", "city/b.png"):
        (maps / name).write_text("old")
    with whole_folder(maps, replaces=True) as folder:
        (folder / "city").mkdir()
        (folder / "city" / "a.png").write_text("new")
    assert (maps / "city" / "a.png").read_text() == "new"
    assert (maps / "city" / "b.png").read_text() == "old"
    assert names(tmp_path) == ["maps"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that takes no file")
@pytest.mark.parametrize("writing", [whole_file, lambda path: whole_files.whole_files([path])])
def test_a_folder_that_takes_no_file_is_told_by_the_name_of_the_file(
    writing: Callable[[Path], AbstractContextManager[object]],
) -> None:
    path = Path("/proc/result.json")
    with pytest.raises(FileNotFoundError) as problem, writing(path):
        pass
    assert problem.value.filename == str(path)
