"""Files and folders that appear whole or not at all, whatever ends the process.

Where the system allows, a file has no name while it grows. Elsewhere, and where another package
writes it by its path, it has a hidden name beside its place, under a lock: what a killed process
leaves has no lock any more, and the next process that writes beside it removes it.
"""

from __future__ import annotations

import errno
import gzip
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from segeval.data.folders import check_new_folder
from segeval.errors import InputError

BESIDE = ".segeval-"
"""Beginning of hidden names; they are short, so that the names of finished files can be long."""

PARTS = ".parts-"
"""Beginning of the hidden names of folders that hold what a file is made from."""

LONGEST_SUFFIX = 16
"""Characters of a suffix that the hidden name keeps."""

BEGINNING = 60.0
"""Seconds before something hidden may be taken for that of a killed process."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Reasons why no more can be written, of which the system does not say where."""

FILES_OF_PROCESS = Path("/proc/self/fd")
"""Where Linux names the open files of a process."""


@contextmanager
def whole_files(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Paths to write to, whose files get their names once the block ends without an error.

    An older file is replaced and gives its permissions to the new one; what a symbolic link points
    to is replaced, not the link.

    Args:
        paths: paths of the finished files.

    Returns:
        A context that gives a path of an empty file for each, in the same folder and with the same
        suffix.

    Raises:
        InputError: if a folder does not exist, or a path is no file.
    """
    targets = [_target(path) for path in paths]
    where = paths[0] if len(paths) == 1 else next((path.parent for path in paths), Path())
    hidden: dict[Path, Path] = {}
    with named_where(where, hidden), ExitStack() as stack:
        beside = [stack.enter_context(_hidden_file(target)) for target in targets]
        hidden.update(zip(beside, paths, strict=True))
        modes = [_mode(each) for each in beside]
        yield beside
        for written, target, mode in zip(beside, targets, modes, strict=True):
            _finish(written, target, mode)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which gets its name once the block ends without an error.

    It may take hours to grow.

    Args:
        path: path of the finished file, as in `whole_files`; with `.gz` it is compressed, without
            a time stamp.

    Raises:
        InputError: if the folder does not exist, or the path is no file.
    """
    target = _target(path)
    unnamed = _unnamed_file(target.parent)
    if unnamed is None:
        with whole_files([path]) as (beside,), beside.open("r+b") as plain:
            yield from _written(plain, packed=path.suffix == ".gz")
        return
    with named_where(path), unnamed:
        mode = stat.S_IMODE(os.fstat(unnamed.fileno()).st_mode)
        if target.exists():  # nobody else may read it on its way
            os.fchmod(unnamed.fileno(), _mode(target))
        yield from _written(unnamed, packed=path.suffix == ".gz")
        unnamed.flush()
        with _hidden_name(target) as beside:
            _give_name(unnamed, beside)
            _finish(beside, target, mode)


@contextmanager
def whole_folder(folder: Path, *, replaces: bool = False) -> Iterator[Path]:
    """A folder to write to, which gets its name once the block ends without an error.

    Until then it is a hidden folder beside it.

    Args:
        folder: a new or empty folder.
        replaces: whether the folder may hold files; those of the same names are replaced.

    Returns:
        A context that gives the folder to write to.

    Raises:
        InputError: if the folder has files, is a file, or its parent does not exist.
    """
    check_new_folder(folder, replaces=replaces)
    target = Path(os.path.realpath(folder))
    _remove_abandoned(target.parent)
    beside = _name_beside(target)
    beside.mkdir()
    mark = _marked(beside)
    try:
        with named_where(folder):
            yield beside
            if target.exists() and replaces:
                _move_into(beside, target)
            else:
                if target.exists():
                    target.rmdir()
                beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        _unmark(mark)


@contextmanager
def folder_beside(path: Path) -> Iterator[Path]:
    """An empty folder beside a file that will be written, which is gone at the end.

    Raises:
        InputError: if the folder of the file does not exist, or the path is no file.
    """
    with tempfile.TemporaryDirectory(prefix=PARTS, dir=_target(path).parent) as folder:
        yield Path(folder)


def _target(path: Path) -> Path:
    """Where the finished file goes: past symbolic links, into an existing folder."""
    target = Path(os.path.realpath(path))
    problem, code = "", "output"
    if not target.parent.is_dir():
        problem, code = f"there is no folder {path.parent}. Create it first", "no-folder"
    elif target.is_dir():
        problem = "is a folder, expected a file to write"
    elif target.exists() and not target.is_file():
        problem = "is not a regular file, expected a file to write"
    if problem:
        raise InputError(f"{path}: {problem}.", code=code, path=str(path))
    return target


@contextmanager
def named_where(path: Path, hidden: Mapping[Path, Path] | None = None) -> Iterator[None]:
    """A context whose errors of writing name the file as the user knows it.

    Args:
        path: what is written, for errors that name no file.
        hidden: the path of the finished file for each hidden one.
    """
    try:
        yield
    except OSError as problem:
        found: Path | None = None
        if problem.filename is None and problem.errno in NO_ROOM:
            found = path
        elif problem.filename is not None:
            named = Path(os.fsdecode(problem.filename))
            found = path if named.name.startswith(BESIDE) else None
            found = (hidden or {}).get(named, found)
        if found is None:
            raise
        raise OSError(problem.errno, problem.strerror, str(found)) from problem


def _written(plain: BinaryIO, *, packed: bool) -> Iterator[BinaryIO]:
    """The file to write to, compressed or not."""
    if not packed:
        yield plain
        return
    with gzip.GzipFile("", "wb", compresslevel=6, fileobj=plain, mtime=0) as file:
        yield file  # type: ignore[misc]  # a GzipFile is binary, if not a BinaryIO


def _name_beside(target: Path) -> Path:
    """A new hidden name in the folder of a file, with the file's suffix."""
    kept = "".join(target.suffixes[-2:] if target.suffix == ".gz" else target.suffixes[-1:])
    kept = kept if len(kept) <= LONGEST_SUFFIX else ""
    return target.with_name(f"{BESIDE}{secrets.token_hex(8)}{kept}")


@contextmanager
def _hidden_name(target: Path) -> Iterator[Path]:
    """A hidden name beside a file; what has it at the end is removed."""
    beside = _name_beside(target)
    try:
        yield beside
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _hidden_file(target: Path) -> Iterator[Path]:
    """An empty file with a hidden name, marked as in use."""
    _remove_abandoned(target.parent)
    with _hidden_name(target) as beside:
        with beside.open("xb") as file:
            if target.exists() and hasattr(os, "fchmod"):  # nobody else may read it on its way
                os.fchmod(file.fileno(), _mode(target) | stat.S_IRUSR | stat.S_IWUSR)
        mark = _marked(beside)
        try:
            yield beside
        finally:
            _unmark(mark)


def _finish(written: Path, target: Path, mode: int) -> None:
    """Give a written file its permissions, if possible those of an older one, and its place."""
    written.chmod(_mode(target) if target.exists() else mode)
    written.replace(target)


def _mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def _unnamed_file(folder: Path) -> BinaryIO | None:
    """A nameless file in a folder; None where the system has no such files."""
    if not hasattr(os, "O_TMPFILE") or not FILES_OF_PROCESS.is_dir():
        return None
    try:
        return os.fdopen(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666), "w+b")
    except OSError:  # not on this file system, or not in this folder: a named one will tell
        return None


def _give_name(file: BinaryIO, path: Path) -> None:
    """Give a nameless file its name, or if that fails, copy its content."""
    try:
        # src_dir_fd is not used, but makes Python follow the link to the file
        os.link(FILES_OF_PROCESS / str(file.fileno()), path, src_dir_fd=0, follow_symlinks=True)
    except OSError:
        file.seek(0)
        with path.open("xb") as copy:
            shutil.copyfileobj(file, copy)


def _move_into(folder: Path, target: Path) -> None:
    """Move the files of a folder into another one."""
    for here, _, names in os.walk(folder):
        there = target / Path(here).relative_to(folder)
        there.mkdir(exist_ok=True)
        for name in names:
            Path(here, name).replace(there / name)


def _marked(path: Path) -> int | None:
    """Mark a file or folder as in use until this process ends; None if that cannot be done."""
    with suppress(ImportError, OSError):  # no locks on this system or file system
        import fcntl

        mark = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(mark)
            raise
        return mark
    return None


def _unmark(mark: int | None) -> None:
    if mark is not None:
        os.close(mark)


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed processes of ours left in a folder."""
    with suppress(OSError), os.scandir(folder) as entries:  # a folder that may not be listed
        hidden = [Path(entry.path) for entry in entries if entry.name.startswith(BESIDE)]
        for path in hidden:
            _remove_if_abandoned(path)


def _remove_if_abandoned(path: Path) -> None:
    """Remove something hidden that is old, ours, and not in use."""
    with suppress(OSError):  # another process removes it as well
        status = path.lstat()
        is_ours = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
        if not is_ours or time.time() - status.st_ctime < BEGINNING:
            return
        mark = _marked(path)
        if mark is None:
            return
        if stat.S_ISDIR(status.st_mode):
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
        os.close(mark)
