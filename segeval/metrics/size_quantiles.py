"""Size buckets of about equally many objects: edges at quantiles of their areas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.metrics.sizes import (
    MOST_SIZES,
    QUANTILES,
    SMALL_MEDIUM_LARGE,
    SizeBucket,
    buckets,
    names_quantiles,
)


def check_sizes(sizes: str | Sequence[SizeBucket | float]) -> None:
    """Refuse sizes of which no ground truth makes buckets.

    Raises:
        InputError: as `buckets`, which reads all but quantiles; for an impossible number of these.
    """
    if names_quantiles(sizes):
        number_of_quantiles(sizes)
    else:
        buckets(sizes)


def number_of_quantiles(sizes: Any) -> int:
    """How many buckets a text asks for.

    Raises:
        InputError: unless it is a whole number from 2 to 100.

    Example:
        >>> number_of_quantiles("quantiles:4")
        4
    """
    text = sizes.removeprefix(QUANTILES).strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 2 <= number <= MOST_SIZES:
        raise InputError(
            f"`sizes={sizes!r}`: expected a number of buckets from 2 to {MOST_SIZES}, such as "
            "quantiles:4.",
            code="sizes",
            option="sizes",
        )
    return number


def quantile_edges(areas: NDArray[np.float64], number: int) -> list[float] | None:
    """Edges between buckets of about equally many objects; None for fewer distinct areas.

    Edge k lies half way between two distinct areas that follow each other: the smaller is the
    smallest of which at least k / number of the objects are no larger. So objects of one area are
    always in one bucket. Where many share an area, two edges would coincide or leave nothing for
    the buckets above: then an edge moves to the next gap from the one before, and down as far as
    the buckets above need, so that none is empty.

    Args:
        areas: of the objects, finite, float64, shape (N,).
        number: of buckets, at least 2.

    Returns:
        `number - 1` areas in pixels squared, increasing.

    Example:
        >>> quantile_edges(np.array([10.0, 20.0, 30.0, 40.0]), 2)
        [25.0]
        >>> quantile_edges(np.array([10.0, 10.0, 10.0, 40.0, 50.0]), 3)
        [25.0, 45.0]
    """
    distinct, counts = np.unique(areas, return_counts=True)
    if len(distinct) < number:
        return None
    up_to = [int(count) for count in np.cumsum(counts)]  # whole numbers of any size: no rounding
    places: list[int] = []
    for k in range(1, number):
        least = places[-1] + 1 if places else 0
        own = next(place for place, count in enumerate(up_to) if number * count >= k * len(areas))
        places.append(max(own, least))
    most = len(distinct) - 2  # the last gap
    for k in reversed(range(number - 1)):
        places[k] = min(places[k], most)
        most = places[k] - 1
    low, high = distinct[places], distinct[np.array(places) + 1]
    edges: list[float] = (low + (high - low) / 2).tolist()
    return edges


def quantile_buckets(
    areas: NDArray[np.float64], number: int, source: str
) -> tuple[SizeBucket, ...]:
    """Buckets between `quantile_edges`: "small", "medium" and "large", or "q1", "q2" and so on.

    Args:
        areas: of the objects, finite, float64, shape (N,).
        number: of buckets.
        source: name of the ground truth.

    Raises:
        InputError: for fewer distinct areas than buckets.
    """
    edges = quantile_edges(areas, number)
    if edges is None:
        raise InputError(
            f"`sizes='{QUANTILES}{number}'`: objects that count in {source} have "
            f"{len(np.unique(areas))} distinct areas, expected at least {number}: one for each "
            "bucket.",
            code="sizes",
            option="sizes",
        )
    names = [f"q{place}" for place in range(1, number + 1)]
    names = list(SMALL_MEDIUM_LARGE) if number == len(SMALL_MEDIUM_LARGE) else names
    ends = [0.0, *edges, math.inf]
    return tuple(map(SizeBucket, names, ends, ends[1:]))
