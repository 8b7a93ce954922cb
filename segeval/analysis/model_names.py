"""Names of models in tables, from the paths of their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

LONGEST = 15
"""Characters of a name that leave room for the numbers of a table."""

SEPARATORS = "._-/"
"""Characters at which names are taken apart."""


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


def short_names(names: Sequence[str]) -> list[str]:
    """Names for the rows of a table, without what all have in common if one is too long.

    The ending goes first, then the beginning, and what is still too long loses its middle. No two
    names become equal.

    Args:
        names: of the models, as `model_names` gives them.

    Example:
        >>> short_names(["a.json", "b.json"])
        ['a.json', 'b.json']
        >>> short_names(["yolov8n_320_segm.json", "yolov8n_256_segm.json"])
        ['yolov8n_320', 'yolov8n_256']
        >>> short_names(["coco_2017_val_run1.json", "coco_2017_val_run2.json"])
        ['..run1', '..run2']
    """
    short = list(names)
    for less in (_without_ending, _without_beginning, _without_middle):
        if max(map(len, short), default=0) <= LONGEST:
            break
        tried = less(short)
        if all(tried) and len(set(tried)) == len(set(short)):
            short = tried
    return short


def _without_ending(names: list[str]) -> list[str]:
    """Names without the parts that all end with; of a single one, without its last part."""
    if len(names) == 1:
        return [Path(names[0]).stem]
    ending = _beginning([name[::-1] for name in names])[::-1]
    begins = [place for place, letter in enumerate(ending) if letter in SEPARATORS]
    return [name.removesuffix(ending[begins[0] :]) for name in names] if begins else names


def _without_beginning(names: list[str]) -> list[str]:
    """Names with dots in place of the parts that all begin with."""
    beginning = _beginning(names) if len(names) > 1 else ""
    end = max(beginning.rfind(mark) for mark in SEPARATORS) + 1
    return [f"..{name[end:]}" if end > 2 else name for name in names]


def _beginning(names: list[str]) -> str:
    """The letters that all names begin with."""
    first, last = min(names), max(names)
    length = next(
        (k for k, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1),
        len(first),
    )
    return first[:length]


def _without_middle(names: list[str]) -> list[str]:
    """Names of at most `LONGEST` characters, with dots in the middle."""
    half = (LONGEST - 2) // 2
    return [
        name if len(name) <= LONGEST else f"{name[:half]}..{name[half + 2 - LONGEST :]}"
        for name in names
    ]
