"""The colours of figures on a light and on a dark background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from segeval.errors import InputError
from segeval.frozen import frozen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Dashes = Literal["-", "--", ":"]
_DASHES: tuple[Dashes, ...] = ("-", "--", ":")


@frozen
class Palette:
    """Two hues, two greys and the colours of text and paper.

    The hues differ for every kind of colour vision (Okabe and Ito 2008), and in lightness from
    grey.

    Attributes:
        paper: the background.
        ink: text, and the main line.
        grey: what stands back: axes, a third line.
        pale: what stands back further: guides.
        blue: the first hue.
        vermilion: the second hue.
    """

    paper: str
    ink: str
    grey: str
    pale: str
    blue: str
    vermilion: str

    def line(self, place: int) -> tuple[str, Dashes]:
        """Colour and dashes of the first, second ... line."""
        colours = (self.blue, self.vermilion, self.grey)
        return colours[place % 3], _DASHES[place // 3 % 3]


MOST_MODELS = 3
"""Bars and dots that colours tell apart."""

MOST_LINES = 9
"""Lines that colours and dashes tell apart."""


def check_told_apart(number: int, most: int = MOST_LINES) -> None:
    """Refuse more models or files than a figure tells apart.

    Args:
        number: of them.
        most: that can be told apart.

    Raises:
        InputError: for more.
    """
    if number > most:
        raise InputError(
            f"{number:,} lines, but a figure tells {most} apart. Draw fewer; a .csv file has the "
            "numbers of all.",
            code="too-many-lines",
        )


LIGHT = Palette("white", "black", "#6F6F6F", "#B9B9B9", "#0072B2", "#D55E00")
DARK = Palette("#16181D", "#ECECEC", "#A3A6AB", "#50555D", "#56B4E9", "#FF8A4C")


def palette_of(ax: Axes) -> Palette:
    """The colours that are seen on axes: those for a dark background if theirs is dark.

    Args:
        ax: of any figure.

    Example:
        >>> from segeval.plots import new_figure
        >>> palette_of(new_figure(dark=True)[1]).paper
        '#16181D'
    """
    from matplotlib.colors import to_rgba

    figure = ax.get_figure(root=True)
    *colour, alpha = to_rgba(ax.get_facecolor())
    if alpha < 0.5 and figure is not None:
        *colour, alpha = to_rgba(figure.get_facecolor())
    lightness = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    return DARK if alpha >= 0.5 and lightness < 0.5 else LIGHT
