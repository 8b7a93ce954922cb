"""Checks that folders can be read and written, before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

from segeval.errors import InputError


def existing_folder(folder: str | Path, purpose: str = "") -> Path:
    """A folder as a path.

    Args:
        folder: path of a folder.
        purpose: addition to the message, such as ", expected images in it".

    Raises:
        InputError: if there is no such folder.
    """
    if not Path(folder).is_dir():
        raise InputError(f"{folder}: no such folder{purpose}.", code="no-folder", path=str(folder))
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


def not_new(folder: Path) -> str | None:
    """Why files written into a folder could be lost or mixed with others; None if they are safe.

    Args:
        folder: a new or empty folder.
    """
    if folder.exists() and not folder.is_dir():
        return "is a file, expected a folder"
    if not folder.absolute().parent.is_dir():
        return f"there is no folder {folder.parent}"
    if folder.is_dir() and any(folder.iterdir()):
        return "is not empty, expected a new folder or an empty one"
    return None
