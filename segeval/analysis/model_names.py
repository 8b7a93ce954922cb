"""Names of models in tables, from the paths of their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def model_names(paths: Sequence[str]) -> list[str]:
    """File names; with folders where two would be equal, and numbered where two paths are.

    Example:
        >>> model_names(["runs/a.json", "b.json"]), model_names(["1/a.json", "2/a.json"])
        (['a.json', 'b.json'], ['1/a.json', '2/a.json'])
        >>> model_names(["predictions", "predictions"])
        ['predictions (1)', 'predictions (2)']
    """
    short = [Path(path).name or path for path in paths]
    for names in (short, list(paths)):
        if len(set(names)) == len(names):
            return names
    return [f"{path} ({place})" for place, path in enumerate(paths, 1)]
