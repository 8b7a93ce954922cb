"""How part files begin: known without what reads them, which few runs need."""

from __future__ import annotations

from pathlib import Path

from segeval.data.beginnings import ZIP
from segeval.data.paths import is_file

HEADER = "header"
"""The first member of part files, which holds plain values as UTF-8 JSON."""


def is_part(path: str | Path) -> bool:
    """Whether a file begins as part files do; False if there is no such file.

    A pipe is none, and keeps its bytes for its reader.
    """
    if not is_file(path):
        return False
    try:
        with Path(path).open("rb") as file:
            beginning = file.read(64)
    except (OSError, ValueError):
        return False
    return beginning.startswith(ZIP) and f"{HEADER}.npy".encode() in beginning
