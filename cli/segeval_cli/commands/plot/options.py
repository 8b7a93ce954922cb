"""What the commands of `segeval plot` share beside their figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.inputs import STANDARD_INPUT
from segeval_cli.options import WHICH
from segeval_cli.visible import shown

MinScore = Annotated[
    float,
    WHICH.option("--min-score S", "Leave out predictions with a lower score.", show_default=True),
]

MOST_MODELS = 3
"""Models that a figure can tell apart."""


def check_models(files: Sequence[str]) -> None:
    """Refuse anything but predictions of one to three models, and ground truth.

    Raises:
        InputError: for another number of files.
    """
    if not 2 <= len(files) <= 1 + MOST_MODELS:
        raise InputError(
            f"{counted(len(files), 'file')}, expected predictions of one to {MOST_MODELS} models, "
            "then ground truth.",
            code="file-count",
        )


def names_of(files: Sequence[str], short: Callable[[Path], str]) -> list[str]:
    """Names for a legend: the short ones if they differ, else the paths as given.

    Args:
        files: paths, or "-" for standard input.
        short: gives the short name of a path.

    Raises:
        InputError: if a file is given twice.

    Example:
        >>> names_of(["runs/a.json", "b.json"], lambda path: path.stem)
        ['a', 'b']
        >>> names_of(["1/a.json", "2/a.json"], lambda path: path.stem)
        ['1/a.json', '2/a.json']
    """
    from segeval.data.files import is_same_file

    for one, other in combinations(files, 2):
        if one == other or is_same_file(Path(one), Path(other)):
            also = "" if one == other else f", also as {one}"
            raise InputError(f"{other}: given twice{also}.", code="duplicate-file", path=other)
    names = ["standard input" if file == STANDARD_INPUT else short(Path(file)) for file in files]
    return [shown(name) for name in (names if len(set(names)) == len(names) else files)]
