"""Writing label maps as PNG files, a folder of them whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.folders import not_new, unwritable
from segeval.errors import InputError

BEGINNING = 60.0
"""Seconds before a folder may be taken for that of a killed process."""


def write_label_map(path: Path, labels: NDArray[Any]) -> None:
    """Write the labels of pixels as a PNG file.

    Args:
        path: path of the file; missing folders are made.
        labels: uint8 or uint16, which decides the bits per pixel, shape (H, W).
    """
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ascontiguousarray(labels)).save(path, format="PNG")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write to, which gets its name once the block ends without an error.

    Until then it is a hidden folder beside it. One left by a killed process is removed by the next
    process that writes the same folder.

    Args:
        folder: a new or empty folder.

    Returns:
        A context that gives the folder to write to.

    Raises:
        InputError: if the folder has files, is a file, or its parent does not exist.
    """
    check_new_folder(folder)
    target = folder.absolute()
    _remove_abandoned(target)
    beside = target.with_name(f".{uuid.uuid4().hex}.{target.name}")
    beside.mkdir()
    mark = _marked(beside)
    try:
        yield beside
        if target.exists():
            target.rmdir()
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if mark is not None:
            os.close(mark)


def _marked(folder: Path) -> int | None:
    """Mark a folder as in use until this process ends; None if that cannot be done."""
    with suppress(ImportError, OSError):
        import fcntl

        mark = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(mark)
            raise
        return mark
    return None


def _remove_abandoned(target: Path) -> None:
    """Remove what killed processes left while writing the same folder."""
    name = re.compile(rf"\.[0-9a-f]{{32}}\.{re.escape(target.name)}")
    for beside in target.parent.iterdir():
        if not name.fullmatch(beside.name) or time.time() - beside.stat().st_ctime < BEGINNING:
            continue
        mark = _marked(beside)
        if mark is not None:
            shutil.rmtree(beside, ignore_errors=True)
            os.close(mark)


def check_new_folder(folder: Path) -> None:
    """Refuse a folder whose files could be lost or mixed with those to write.

    Raises:
        InputError: if it has files, is a file, or its parent does not exist.
    """
    reason = not_new(folder)
    if reason is None and (closed := unwritable(folder)) is not None:
        reason = f"the folder {closed} cannot be written to"
    if reason is not None:
        raise InputError(f"{folder}: {reason}.", code="output", path=str(folder))
