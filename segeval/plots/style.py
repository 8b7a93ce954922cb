"""The look of every figure: white, two hues and grey, 9 points, as wide as a column of a paper."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from segeval.data.whole_files import whole_file
from segeval.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMN_MM = 85.0
"""Width of one column of a paper, in millimetres."""

MM_PER_INCH = 25.4
PNG_DPI = 300
SUFFIXES = (".png", ".pdf", ".svg")
"""Formats that `save` writes."""

BLUE = "#0072B2"
VERMILION = "#D55E00"
GREY = "#6F6F6F"
PALE = "#B9B9B9"

Dashes = Literal["-", "--", ":"]
_DASHES: tuple[Dashes, ...] = ("-", "--", ":")
LINES = tuple((colour, dashes) for dashes in _DASHES for colour in (BLUE, VERMILION, GREY))
"""Colour and dashes of the first, second ... line. Hues differ for every kind of colour vision
(Okabe and Ito 2008), and in lightness from grey."""

POINTS = 9.0
SMALL_POINTS = 8.0

STYLE: dict[str, Any] = {
    "axes.edgecolor": GREY,
    "axes.labelsize": POINTS,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": POINTS,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same figure on every machine
    "font.size": POINTS,
    "lines.linewidth": 1.2,
    "pdf.fonttype": 42,  # whole TrueType fonts: text in the file stays text
    "savefig.facecolor": "white",
    "svg.fonttype": "path",  # letters as outlines: viewers need no font
    "svg.hashsalt": "segeval",  # equal figures are equal files
    "text.parse_math": False,  # names may have dollars
    "xtick.color": GREY,
    "xtick.labelcolor": "black",
    "xtick.labelsize": SMALL_POINTS,
    "ytick.color": GREY,
    "ytick.labelcolor": "black",
    "ytick.labelsize": SMALL_POINTS,
}
"""Settings of matplotlib for every figure of segeval."""


BACKENDS = ("backend", "backend_fallback")
"""Settings of matplotlib that choose how figures are shown in windows, which none of ours is."""


def styled() -> AbstractContextManager[None]:
    """A context in which matplotlib draws in our style; it restores the global state.

    Settings of the user, or of a file `matplotlibrc` in the folder, have no say: among them is one
    that has the system's LaTeX run on every text.
    """
    import matplotlib as mpl

    own: Any = mpl.rcParamsDefault  # newer versions of matplotlib list every key in the type
    changed = {
        key: own[key] for key in own if key not in BACKENDS and mpl.rcParams[key] != own[key]
    }
    settings: Any = {**changed, **STYLE}
    return mpl.rc_context(settings)


def new_figure(*, width_mm: float = COLUMN_MM, height_mm: float = 62.0) -> tuple[Figure, Axes]:
    """An empty figure in our style with one pair of axes.

    Args:
        width_mm: width in millimetres.
        height_mm: height in millimetres.

    Example:
        >>> figure, ax = new_figure()
        >>> round(float(figure.get_size_inches()[0] * 25.4))
        85
    """
    from matplotlib.figure import Figure

    with styled():
        figure = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))
        return figure, figure.subplots()


def add_title(figure: Figure, text: str) -> None:
    """Add a title above everything; in a paper a caption does better."""
    figure.suptitle(text, fontsize=POINTS)


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure; equal figures give equal files.

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
    with styled():
        figure.savefig(drawn, format=suffix[1:], dpi=PNG_DPI, metadata=dated.get(suffix))
    with whole_file(path) as file:
        file.write(drawn.getbuffer())
