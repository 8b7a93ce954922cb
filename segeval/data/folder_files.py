"""The files in a folder and its subfolders."""

from __future__ import annotations

import fnmatch
import os
from pathlib import Path


def files_below(folder: Path, *patterns: str) -> list[Path]:
    """Files in a folder and its subfolders whose names match a pattern, in order.

    Linked folders are searched; hidden files and folders, which begin with a dot, are skipped.

    Args:
        folder: an existing folder.
        patterns: patterns such as "*.png", regardless of case.
    """
    wanted = [pattern.lower() for pattern in patterns]
    found = []
    for here, folders, names in os.walk(folder, followlinks=True):
        real = Path(here).resolve()
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and not real.is_relative_to(Path(here, name).resolve())  # a link to a folder above
        ]
        found += [
            Path(here, name)
            for name in names
            if not name.startswith(".")
            and any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in wanted)
        ]
    return sorted(found)
