"""Options that the figures of `segeval plot` share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

from segeval.errors import InputError
from segeval_cli.options import OUTPUT, output_option
from segeval_cli.output import FIGURES, STANDARD_INPUT

SUFFIXES = (*FIGURES, ".csv")
"""File formats of the figures."""

Figure = Annotated[
    Path | None,
    output_option(
        ".png, .pdf or .svg for a figure, .csv for its data. Default: draw in the terminal."
    ),
]
Title = Annotated[str | None, OUTPUT.option("--title TEXT", "Title above the drawing.")]


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
    twice = next((file for place, file in enumerate(files) if file in files[:place]), None)
    if twice is not None:
        raise InputError(f"{twice}: given twice.", code="files", path=twice)
    names = ["standard input" if file == STANDARD_INPUT else short(Path(file)) for file in files]
    return names if len(set(names)) == len(names) else list(files)
