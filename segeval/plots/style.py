"""The look of every figure: two hues and grey, 9 points, as wide as a column or page of a paper."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.data.whole_files import whole_file
from segeval.errors import InputError
from segeval.plots.palette import DARK, LIGHT, Palette, palette_of
from segeval.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMN_MM = 85.0
"""Width of one column of a paper, in millimetres."""

PAGE_MM = 175.0
"""Width of a page of two columns, in millimetres."""

MM_PER_INCH = 25.4
PNG_DPI = 300
SUFFIXES = (".png", ".pdf", ".svg")
"""Formats that `save` writes."""

MISSING_GLYPH = re.compile(r"Glyph (\d+) .* missing from (?:current )?font")
"""What matplotlib warns of a character that the font lacks, by its number."""

FONT = "DejaVu Sans"
"""Comes with matplotlib: the same figure on every machine."""

POINTS = 9.0
SMALL_POINTS = 8.0

STYLE: dict[str, Any] = {
    "axes.labelsize": POINTS,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": POINTS,
    "figure.constrained_layout.use": True,
    "font.family": FONT,
    "font.size": POINTS,
    "lines.linewidth": 1.2,
    "pdf.fonttype": 42,  # whole TrueType fonts: text in the file stays text
    "savefig.facecolor": "auto",
    "svg.fonttype": "path",  # letters as outlines: viewers need no font
    "svg.hashsalt": "segeval",  # equal figures are equal files
    "text.parse_math": False,  # names may have dollars
    "xtick.labelsize": SMALL_POINTS,
    "ytick.labelsize": SMALL_POINTS,
}
"""Settings of matplotlib for every figure of segeval, but for its colours."""


BACKENDS = ("backend", "backend_fallback")
"""Settings of matplotlib that choose how figures are shown in windows, which none of ours is."""


def styled(colours: Palette = LIGHT) -> AbstractContextManager[None]:
    """A context in which matplotlib draws in our style; it restores the global state.

    Args:
        colours: of axes and texts.

    Settings of the user, or of a file `matplotlibrc` in the folder, have no say: among them is one
    that has the system's LaTeX run on every text.
    """
    import matplotlib as mpl

    own: Any = mpl.rcParamsDefault  # newer versions of matplotlib list every key in the type
    changed = {
        key: own[key] for key in own if key not in BACKENDS and mpl.rcParams[key] != own[key]
    }
    coloured = {
        "axes.edgecolor": colours.grey,
        "axes.facecolor": colours.paper,
        "axes.labelcolor": colours.ink,
        "figure.facecolor": colours.paper,
        "text.color": colours.ink,
        "xtick.color": colours.grey,
        "xtick.labelcolor": colours.ink,
        "ytick.color": colours.grey,
        "ytick.labelcolor": colours.ink,
    }
    settings: Any = {**changed, **STYLE, **coloured}
    return mpl.rc_context(settings)


def new_figure(
    *, width_mm: float = COLUMN_MM, height_mm: float = 62.0, dark: bool = False
) -> tuple[Figure, Axes]:
    """An empty figure in our style with one pair of axes.

    Args:
        width_mm: width in millimetres.
        height_mm: height in millimetres.
        dark: light on dark, for screens.

    Example:
        >>> figure, ax = new_figure()
        >>> round(float(figure.get_size_inches()[0] * 25.4))
        85
    """
    from matplotlib.figure import Figure

    with styled(DARK if dark else LIGHT):
        figure = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))
        return figure, figure.subplots()


@contextmanager
def drawing(ax: Axes | None, *, height_mm: float = 62.0) -> Iterator[tuple[Axes, Palette]]:
    """A context that draws in our style, in colours that are seen on the axes.

    Args:
        ax: where to draw; None makes a figure of one column's width.
        height_mm: of that figure, in millimetres.

    Yields:
        The axes and their colours.
    """
    ax = new_figure(height_mm=height_mm)[1] if ax is None else ax
    colours = palette_of(ax)
    with styled(colours):
        yield ax, colours


def size_mm(ax: Axes) -> tuple[float, float]:
    """Width and height of the figure of axes in millimetres."""
    figure = ax.get_figure(root=True)
    if figure is None:
        return COLUMN_MM, 62.0
    width, height = figure.get_size_inches() * MM_PER_INCH
    return float(width), float(height)


def add_title(figure: Figure, text: str) -> None:
    """Add a title above everything; in a paper a caption does better.

    Example:
        >>> figure, ax = new_figure()
        >>> add_title(figure, "Two models")
        >>> figure.get_suptitle()
        'Two models'
    """
    from matplotlib.colors import to_rgb

    is_dark = sum(to_rgb(figure.get_facecolor())) < 1.5
    colour = (DARK if is_dark else LIGHT).ink
    figure.suptitle(text, fontsize=POINTS, color=colour)


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure; equal figures give equal files.

    A warning names characters that the font lacks.

    Args:
        figure: drawn in our style or any other.
        path: .png, .pdf or .svg. The file appears when it is complete.

    Raises:
        InputError: if the suffix is not one of these.

    Example:
        >>> figure, ax = new_figure()
        >>> add_title(figure, "Nothing yet")
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     save(figure, Path(folder, "empty.svg"))
    """
    lacking = write_figure(figure, path)
    if lacking:
        warnings.warn(
            f"the font lacks {counted(len(lacking), 'character')}, drawn as boxes: {lacking}",
            stacklevel=2,
        )


def write_figure(figure: Figure, path: str | Path) -> str:
    """As `save`, but the characters that the font lacks are returned; "" if it has all."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"{path}: a figure must be one of {', '.join(SUFFIXES)}.",
            code="output",
            path=str(path),
        )
    # A date in the file would make two equal figures differ.
    dated = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
    drawn = io.BytesIO()  # matplotlib hides errors of writing behind its own
    with styled(), warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        figure.savefig(drawn, format=suffix[1:], dpi=PNG_DPI, metadata=dated.get(suffix))
    with whole_file(path) as file:
        file.write(drawn.getbuffer())
    lacking: dict[str, None] = {}
    for each in found:
        glyph = MISSING_GLYPH.match(str(each.message))
        if glyph is None:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
        else:
            lacking[chr(int(glyph[1]))] = None
    return "".join(lacking)
