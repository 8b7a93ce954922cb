"""A drawing as shapes with roles; the page writes it as SVG, and its style gives the colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from segeval.frozen import frozen
from segeval.reports.page_table import PageTable

LENGTHY = 15
"""Letters of a row's name from which it needs smaller ones on narrow screens."""


@frozen
class Shape:
    """One element of SVG.

    Attributes:
        element: its name: "line", "rect", "circle", "path" or "text".
        role: what it stands for, which the style knows: "axis", "grid", "label", "line", "dot" ...
        places: its numbers by name, as text.
        text: of a text.
    """

    element: str
    role: str
    places: dict[str, str] = field(default_factory=dict)
    text: str = ""


@frozen
class Drawing:
    """A figure of a page.

    Attributes:
        key: its name on the page, unique there.
        title: what it shows.
        description: what it says, in a sentence, for those who do not see it.
        width: in pixels.
        height: in pixels.
        shapes: from back to front.
        data: its numbers.
        legend: role and name of what is drawn, where there are several.
    """

    key: str
    title: str
    description: str
    width: int
    height: int
    shapes: tuple[Shape, ...]
    data: PageTable
    legend: tuple[tuple[str, str], ...] = ()


def models_legend(models: int) -> tuple[tuple[str, str], ...]:
    """Roles and names of two models; nothing for one."""
    return (("a", "A"), ("b", "B")) if models > 1 else ()


def role_of(letter: str) -> str:
    """What draws a model: "a" or "b"; "a" for the only one, which has no letter."""
    return letter.lower() or "a"


def number(value: float) -> str:
    """A coordinate in few digits, the same on every machine.

    Example:
        >>> number(12.3456), number(-0.001), number(20.0)
        ('12.35', '0', '20')
    """
    return f"{round(value, 2) + 0.0:g}"


def line(role: str, x1: float, y1: float, x2: float, y2: float) -> Shape:
    """A straight line."""
    ends = zip(("x1", "y1", "x2", "y2"), (x1, y1, x2, y2), strict=True)
    return Shape("line", role, {name: number(value) for name, value in ends})


def dot(role: str, x: float, y: float, radius: float = 4) -> Shape:
    """A dot."""
    return Shape("circle", role, {"cx": number(x), "cy": number(y), "r": number(radius)})


def bar(role: str, x: float, y: float, width: float, height: float) -> Shape:
    """A filled box; one of negative width lies on the other side."""
    left = min(x, x + width)
    places = {"x": left, "y": y, "width": abs(width), "height": height}
    return Shape("rect", role, {name: number(value) for name, value in places.items()})


def text(role: str, x: float, y: float, words: str, anchor: str = "start") -> Shape:
    """Words at a place; `anchor` is start, middle or end."""
    places = {"x": number(x), "y": number(y), "text-anchor": anchor}
    return Shape("text", role, places, words)


def row_name(x: float, y: float, words: str) -> Shape:
    """The name of a row, which ends at a place; long ones are smaller on narrow screens.

    Example:
        >>> row_name(160, 20, "masks of true segments").role
        'label lengthy'
    """
    role = "label lengthy" if len(words) > LENGTHY else "label"
    return text(role, x, y, words, "end")


def curve(role: str, points: Sequence[tuple[float, float]]) -> Shape:
    """A line through points."""
    path = " ".join(
        f"{'L' if place else 'M'}{number(x)} {number(y)}" for place, (x, y) in enumerate(points)
    )
    return Shape("path", role, {"d": path})
