"""Pictures in rows on one sheet, each with its name below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.data.pictures.lettering import Label, lettered
from segeval.pictures.photographs import scaled_down

PAPER = (255, 255, 255)
GAP = 12
"""Pixels between pictures."""

LETTERS = 14.0
"""Pixels of the letters of a name."""

LONGEST_NAME = 60
"""Characters of a name."""


class Named(NamedTuple):
    """A picture and what stands below it.

    Attributes:
        pixels: red, green and blue, uint8, shape (h, w, 3).
        name: one line.
    """

    pixels: NDArray[np.uint8]
    name: str


def contact_sheet(
    pictures: Iterable[Named], *, columns: int = 4, width: int = 480
) -> NDArray[np.uint8]:
    """Pictures in rows on white paper.

    Args:
        pictures: in their order; larger ones are scaled down.
        columns: pictures in a row.
        width: pixels of the longest side of each.

    Returns:
        The sheet, uint8, shape (H, W, 3); without pictures, a white one of the size of a gap.

    Example:
        >>> black = np.zeros((30, 40, 3), np.uint8)
        >>> contact_sheet([Named(black, "a.jpg"), Named(black, "b.jpg")], width=40).shape
        (82, 220, 3)
    """
    small = (Named(scaled_down(each.pixels, width), each.name) for each in pictures)
    rows = [_row(several, columns, width) for several in _by(columns, small)]
    top = np.full((GAP, max((row.shape[1] for row in rows), default=GAP), 3), PAPER, np.uint8)
    return np.concatenate([top, *rows])


def _by(number: int, pictures: Iterator[Named]) -> Iterator[list[Named]]:
    """So many pictures at a time."""
    while several := list(islice(pictures, number)):
        yield several


def _row(pictures: Sequence[Named], columns: int, width: int) -> NDArray[np.uint8]:
    """A row of pictures, their names below them, on white paper."""
    highest = max(each.pixels.shape[0] for each in pictures)
    below = round(LETTERS * 2)
    shape = (highest + below + GAP, columns * (width + GAP) + GAP, 3)
    paper = np.full(shape, PAPER, np.uint8)
    labels = []
    for place, (pixels, name) in enumerate(pictures):
        height, wide = pixels.shape[:2]
        left = GAP + place * (width + GAP)
        paper[highest - height : highest, left : left + wide] = pixels
        labels.append(Label(name[:LONGEST_NAME], left, highest + below, PAPER))
    return lettered(paper, labels, LETTERS)
