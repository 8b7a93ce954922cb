"""Types of settings: possible values, and their names in messages.

A type concerns one setting; `rules` holds conditions on several.
"""

from __future__ import annotations

import sys
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Meta

LARGEST = sys.float_info.max
"""The largest finite number."""

Stage = Literal["res2", "res3", "res4", "res5"]
Level = Literal["p2", "p3", "p4", "p5", "p6"]
LEVELS = ", ".join(get_args(Level))

MOST = 1_000_000
"""Far above any number of channels, points or pixels of a side; a model file may claim any."""

MOST_UPDATES = 1_000_000_000
MOST_LAYERS = 1000
MOST_STEPS = 16

SHORT = 999
"""A range up to here is told as "0 to 1"; beyond, the upper end seldom matters."""

Counted = Annotated[int, Meta(ge=1, le=MOST)]
Whole = Annotated[int, Meta(gt=0, le=MOST_UPDATES)]
CountedFrom0 = Annotated[int, Meta(ge=0, le=MOST_UPDATES)]
Layers = Annotated[int, Meta(ge=0, le=MOST_LAYERS)]
SomeLayers = Annotated[int, Meta(ge=1, le=MOST_LAYERS)]
Steps = Annotated[
    int, Meta(ge=0, le=MOST_STEPS, description=f"0 or more, and at most {MOST_STEPS}")
]
Dilation = Annotated[int, Meta(ge=1, le=MOST_LAYERS)]
Label = Annotated[int, Meta(ge=-MOST_UPDATES, le=MOST_UPDATES)]
Positive = Annotated[float, Meta(gt=0, le=LARGEST)]
NotNegative = Annotated[float, Meta(ge=0, le=LARGEST)]
Factor = Annotated[float, Meta(ge=1, le=LARGEST)]
Share = Annotated[float, Meta(ge=0, le=1)]
SomeShare = Annotated[float, Meta(gt=0, le=1)]
BelowOne = Annotated[float, Meta(ge=0, lt=1)]
Finite = Annotated[float, Meta(ge=-LARGEST, le=LARGEST, description="a finite number")]
Degrees = Annotated[float, Meta(ge=0, le=180)]
Stride = Literal[8, 16, 32]
Context = Literal[0, 4, 16]
Deformable = Literal[0, 1, 2]
FrozenStages = Annotated[int, Meta(ge=0, le=5)]
Norm = Literal["frozen", "statistics", "batch", "sync", "group"]
TrainedNorm = Literal["sync", "batch"]

Colour = Annotated[tuple[Finite, Finite, Finite], Meta(description="finite numbers")]
Sizes = Annotated[
    tuple[Counted, ...],
    Meta(min_length=1, description="at least one size, each of them 1 or more"),
]
Factors = Annotated[
    tuple[Positive, ...],
    Meta(min_length=1, description="at least one number, each of them more than 0"),
]
SomeShares = Annotated[
    tuple[SomeShare, ...],
    Meta(min_length=1, description="at least one number, each of them more than 0, and at most 1"),
]
Deltas = Annotated[
    tuple[tuple[Positive, Positive, Positive, Positive], ...],
    Meta(min_length=1, description="a list of four numbers more than 0 for each stage"),
]
Levels = Annotated[
    tuple[Level, ...], Meta(min_length=1, description=f"some of {LEVELS}, each once")
]
PyramidLevels = Annotated[
    tuple[Literal["p2", "p3", "p4", "p5"], ...],
    Meta(min_length=1, description="some of p2, p3, p4, p5, each once"),
]
Stages = Annotated[tuple[Stage, ...], Meta(description=f"some of {', '.join(get_args(Stage))}")]

Scales = Annotated[
    tuple[Positive, Positive], Meta(description="the smaller factor first, more than 0")
]
Updates = Annotated[
    tuple[CountedFrom0, ...],
    Meta(description="numbers of updates, 0 or more, the smallest first"),
]

Merge = Literal["", "nms", "soft-nms", "wbf", "nmw", "vote"]
"""Strategies of `segeval.ensemble` that merge views without ground truth; "" for none."""

NAMES = {int: "whole number", float: "number", bool: "true or false", str: "text"}
"""Names of types in messages."""


def expected(kind: Any) -> str:
    """The possible values of a type, in words.

    Args:
        kind: an annotation: plain, `Annotated`, a `Literal` or a tuple; each may be optional.

    Example:
        >>> expected(Share), expected(Literal["BGR", "RGB"]), expected(tuple[float, float])
        ('0 to 1', "'BGR' or 'RGB'", 'a list of 2 numbers')
        >>> expected(tuple[Counted, ...]), expected(bool), expected(int | None)
        ('each of them 1 or more, and at most 1,000,000', 'true or false', 'a whole number')
    """
    inside = get_args(kind)
    if get_origin(kind) is Annotated:
        return str(inside[1].description or _limits(inside[1]) or expected(inside[0]))
    if get_origin(kind) is Literal:
        return " or ".join(repr(choice) for choice in inside)
    if get_origin(kind) in (Union, UnionType):
        return expected(inside[0])
    if get_origin(kind) is not tuple:
        name = NAMES.get(kind) or str(getattr(kind, "__name__", kind))
        return name if kind is bool else f"a {name}"
    if inside[0] not in NAMES:
        return f"each of them {expected(inside[0])}"
    number = "a list of" if inside[-1] is Ellipsis else f"a list of {len(inside)}"
    return f"{number} {NAMES[inside[0]]}s"


def _limits(limits: Meta) -> str:
    """Limits of a number in words; "" without any.

    Example:
        >>> _limits(Meta(ge=0, le=1)), _limits(Meta(gt=0, le=1)), _limits(Meta(ge=0, le=LARGEST))
        ('0 to 1', 'more than 0, and at most 1', '0 or more')
    """
    most = None if limits.le == LARGEST else limits.le
    if limits.ge is not None and most is not None and (limits.ge < 0 or most <= SHORT):
        return f"{limits.ge:,} to {most:,}"
    parts = [
        words.format(f"{limit:,}")
        for limit, words in (
            (limits.ge, "{} or more"),
            (limits.gt, "more than {}"),
            (most, "at most {}"),
            (limits.lt, "less than {}"),
        )
        if limit is not None
    ]
    return ", and ".join(parts)


def types_of(settings: type, *, limits: bool) -> dict[str, Any]:
    """The type of each setting of a class.

    Args:
        settings: the class.
        limits: keep limits and choices in the types.
    """
    return _types_of(settings, limits)


@cache
def _types_of(settings: Any, limits: bool) -> dict[str, Any]:  # noqa: FBT001 - to be hashed
    found = get_type_hints(settings, include_extras=limits)
    return found if limits else {name: _without_choices(kind) for name, kind in found.items()}


def _without_choices(kind: Any) -> Any:
    """A type with each `Literal` replaced by the type of its choices."""
    inside = get_args(kind)
    if get_origin(kind) is Literal:
        return type(inside[0])
    if get_origin(kind) is tuple:
        plain = tuple(each if each is ... else _without_choices(each) for each in inside)
        return tuple.__class_getitem__(plain)
    return kind
