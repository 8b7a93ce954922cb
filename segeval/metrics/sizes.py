"""Size buckets: which objects count as small, medium or large.

A bucket is a closed interval of areas, both ends inclusive, as in pycocotools: an object of
exactly 32 x 32 pixels is small and medium.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from numbers import Real
from typing import Any, Protocol

from segeval.data.coco.conventions import SIZE_EDGES
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.host_arrays import holds_several
from segeval.words import beginning, counted

SMALL_MEDIUM_LARGE = ("small", "medium", "large")
PRESETS: dict[str, tuple[float, ...]] = {
    "coco": SIZE_EDGES,
    "lvis": SIZE_EDGES,
    "3dfuture": (113.0**2, 256.0**2),
}

RELATIVE = "relative:"
"""What a text begins with whose edges are parts of the image's area."""

QUANTILES = "quantiles:"
"""What a text begins with that asks for quantiles of the ground truth."""

MOST_SIZES = 100
"""Buckets at a time: each takes flags for every object."""


class Ends(Protocol):
    """What has the ends of a size bucket."""

    @property
    def min_area(self) -> float:
        """Lower end, inclusive."""

    @property
    def max_area(self) -> float:
        """Upper end, inclusive; infinity where there is none."""

    @property
    def relative(self) -> bool:
        """Whether both are parts of the image's area."""


@frozen
class SizeBucket:
    """A named closed interval of areas.

    Attributes:
        name: such as "small".
        min_area: lower end in pixels squared, inclusive.
        max_area: upper end in pixels squared, inclusive; infinity for the last one.
        relative: both ends are parts of the area of an object's image instead, 0.01 for 1 %.
    """

    name: str
    min_area: float
    max_area: float
    relative: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The bucket as plain values; an end at infinity is None, as JSON has no infinity."""
        return {"name": self.name, **area_range(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SizeBucket:
        """The bucket that `to_dict` gave."""
        end = values["max_area"]
        return cls(**{**values, "max_area": math.inf if end is None else end})


def area_range(size: Ends) -> dict[str, Any]:
    """The ends of a size bucket as JSON has them, which has no infinity; `relative` where True."""
    high = size.max_area if math.isfinite(size.max_area) else None
    ends = {"min_area": size.min_area, "max_area": high}
    return {**ends, "relative": True} if size.relative else ends


def buckets(sizes: str | Sequence[SizeBucket | float]) -> tuple[SizeBucket, ...]:
    """Size buckets from a preset or a text.

    Args:
        sizes: a preset (`coco`, `lvis`, `3dfuture`); sides in pixels (`32,96`); areas
            (`area:1024,9216`); named sides (`tiny=16,small=32,rest`); parts of the image's
            area (`relative:0.01,0.1`), which may have names too; the sides as numbers; or buckets,
            returned as is.

    Returns:
        Buckets from small to large, without "all".

    Raises:
        InputError: if the text cannot be read, the edges do not increase, or these are quantiles of
            a ground truth.

    Example:
        >>> [(b.name, b.max_area) for b in buckets("32,96")]
        [('small', 1024.0), ('medium', 9216.0), ('large', inf)]
    """
    if not isinstance(sizes, str):
        several: list[Any] = list(sizes) if holds_several(sizes) else [sizes]
        if several and all(isinstance(size, SizeBucket) for size in several):
            return _sound(several)
        if not several or not all(isinstance(size, Real) for size in several):
            raise InputError(
                f"`sizes` is {beginning(repr(sizes), 60)}, expected sides in pixels as numbers, "
                "buckets, or a text.",
                code="sizes",
                option="sizes",
            )
        sizes = ",".join(str(size) for size in several)
    if sizes in PRESETS:
        return _between(PRESETS[sizes], SMALL_MEDIUM_LARGE)
    if names_quantiles(sizes):
        raise InputError(
            f"`sizes={sizes!r}`: these are quantiles of a ground truth, and there is none here. "
            "Give edges, such as 32,96.",
            code="sizes",
            option="sizes",
        )
    relative = sizes.startswith(RELATIVE)
    names, edges = _parsed(sizes)
    _check(sizes, names, edges)
    if len(edges) >= MOST_SIZES:
        raise InputError(
            f"`sizes` has {len(edges):,} edges, expected fewer than {MOST_SIZES}.",
            code="sizes",
            option="sizes",
        )
    if not names:
        names = _plain_names(edges, "1" if relative else "inf")
    if not sizes.startswith(("area:", RELATIVE)):
        edges = [edge**2 for edge in edges]
    return _between(edges, names, relative=relative)


def wrong_bucket(sizes: Sequence[SizeBucket]) -> tuple[Any, str] | None:
    """What is wrong with given buckets, and what was expected; None if all are sound.

    Args:
        sizes: buckets, which may overlap or leave gaps.
    """
    for size in sizes:
        label: Any = size.name
        ends: Any = (size.min_area, size.max_area)
        highest = math.inf if ends[1] == math.inf else sys.float_info.max
        if not isinstance(label, str) or label == "all":
            return label, 'expected a name other than "all"'
        if not all(isinstance(end, Real) for end in ends) or not 0 <= ends[0] <= ends[1] <= highest:
            return ends, "expected a lower and an upper area"
        if not isinstance(size.relative, bool):
            return size.relative, "expected `relative` to be True or False"
    names = [size.name for size in sizes]
    return (names, "names must differ") if len(set(names)) < len(names) else None


def _sound(sizes: Sequence[SizeBucket]) -> tuple[SizeBucket, ...]:
    """Given buckets, if they are sound."""
    wrong = wrong_bucket(sizes)
    if wrong is not None:
        value, expected = wrong
        raise InputError(
            f"`sizes`: a bucket has {beginning(repr(value), 60)}, {expected}.",
            code="sizes",
            option="sizes",
        )
    return tuple(sizes)


def names_quantiles(sizes: Any) -> bool:
    """Whether sizes are a text that asks for quantiles of the ground truth."""
    return isinstance(sizes, str) and sizes.startswith(QUANTILES)


def _parsed(sizes: str) -> tuple[list[str], list[float]]:
    """Names (if any) and edges of a text; a last name may stand without an edge."""
    names: list[str] = []
    edges: list[float] = []
    parts = [part.strip() for part in _edges_of(sizes).split(",")]
    for part in parts:
        name, has_name, number = part.rpartition("=")
        if names and part is parts[-1] and not has_name:
            names.append(part)
            break
        try:
            edges.append(float(number))
        except ValueError:
            raise InputError(
                f"`sizes={sizes!r}`: {part!r} is not a number, and no preset has that name "
                f"({', '.join(PRESETS)}). Write sides in pixels, such as 32,96.",
                code="sizes",
                option="sizes",
            ) from None
        if has_name:
            names.append(name)
    return names, edges


def _edges_of(sizes: str) -> str:
    """A text without what it begins with."""
    return sizes.removeprefix(RELATIVE if sizes.startswith(RELATIVE) else "area:")


def _check(sizes: str, names: Sequence[str], edges: Sequence[float]) -> None:
    """Refuse names and edges that make no sense."""
    problem = None
    if names and len(names) != len(edges) + 1:
        problem = (
            f"{counted(len(edges), 'edge makes', 'edges make')} {len(edges) + 1} buckets, but "
            f"{counted(len(names), 'has a name', 'have names')}. "
            "Name all, the last without an edge: tiny=16,small=32,rest."
        )
    elif "all" in names or len(set(names)) < len(names):
        problem = 'names must differ from each other and from "all".'
    elif sizes.startswith(RELATIVE) and not all(0 < edge < 1 for edge in edges):
        problem = "edges are parts of the image's area, above 0 and below 1; 0.01 is 1 %."
    elif not all(0 < edge < math.inf for edge in edges):
        problem = "edges must be positive and finite."
    elif not sizes.startswith(RELATIVE) and all(edge < 1 for edge in edges):
        problem = (
            "no object is smaller than a pixel. Parts of the image's area are "
            f"{RELATIVE}{_edges_of(sizes)}."
        )
    elif any(low >= high for low, high in pairwise(edges)):
        problem = "edges must increase."
    if problem is not None:
        raise InputError(f"`sizes={sizes!r}`: {problem}", code="sizes", option="sizes")


def _plain_names(edges: Sequence[float], last: str) -> list[str]:
    """Names of buckets for which the user gave none; `last` is where the last one ends."""
    if len(edges) + 1 == len(SMALL_MEDIUM_LARGE):
        return list(SMALL_MEDIUM_LARGE)
    ends = ["0", *(f"{edge:g}" for edge in edges), last]
    return [f"{low}-{high}" for low, high in pairwise(ends)]


def _between(
    edges: Sequence[float], names: Sequence[str], *, relative: bool = False
) -> tuple[SizeBucket, ...]:
    """Buckets between increasing areas, from 0 to infinity."""
    ends = [0.0, *edges, math.inf]
    return tuple(
        SizeBucket(name, low, high, relative)
        for name, low, high in zip(names, ends, ends[1:], strict=False)
    )
