"""Checks that folders can be read and written, before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

from segeval.data.paths import exists, is_folder
from segeval.errors import InputError

NOT_EMPTY = "is not empty, expected a new folder or an empty one"


def existing_folder(folder: str | Path, purpose: str = "") -> Path:
    """A folder as a path.

    Args:
        folder: path of a folder.
        purpose: addition to the message, such as ", expected images in it".

    Raises:
        InputError: if there is no such folder.
    """
    if not is_folder(folder):
        problem = "is a file, not a folder" if exists(folder) else "no such folder"
        raise InputError(f"{folder}: {problem}{purpose}.", code="no-folder", path=str(folder))
    return Path(folder)


def unwritable(path: Path) -> Path | None:
    """The folder that keeps a path from being written; None if it can be.

    Args:
        path: path of the new file or folder; its parents need not exist.
    """
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    return None if os.access(folder, os.W_OK | os.X_OK) else folder


def obstacle(path: Path) -> str | None:
    """Why a file cannot be written, said before the work begins; None if it can.

    Args:
        path: path of the file; what a symbolic link points to is meant.
    """
    if (reason := _too_long(path)) is not None:
        return reason
    target = Path(os.path.realpath(path))
    if target.is_dir():
        return "is a folder"
    if target.exists() and not target.is_file():
        return "is not a regular file"
    if not target.parent.is_dir():
        return f"there is no folder {path.parent if not path.is_symlink() else target.parent}"
    if unwritable(target) is not None:
        return f"the folder {path.parent} cannot be written to"
    return None


def longest_name(folder: Path) -> int:
    """Bytes of the longest name in a folder, by the nearest folder above it that exists."""
    while not folder.exists():
        folder = folder.parent
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # not on this system
        return 255


def _too_long(path: Path) -> str | None:
    """What is wrong with the name of a new file or folder if it is too long."""
    length, longest = len(os.fsencode(path.name)), longest_name(path.absolute().parent)
    if length <= longest:
        return None
    return f"the name has {length} bytes, expected at most {longest}"


def folder_obstacle(folder: Path) -> str | None:
    """Why files cannot be written into a folder of their own; None if they can.

    Args:
        folder: a new or empty folder.

    Returns:
        `NOT_EMPTY` if others are there, or a greater obstacle.
    """
    if (reason := _too_long(folder)) is not None:
        return reason
    if folder.exists() and not folder.is_dir():
        return "is a file, expected a folder"
    if not folder.absolute().parent.is_dir():
        return f"there is no folder {folder.parent}"
    if (closed := unwritable(folder)) is not None:
        return f"the folder {closed} cannot be written to"
    if folder.is_dir() and any(folder.iterdir()):
        return NOT_EMPTY
    return None


def check_new_folder(folder: Path, *, replaces: bool = False) -> None:
    """Refuse a folder whose files could be lost or mixed with those to write.

    Args:
        folder: a new or empty folder.
        replaces: whether it may hold files.

    Raises:
        InputError: if it has files, is a file, or its parent does not exist.
    """
    reason = folder_obstacle(folder)
    if reason is not None and not (reason == NOT_EMPTY and replaces):
        code = "exists" if reason == NOT_EMPTY else "output"
        raise InputError(f"{folder}: {reason}.", code=code, path=str(folder))
