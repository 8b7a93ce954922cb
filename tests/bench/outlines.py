"""Closed outlines of random shape: what the objects of a workload look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from segeval.masks import Polygons

CORNERS = 96
"""Corners of every outline."""

OUTLINES = 512
"""Different outlines before they are stretched and turned."""


@dataclass(frozen=True, eq=False)
class Objects:
    """N outlines in the images of one batch.

    Attributes:
        image: index of the image, ascending, int64, shape (N,).
        category: index of the category, int64, shape (N,).
        outline: index of the outline, int64, shape (N,).
        centre: x, y in pixels, float64, shape (N, 2).
        frame: matrix from the unit circle to pixels around the centre, float64, shape (N, 2, 2).
    """

    image: NDArray[np.int64]
    category: NDArray[np.int64]
    outline: NDArray[np.int64]
    centre: NDArray[np.float64]
    frame: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.image)

    def take(self, index: NDArray[Any]) -> Objects:
        """The objects at `index`, in that order."""
        return Objects(*(column[index] for column in vars(self).values()))

    def corners(self, outlines: NDArray[np.float64]) -> NDArray[np.float64]:
        """Corners x, y in pixels, float64, shape (N, CORNERS, 2)."""
        unit = outlines[self.outline]
        placed: NDArray[np.float64] = unit @ self.frame.transpose(0, 2, 1) + self.centre[:, None]
        return placed


def draw_outlines(rng: Generator) -> NDArray[np.float64]:
    """Outlines around the origin of about radius 1, float64, shape (OUTLINES, CORNERS, 2)."""
    steps = rng.normal(0, 1, (OUTLINES, CORNERS))
    walk = np.cumsum(steps - steps.mean(axis=1, keepdims=True), axis=1)
    walk /= np.abs(walk).max(axis=1, keepdims=True)
    strength = rng.uniform(0.1, 0.5, (OUTLINES, 1))
    radius = 1 + strength * (walk - walk.mean(axis=1, keepdims=True))
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    outlines: NDArray[np.float64] = radius[:, :, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return outlines


def place(
    image: NDArray[np.int64],
    category: NDArray[np.int64],
    sizes: NDArray[np.int32],
    side: float,
    spread: float,
    rng: Generator,
) -> Objects:
    """Outlines of random size, proportions and place; they may stick out of the image a little.

    Args:
        image: index of the image of each, int64, shape (N,).
        category: index of the category of each, int64, shape (N,).
        sizes: (H, W) of the images in pixels, int32, shape (I, 2).
        side: median size in pixels.
        spread: standard deviation of the logarithm of the size.
        rng: random numbers.
    """
    count = len(image)
    room = sizes[image, ::-1].astype(np.float64)
    drawn = np.exp(rng.normal(np.log(side), spread, count))
    length = np.clip(drawn, 5, 0.9 * room.min(axis=1))
    stretch = np.exp(rng.normal(0, 0.25, count).clip(-0.7, 0.7))
    axes = np.stack([length * stretch, length / stretch], axis=1) / 2
    turn = rng.uniform(0, 2 * np.pi, count)
    spun = np.stack([np.cos(turn), -np.sin(turn), np.sin(turn), np.cos(turn)], axis=1)
    margin = 0.3 * length[:, None]
    return Objects(
        image,
        category,
        rng.integers(OUTLINES, size=count),
        margin + rng.random((count, 2)) * (room - 2 * margin),
        axes[:, :, None] * spun.reshape(-1, 2, 2),
    )


def polygons(
    corners: NDArray[np.float64],
    keep: NDArray[np.bool_],
    cut: NDArray[np.int64],
    room: NDArray[np.int32],
) -> Polygons:
    """Outlines as polygons of two decimals inside their images.

    Args:
        corners: float64, shape (N, CORNERS, 2).
        keep: which corners to keep, bool, shape (N, CORNERS).
        cut: the corner at which an outline is cut into two parts, 0 for none, int64, shape (N,).
        room: (H, W) of the image of each outline, int32, shape (N, 2).
    """
    inside = np.clip(corners, 0, room[:, None, ::-1])
    begins = np.zeros(keep.shape, np.bool_)
    begins[np.arange(len(cut)), cut] = True
    begins[:, 0] = True
    keep = keep | begins
    parts = np.flatnonzero(begins[keep])
    return Polygons(
        np.round(inside[keep], 2),
        np.append(parts, keep.sum()).astype(np.int64),
        np.concatenate([[0], np.cumsum(begins.sum(axis=1))]).astype(np.int64),
    )


def draw_cuts(share: float, count: int, rng: Generator) -> NDArray[np.int64]:
    """Where to cut outlines in two; most are left whole."""
    cut = rng.integers(CORNERS // 3, CORNERS // 2, count)
    return np.where(rng.random(count) < share, cut, 0)
