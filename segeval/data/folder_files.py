"""The files in a folder and its subfolders."""

from __future__ import annotations

import fnmatch
import os
import re
from pathlib import Path


def files_below(folder: Path, *patterns: str) -> list[Path]:
    """Files in a folder and its subfolders whose names match a pattern, in order.

    Linked folders are searched; hidden files and folders, which begin with a dot, are skipped.

    Args:
        folder: an existing folder.
        patterns: patterns such as "*.png", regardless of case.
    """
    names_wanted = "|".join(fnmatch.translate(each.lower()) for each in patterns)
    is_wanted = re.compile(names_wanted or "(?!)").match
    found: list[tuple[tuple[str, ...], Path]] = []
    for here, folders, names in os.walk(folder, followlinks=True):
        base = Path(here)
        parts, real = tuple(map(os.path.normcase, base.parts)), base.resolve()
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and not real.is_relative_to((base / name).resolve())  # a link to a folder above
        ]
        found += [
            ((*parts, os.path.normcase(name)), base / name)
            for name in names
            if not name.startswith(".") and is_wanted(name.lower())
        ]
    return [path for _, path in sorted(found)]  # as paths are sorted, in half the time
