"""Whether files can be written, known before the work is done that would be lost."""

from __future__ import annotations

import os
from pathlib import Path


def unwritable(path: Path) -> Path | None:
    """The folder that keeps a new file or folder from being written, None if nothing does.

    Args:
        path: of what is to be written; its folders need not exist.
    """
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    return None if os.access(folder, os.W_OK | os.X_OK) else folder
