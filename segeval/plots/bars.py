"""Bars of text, one per line: a name, a number, and a bar as long as the number is large."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from segeval.characters import shown
from segeval.frozen import frozen
from segeval.plots.names import short_name

EIGHTHS = " ▏▎▍▌▋▊▉█"

LEAST_BARS = 8
"""Characters of the longest bar on the narrowest terminal."""


@frozen
class Bar:
    """One line.

    Attributes:
        name: what it is of.
        value: its length, at least 0; None if undefined.
        text: the number as it is shown.
        more: what follows the bar.
    """

    name: str
    value: float | None
    text: str
    more: str = ""


def bar(part: float, length: int) -> str:
    """A bar for a fraction, of `length` characters for 1.

    Example:
        >>> bar(0.5, 5)
        '██▌'
    """
    eighths = round(part * length * 8)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def draw_bars(
    heading: str, bars: Sequence[Bar], *, width: int = 80, most: float | None = None
) -> str:
    """Lines of bars below a heading.

    Args:
        heading: what the numbers are.
        bars: from top to bottom.
        width: width of the lines, in characters.
        most: the value of the longest bar; None for the largest there is.

    Example:
        >>> print(draw_bars("AP (%)", [Bar("all", 40, "40.0"), Bar("small", 20, "20.0")], width=24))
        AP (%)
          all    40.0 ██████████
          small  20.0 █████
    """
    most = most or max((each.value or 0.0 for each in bars), default=0.0) or 1.0
    names = [short_name(each.name, max(2 * width // 5, 6)) for each in bars]
    before = max(map(len, names), default=0)
    numbers = max((len(each.text) for each in bars), default=0)
    after = max((len(each.more) + 1 for each in bars if each.more), default=0)
    length = max(width - 2 - before - 2 - numbers - 1 - after, LEAST_BARS)
    lines = textwrap.wrap(shown(heading), width)
    for name, each in zip(names, bars, strict=True):
        drawn = bar(min((each.value or 0.0) / most, 1.0), length)
        drawn = f"{drawn:<{length}} {each.more:>{after - 1}}" if each.more else drawn
        lines.append(f"  {name:<{before}}  {each.text:>{numbers}} {drawn}".rstrip())
    return "\n".join(lines)
