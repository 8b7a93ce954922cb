"""Folders and files that nobody else can have written.

Machine code from a folder is run, so whoever can write to the folder can run commands as this user.
A folder is trusted if this user or root owns it and every folder on the way to it, and nobody else
may write to them. A sticky folder such as /tmp may stand on the way: what lies in it can be
replaced by its owner alone. Symbolic links count by the same rules. Each step is taken from the
folder that was looked at before, so nothing can be exchanged in between.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CAN_CHECK = hasattr(os, "geteuid") and os.open in os.supports_dir_fd
"""Whether the system says who owns a file. Windows keeps the folders of its users apart itself."""

LONGEST = 1 << 24
"""Bytes of the largest file that is read; kernels have about 10 kB."""

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
# O_NONBLOCK: opening a pipe or a device must not wait.
_FILE = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_MOST_LINKS = 40


class UntrustedError(OSError):
    """A folder belongs to another user, or others may write to it."""


@contextmanager
def opened(path: Path, *, make: bool = False) -> Iterator[int]:
    """A folder, if it is trusted.

    Args:
        path: the folder, an absolute path.
        make: whether missing folders are made, for this user only.

    Yields:
        A descriptor of the folder, for `dir_fd`.

    Raises:
        UntrustedError: if it is not trusted.
        OSError: if it cannot be opened or made.
    """
    folder = _walked(path, make=make)
    try:
        yield folder
    finally:
        os.close(folder)


def read(folder: int, name: str) -> tuple[bytes, os.stat_result]:
    """A file of a trusted folder, and what the system says about it.

    Raises:
        OSError: if it is missing, no plain file, not trusted or far too long.
    """
    descriptor = os.open(name, _FILE, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_size > LONGEST:
            raise OSError(f"{name} is no file of machine code")
        _check(name, about, is_sticky_enough=False)
        return file.read(about.st_size), about


def write(folder: int, name: str, content: bytes) -> None:
    """Make a new file, for this user only.

    Raises:
        OSError: if it is there already, or cannot be written.
    """
    with os.fdopen(os.open(name, _NEW, 0o600, dir_fd=folder), "wb") as file:
        file.write(content)


def _walked(path: Path, *, make: bool) -> int:
    """A descriptor of a folder, reached step by step from the root."""
    if not path.is_absolute():
        raise UntrustedError(f"{path} is not an absolute path")
    folder, links = os.open(path.anchor, _FOLDER), 0
    try:
        _check(path.anchor, os.fstat(folder), is_sticky_enough=True)
        steps = list(reversed(path.parts[1:]))
        while steps:
            step = steps.pop()
            about = _looked_at(folder, step, make=make)
            if stat.S_ISLNK(about.st_mode):
                target = Path(os.readlink(step, dir_fd=folder))
                _check(step, about, is_sticky_enough=True)
                links += 1
                if links > _MOST_LINKS:
                    raise UntrustedError(f"{path} goes through too many symbolic links")
                if target.is_absolute():
                    folder = _replaced(folder, os.open(target.anchor, _FOLDER))
                steps += reversed(target.parts[1 if target.is_absolute() else 0 :])
                continue
            folder = _replaced(folder, os.open(step, _FOLDER, dir_fd=folder))
            _check(step, os.fstat(folder), is_sticky_enough=bool(steps))
    except BaseException:
        os.close(folder)
        raise
    return folder


def _looked_at(folder: int, name: str, *, make: bool) -> os.stat_result:
    """What the system says about an entry, which is made if it is missing."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):  # another process was faster
        os.mkdir(name, 0o700, dir_fd=folder)
    return os.stat(name, dir_fd=folder, follow_symlinks=False)


def _replaced(old: int, new: int) -> int:
    os.close(old)
    return new


def _check(name: str, about: os.stat_result, *, is_sticky_enough: bool) -> None:
    """Refuse what others own or may write to."""
    if about.st_uid not in (0, os.geteuid()):
        raise UntrustedError(f"{name!r} belongs to another user")
    if stat.S_ISLNK(about.st_mode) or not about.st_mode & _OTHERS_WRITE:
        return
    if is_sticky_enough and about.st_mode & stat.S_ISVTX:
        return
    if about.st_mode & stat.S_IWOTH or not _is_private(about):
        raise UntrustedError(f"others may write to {name!r}")


def _is_private(about: os.stat_result) -> bool:
    """Whether the group of a file has this user as its only member.

    Many systems give each user such a group, of the same name, and let it write.
    """
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(about.st_gid)
    except KeyError:
        return False
    own = user.pw_uid != 0 and about.st_gid == user.pw_gid and group.gr_name == user.pw_name
    return own and set(group.gr_mem) <= {user.pw_name}
