"""Figures of commands: the options that say where one goes and how it looks, and writing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from segeval.errors import Note
from segeval.frozen import frozen
from segeval.words import counted
from segeval_cli.flags import in_flags
from segeval_cli.options import OUTPUT, Overwrite, Quiet, output_option
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


@frozen(kw_only=True)
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

    @property
    def is_drawn(self) -> bool:
        """Whether a file with the figure is written, not its data and not the terminal."""
        return self.output is not None and self.output.suffix.lower() != ".csv"


@frozen(kw_only=True)
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
        if how.is_drawn:
            self._draw(how, how.output)
        else:
            write_rows(how.output, self.rows())
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
            say(missing_letters(lacking))


def missing_letters(lacking: str) -> str:
    """The note on characters that the font of figures lacks."""
    characters = counted(len(lacking), "character")
    return f"note: the font of figures lacks {characters}, drawn as boxes: {shown(lacking)}"


def say_notes(notes: Sequence[Note], how: FigureOptions) -> None:
    """Say what the user should know, unless the run is quiet."""
    for note in () if how.quiet else notes:
        say(f"note: {in_flags(note.message)}")
