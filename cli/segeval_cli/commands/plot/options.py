"""Options that the figures of `segeval plot` share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from segeval.errors import InputError
from segeval_cli.inputs import STANDARD_INPUT
from segeval_cli.options import OUTPUT, output_option
from segeval_cli.output import FIGURES, write_rows
from segeval_cli.streams import emit, say
from segeval_cli.visible import shown

SUFFIXES = (*FIGURES, ".csv")
"""File formats of the figures."""

Figure = Annotated[
    Path | None,
    output_option(
        ".png, .pdf or .svg for a figure, .csv for its data. Default: draw in the terminal."
    ),
]
Title = Annotated[str | None, OUTPUT.option("--title TEXT", "Title above the drawing.")]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a figure of `segeval plot` shows, each part made when it is needed.

    Attributes:
        drawing: the figure in characters, for the terminal.
        rows: the data behind it; the first row is the header.
        plot: draws it on axes of matplotlib.
        height_mm: of the figure, in millimetres.
    """

    drawing: Callable[[], str]
    rows: Callable[[], Iterable[Sequence[Any]]]
    plot: Callable[[Any], object]
    height_mm: float

    def show(self, output: Path | None, title: str | None, *, quiet: bool) -> None:
        """Draw in the terminal, or write a figure or its data."""
        if output is None:
            emit("\n".join(filter(None, (shown(title or ""), self.drawing()))))
            return
        if output.suffix.lower() == ".csv":
            write_rows(output, self.rows())
        else:
            from segeval.plots import add_title, new_figure, save

            figure, ax = new_figure(height_mm=self.height_mm)
            self.plot(ax)
            if title:
                add_title(figure, title)
            save(figure, output)
        if not quiet:
            say(f"wrote {output}")


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
        raise InputError(f"{twice}: given twice.", code="duplicate-file", path=twice)
    names = ["standard input" if file == STANDARD_INPUT else short(Path(file)) for file in files]
    return [shown(name) for name in (names if len(set(names)) == len(names) else files)]
