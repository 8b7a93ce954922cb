"""What lies at a path, also at one that no file system takes: too long, or with a null in it."""

from __future__ import annotations

from pathlib import Path

PACKED = (".gz", ".xz", ".bz2", ".zip")
"""Endings of files that are unpacked as they are read."""


def is_file(path: str | Path) -> bool:
    """Whether there is a regular file.

    Example:
        >>> is_file("x" * 9999)
        False
    """
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: str | Path) -> bool:
    """Whether there is a folder."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def exists(path: str | Path) -> bool:
    """Whether there is anything; a link to nothing counts as well."""
    try:
        return Path(path).exists() or Path(path).is_symlink()
    except (OSError, ValueError):
        return False


def is_csv(path: object) -> bool:
    """Whether this is a path that names a CSV file, packed or not; a folder is none.

    Example:
        >>> is_csv("a/boxes.CSV.gz"), is_csv("gt.csv.json")
        (True, False)
    """
    if not isinstance(path, str | Path):
        return False
    name = Path(path).name.lower()
    packed = next((ending for ending in PACKED if name.endswith(ending)), "")
    return name.removesuffix(packed).endswith(".csv") and not is_folder(path)
