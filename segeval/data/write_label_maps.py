"""Writing label maps as PNG files, a folder of them whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError


def write_label_map(path: Path, labels: NDArray[Any]) -> None:
    """Write the labels of pixels as a PNG file.

    Args:
        path: of the file; folders on the way are made.
        labels: uint8 or uint16, which decides the bits per pixel, shape (H, W).
    """
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ascontiguousarray(labels)).save(path, format="PNG")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write to that gets its name only when the block ends without an error.

    Args:
        folder: that does not exist, or is empty.

    Returns:
        A context that gives the folder to write to.

    Raises:
        InputError: if the folder has files already, is a file, or the one above does not exist.
    """
    check_new_folder(folder)
    beside = folder.absolute().with_name(f".{uuid.uuid4().hex}.{folder.absolute().name}")
    beside.mkdir()
    try:
        yield beside
        if folder.exists():
            folder.rmdir()
        beside.rename(folder.absolute())
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check_new_folder(folder: Path) -> None:
    """Refuse a folder whose files could be lost or mixed with those to write.

    Raises:
        InputError: if it has files, is a file, or the folder above does not exist.
    """
    reason = None
    if folder.exists() and not folder.is_dir():
        reason = "is a file, expected a folder"
    elif not folder.absolute().parent.is_dir():
        reason = f"there is no folder {folder.parent}"
    elif folder.is_dir() and any(folder.iterdir()):
        reason = "is not empty, expected a new folder or an empty one"
    if reason is not None:
        raise InputError(f"{folder}: {reason}.", code="output", path=str(folder))
