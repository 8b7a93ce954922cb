"""Outlines of ten kinds of furniture in the unit square, drawn for the synthetic data set."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from segeval.frozen import frozen

Points = NDArray[np.float64]
"""Corners (x, y) of a closed polygon, float64, shape (P, 2)."""


@frozen
class Shape:
    """An outline made of polygons, in the unit square or in pixels.

    Attributes:
        solids: filled polygons.
        thin: legs, poles and feet: filled too, but easy to overlook.
        holes: polygons cut out of the others.
    """

    solids: tuple[Points, ...]
    thin: tuple[Points, ...] = ()
    holes: tuple[Points, ...] = ()

    def moved(self, change: Callable[[Points], Points]) -> Shape:
        """The shape with every polygon changed."""
        return Shape(*(tuple(map(change, parts)) for parts in (self.solids, self.thin, self.holes)))


def _box(left: float, top: float, right: float, bottom: float) -> Points:
    """An upright rectangle."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def _ellipse(left: float, top: float, right: float, bottom: float) -> Points:
    """An ellipse of 28 corners that fills a rectangle."""
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    centre = np.array([left + right, top + bottom]) / 2
    corners: Points = centre + unit * np.array([right - left, bottom - top]) / 2
    return corners


def _taper(top: float, bottom: float, narrow: float) -> Points:
    """A trapezoid over the full width below and narrower above."""
    return np.array([[narrow, top], [1 - narrow, top], [1, bottom], [0, bottom]], np.float64)


def _legs(rng: Generator, top: float, back: float) -> tuple[Points, ...]:
    """Four legs, the back pair ending higher and further in."""
    width = rng.uniform(0.03, 0.06)
    front = [_box(x, top, x + width, 1) for x in (0.02, 0.98 - width)]
    rear = [_box(x, top, x + width, back) for x in (0.16, 0.84 - width)]
    return (*front, *rear)


def _bed(rng: Generator) -> Shape:
    head = rng.uniform(0.3, 0.45)
    solids = (_box(0.06, 0, 0.94, head + 0.1), _taper(head, 0.8, 0.08), _box(0, 0.75, 1, 0.92))
    return Shape(solids, (_box(0.02, 0.9, 0.07, 1), _box(0.93, 0.9, 0.98, 1)))


def _cabinet(rng: Generator) -> Shape:
    foot = rng.uniform(0.05, 0.12)
    feet = (_box(0.03, 0.9, 0.03 + foot, 1), _box(0.97 - foot, 0.9, 0.97, 1))
    return Shape((_box(0, 0, 1, 0.92),), feet)


def _chair(rng: Generator) -> Shape:
    seat = rng.uniform(0.48, 0.56)
    gaps = int(rng.integers(0, 4))
    edges = np.linspace(0.22, 0.78, gaps + 1)
    holes = [_box(a + 0.03, 0.1, b - 0.03, seat - 0.06) for a, b in pairwise(edges)]
    solids = (_box(0.14, 0, 0.86, seat + 0.02), _taper(seat, seat + 0.12, 0.1))
    return Shape(solids, _legs(rng, seat + 0.1, 0.93), tuple(holes))


def _lamp(rng: Generator) -> Shape:
    shade = rng.uniform(0.25, 0.4)
    pole = rng.uniform(0.015, 0.03)
    solids = (_taper(0, shade, rng.uniform(0.1, 0.3)), _ellipse(0.2, 0.92, 0.8, 1))
    return Shape(solids, (_box(0.5 - pole, shade - 0.02, 0.5 + pole, 0.95),))


def _mirror(rng: Generator) -> Shape:
    if rng.random() < 0.5:
        return Shape((_ellipse(0, 0, 1, 1),))
    return Shape((_box(0.1, 0, 0.9, 0.85),), (_box(0.2, 0.84, 0.25, 1), _box(0.75, 0.84, 0.8, 1)))


def _rug(rng: Generator) -> Shape:
    return Shape((_ellipse(0, 0, 1, 1) if rng.random() < 0.4 else _taper(0, 1, 0.18),))


def _shelf(rng: Generator) -> Shape:
    rows, columns = int(rng.integers(2, 5)), int(rng.integers(1, 4))
    wall = 0.045
    x = np.linspace(wall / 2, 1 - wall / 2, columns + 1)
    y = np.linspace(wall / 2, 1 - wall / 2, rows + 1)
    cells = [
        _box(x[i] + wall / 2, y[j] + wall / 2, x[i + 1] - wall / 2, y[j + 1] - wall / 2)
        for i in range(columns)
        for j in range(rows)
        if rng.random() < 0.8
    ]
    return Shape((_box(0, 0, 1, 1),), (), tuple(cells))


def _sofa(rng: Generator) -> Shape:
    arm = rng.uniform(0.1, 0.16)
    solids = (
        _box(arm / 2, 0, 1 - arm / 2, 0.6),
        _box(0, 0.28, arm, 0.9),
        _box(1 - arm, 0.28, 1, 0.9),
        _box(arm / 2, 0.5, 1 - arm / 2, 0.88),
    )
    return Shape(solids, (_box(0.03, 0.88, 0.08, 1), _box(0.92, 0.88, 0.97, 1)))


def _stool(rng: Generator) -> Shape:
    seat = rng.uniform(0.16, 0.3)
    legs = [
        np.array([[x, seat - 0.06], [x + 0.05, seat - 0.06], [to + 0.05, 1], [to, 1]], np.float64)
        for x, to in ((0.16, 0.02), (0.475, 0.475), (0.79, 0.93))
    ]
    return Shape((_ellipse(0, 0, 1, seat),), tuple(legs))


def _table(rng: Generator) -> Shape:
    top = rng.uniform(0.16, 0.3)
    solids = (_taper(0, top, rng.uniform(0.08, 0.16)), _box(0.02, top - 0.02, 0.98, top + 0.07))
    return Shape(solids, _legs(rng, top, 0.84))


@frozen
class Kind:
    """One kind of furniture.

    Attributes:
        draw: a new piece in the unit square, with random details.
        aspect: usual width / height in the image.
        resembles: name of the kind that it is mistaken for.
    """

    draw: Callable[[Generator], Shape]
    aspect: float
    resembles: str


CATALOGUE = {
    "bed": Kind(_bed, 1.5, "sofa"),
    "cabinet": Kind(_cabinet, 0.9, "shelf"),
    "chair": Kind(_chair, 0.6, "stool"),
    "lamp": Kind(_lamp, 0.45, "stool"),
    "mirror": Kind(_mirror, 0.7, "cabinet"),
    "rug": Kind(_rug, 2.4, "table"),
    "shelf": Kind(_shelf, 0.8, "cabinet"),
    "sofa": Kind(_sofa, 2.0, "bed"),
    "stool": Kind(_stool, 0.7, "chair"),
    "table": Kind(_table, 1.7, "stool"),
}
"""Every kind of furniture by its name."""
