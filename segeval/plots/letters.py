"""How wide text is in the font of figures, and names that fit there."""

from __future__ import annotations

from functools import cache
from typing import Any
from unicodedata import bidirectional

from segeval.characters import shown
from segeval.plots.style import FONT

LETTER = 0.62
"""Usual width of a letter, as a multiple of the font's size."""

BOX = 1.2
"""Width of the box that stands for a character which the font lacks, likewise."""

MEASURED = 100
"""Size of the font at which characters are measured."""

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
"""Unseen; keeps what stands beside a name of another direction where it is."""


def text_width(text: str) -> float:
    """Width of one line of text, as a multiple of the font's size.

    Example:
        >>> round(text_width("ii"), 2), round(text_width("WW"), 2)
        (0.56, 1.98)
    """
    return sum(map(_advance, text))


def fitting(name: str, letters: float) -> str:
    r"""A name that is no wider than so many usual letters, cut in the middle if it has to be.

    What is not plain text in it is shown as Python writes it. A name that is written from right to
    left turns nothing beside it.

    Args:
        name: any text.
        letters: number of letters of usual width.

    Example:
        >>> fitting("bicycle", 10), fitting("WWWWWWWWWW", 7), fitting("line\nbreak", 12)
        ('bicycle', 'W…W', 'line\\nbreak')
    """
    text = shown(name)
    if text_width(text) > letters * LETTER:
        room = (letters * LETTER - text_width(ELLIPSIS)) / 2
        head, tail = _beginning(text, room), _beginning(text[::-1], room)[::-1]
        text = f"{head}{ELLIPSIS}{tail}"
    if any(bidirectional(each) in ("R", "AL", "AN") for each in text):
        return f"{LEFT_TO_RIGHT}{text}{LEFT_TO_RIGHT}"
    return text


def _beginning(text: str, room: float) -> str:
    """As much of a text as has room, at least one character."""
    for place, each in enumerate(text):
        room -= _advance(each)
        if room < 0:
            return text[: max(place, 1)]
    return text


@cache
def _advance(character: str) -> float:
    """How far a character moves the next one, as a multiple of the font's size."""
    font = _font()
    place = font.get_char_index(ord(character))
    if place == 0:
        return BOX
    width: float = font.load_glyph(place).linearHoriAdvance / 65536 / MEASURED
    return width


@cache
def _font() -> Any:
    """The font of figures."""
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    font = FT2Font(findfont(FontProperties(family=[FONT])))
    font.set_size(MEASURED, 72)
    return font
