"""Options that the figures of `segeval plot` share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.inputs import STANDARD_INPUT
from segeval_cli.options import OUTPUT, WHICH, Overwrite, Quiet, output_option
from segeval_cli.output import FIGURES, check_target, write_rows
from segeval_cli.streams import emit, say
from segeval_cli.visible import shown

SUFFIXES = (*FIGURES, ".csv")
"""File formats of the figures."""

TITLE_MM = 6.0
"""Height of a title."""

Figure = Annotated[
    Path | None,
    output_option(
        ".png, .pdf or .svg for a figure, .csv for its data. Default: draw in the terminal."
    ),
]
Title = Annotated[str | None, OUTPUT.option("--title TEXT", "Title above the drawing.")]
Width = Annotated[
    Literal["column", "page"],
    OUTPUT.option(
        "--width",
        "Width of a figure: a column of a paper (85 mm) or a page (175 mm).",
        show_default=True,
    ),
]
Dark = Annotated[bool, OUTPUT.option("--dark", "Draw a figure light on dark, for screens.")]
MinScore = Annotated[
    float,
    WHICH.option("--min-score S", "Leave out predictions with a lower score.", show_default=True),
]

MOST_MODELS = 3
"""Models that a figure can tell apart."""


@dataclass(frozen=True, kw_only=True)
class FigureOptions:
    """Where a figure goes and how it looks, as the command line has it."""

    output: Figure = None
    overwrite: Overwrite = False
    title: Title = None
    width: Width = "column"
    dark: Dark = False
    quiet: Quiet = False

    def __post_init__(self) -> None:
        """Refuse an output that cannot be written, before any work."""
        check_target(self.output, SUFFIXES, overwrite=self.overwrite)

    @property
    def is_page(self) -> bool:
        """Whether the figure is as wide as a page."""
        return self.width == "page"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a figure of `segeval plot` shows, each part made when it is needed.

    Attributes:
        drawing: the figure in characters, for the terminal.
        rows: the data behind it; the first row is the header.
        plot: draws it on axes of matplotlib.
        height_mm: of the figure without a title, in millimetres.
    """

    drawing: Callable[[], str]
    rows: Callable[[], Iterable[Sequence[Any]]]
    plot: Callable[[Any], object]
    height_mm: float = 62.0

    def show(self, how: FigureOptions) -> None:
        """Draw in the terminal, or write a figure or its data."""
        if how.output is None:
            emit("\n".join(filter(None, (shown(how.title or ""), self.drawing()))))
            return
        if how.output.suffix.lower() == ".csv":
            write_rows(how.output, self.rows())
        else:
            self._draw(how, how.output)
        if not how.quiet:
            say(f"wrote {how.output}")

    def _draw(self, how: FigureOptions, path: Path) -> None:
        """Write the figure."""
        from segeval.plots import add_title, new_figure
        from segeval.plots.style import COLUMN_MM, PAGE_MM, write_figure

        figure, ax = new_figure(
            width_mm=PAGE_MM if how.is_page else COLUMN_MM,
            height_mm=self.height_mm + TITLE_MM * bool(how.title),
            dark=how.dark,
        )
        self.plot(ax)
        if how.title:
            add_title(figure, how.title)
        lacking = write_figure(figure, path)
        if lacking and not how.quiet:
            characters = counted(len(lacking), "character")
            say(f"note: the font of figures lacks {characters}, drawn as boxes: {shown(lacking)}")


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
    twice = next((file for place, file in enumerate(files) if file in files[:place]), None)
    if twice is not None:
        raise InputError(f"{twice}: given twice.", code="duplicate-file", path=twice)
    names = ["standard input" if file == STANDARD_INPUT else short(Path(file)) for file in files]
    return [shown(name) for name in (names if len(set(names)) == len(names) else files)]
