"""How many images a difference would take."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.comparison.intervals import NEGLIGIBLE
from segeval.analysis.comparison.verdicts import POWER
from segeval.frozen import frozen

SHARES = (0.25, 0.5)
"""Parts of the images on which the law of the standard error is checked, a power of 1/2 each."""

CHECKS = 200
"""Subsamples of each size."""

LAW = -0.5
"""Power of the number of images that standard errors follow."""

TOLERANCE = 0.15
"""How far the power may be from the law before a note says so."""


@frozen
class Plan:
    """How many images like these a difference would take.

    Attributes:
        target: the difference to be shown, a fraction.
        images: images that show it in 80 % of cases at 5 %; None if that cannot be said.
        power: 0.8.
        se: standard error of the difference on the images at hand, that of runs included.
        se_runs: the part of it that comes from other runs, which more images do not lower; 0 for
            single runs.
        sizes: numbers of images on which the law was checked, the last is all of them.
        errors: standard errors on so many images, without runs; None where undefined.
        exponent: power of the number of images that they follow: -0.5 if the law holds; None if
            that cannot be said.
    """

    target: float
    images: int | None
    power: float
    se: float | None
    se_runs: float
    sizes: tuple[int, ...]
    errors: tuple[float | None, ...]
    exponent: float | None

    @property
    def follows_law(self) -> bool:
        """Whether standard errors fall with the root of the number of images, as far as seen."""
        return self.exponent is None or abs(self.exponent - LAW) <= TOLERANCE

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain values."""
        return asdict(self)


def images_needed(se: float, images: int, target: float, *, se_runs: float = 0.0) -> int | None:
    """Images that show a difference in 80 % of cases, if errors fall with the root of the number.

    Args:
        se: standard error of the difference on the images at hand, a fraction.
        images: their number.
        target: the difference to be shown, a fraction above 0.
        se_runs: standard error that comes from other runs, which images do not lower.

    Returns:
        Their number; None if no number is enough, since runs alone vary more.

    Example:
        >>> images_needed(se=0.004, images=500, target=0.005)
        2509
    """
    left = target
    if se_runs:
        left = math.sqrt(max(target**2 - (POWER * se_runs) ** 2, 0.0))
    if left == 0:
        return None
    return max(1, math.ceil(images * (POWER * se / left) ** 2))


def parts_of_images(
    halves: Callable[[int], NDArray[np.bool_]], images: int
) -> list[NDArray[np.uint16]]:
    """Copies of the images in random parts of them, uint16, shape (CHECKS, I) for each of `SHARES`.

    Args:
        halves: `halves(stream)` splits the images at random, once for each of `CHECKS` parts, bool,
            shape (CHECKS, I).
        images: I.
    """
    found = []
    parts = np.ones((CHECKS, images), np.bool_)
    for stream in range(len(SHARES)):
        parts &= halves(stream)
        found.append(parts.astype(np.uint16))
    return found[::-1]


def plan_of(
    differences: Sequence[NDArray[np.float64]],
    *,
    se: float | None,
    stretch: float = 1.0,
    images: int,
    target: float,
    several_runs: bool = False,
) -> Plan:
    """A plan, with the law of the standard error checked on parts of the images.

    A random half of the images, without repetition, varies about all of them as much as a draw of
    as many images with repetition does, and a quarter by the root of 3 more: so the spread over
    such parts tells the standard errors on half and on a quarter of the images.

    Args:
        differences: between two models on `parts_of_images`, float64, shape (CHECKS,) for each of
            `SHARES`; NaN is undefined.
        se: standard error of the difference on all images, None if undefined.
        stretch: factor in se of what draws lack, which parts of the images lack as well.
        images: I.
        target: the difference to be shown, a fraction above 0.
        several_runs: whether `se` holds what other runs of a recipe vary, too; the differences on
            parts do not, so that they tell the two apart.
    """
    errors: list[float | None] = []
    for share, own in zip(SHARES, differences, strict=True):
        found = own[~np.isnan(own)]
        spread = float(found.std(ddof=1)) if len(found) > CHECKS // 2 else None
        # a part of the images: its spread about all of them is smaller than that of new images
        errors.append(None if spread is None else stretch * spread / math.sqrt(1 - share))
    of_images, se_runs = se, 0.0
    if several_runs and se is not None and errors[-1] is not None:
        of_images = min(se, errors[-1] * math.sqrt(SHARES[-1]))  # as on all images
        se_runs = math.sqrt(se**2 - of_images**2)
    errors.append(of_images)
    sizes = (*(round(share * images) for share in SHARES), images)
    usable = [
        (math.log(size), math.log(error))
        for size, error in zip(sizes, errors, strict=True)
        if error is not None and error > NEGLIGIBLE
    ]
    exponent = None
    if len(usable) == len(sizes):
        at, height = np.array(usable).T
        exponent = float(np.polyfit(at, height, 1)[0])
    needed = None
    if of_images:
        needed = images_needed(of_images, images, target, se_runs=se_runs)
    return Plan(target, needed, 0.8, se, se_runs, sizes, tuple(errors), exponent)
