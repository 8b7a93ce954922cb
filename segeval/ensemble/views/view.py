"""How an image was changed before a model saw it: flipped, scaled, or cut."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from typing import Any, Literal

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.words import counted

NONE = "none"
"""The view of an image as it is."""

EXPECTED = "none, hflip, vflip, scale=S or offset=X,Y, joined by +"

EDGES = (32.0, 96.0)
"""Sides of the squares between small, medium and large objects of COCO, in pixels."""

LARGEST_SCALE = 100.0
"""Scales lie between this and one over this."""

SEVERAL = re.compile(r",(?!\s*[-\d])")
"""The comma between two views; one before a number belongs to an offset."""


@frozen
class View:
    """How an image was changed before a model saw it.

    The part at `offset` was cut out first; then it was scaled and flipped.

    Attributes:
        hflip: whether it was mirrored left to right.
        vflip: whether it was turned upside down.
        scale: what its sides were multiplied by; None for what the size of each mask says, where
            images were resized to one length of a side.
        offset: x, y of the top left pixel of a part that was cut out, in pixels of the image; None
            for the whole image.
        pixel_convention: "legacy" for boxes that end at the last pixel itself, so that x2 of a box
            of one pixel is its x1.
        factors: what scores are multiplied by, for objects of each bucket of sizes from small to
            large; none to leave scores as they are.
        edges: sides of the squares between the buckets, in pixels of the image, rising; an object
            as large as such a square is in the upper one.

    Raises:
        InputError: for a scale that is not from 0.01 to 100, another convention, or factors that
            are not one more than the edges.

    Example:
        >>> view = View.parse("scale=0.5+hflip")
        >>> view.hflip, view.scale, str(view)
        (True, 0.5, 'hflip+scale=0.5')
    """

    hflip: bool = False
    vflip: bool = False
    scale: float | None = 1.0
    offset: tuple[int, int] | None = None
    pixel_convention: Literal["continuous", "legacy"] = "continuous"
    factors: tuple[float, ...] = ()
    edges: tuple[float, ...] = EDGES

    def __post_init__(self) -> None:
        """Refuse what no image can be changed by."""
        scale = 1.0 if self.scale is None else self.scale
        if not (math.isfinite(scale) and 1 / LARGEST_SCALE <= scale <= LARGEST_SCALE):
            raise _refused(f"scale is {scale:g}, expected a number from 0.01 to 100")
        if self.scale is None and self.offset is not None:
            raise _refused(
                "scale=auto is for whole images, and offset for a part, whose size nothing tells: "
                "expected scale=S"
            )
        if self.pixel_convention not in ("continuous", "legacy"):
            raise InputError(
                f"`pixel_convention` is {self.pixel_convention!r}, expected 'continuous' or "
                "'legacy'",
                code="image-view",
                option="pixel_convention",
            )
        if not all(math.isfinite(each) and each >= 0 for each in self.factors):
            raise _refused(f"factors are {_listed(self.factors)}, expected numbers of 0 or more")
        rises = all(a < b for a, b in itertools.pairwise((0.0, *self.edges, math.inf)))
        if not self.edges or not rises:
            raise _refused(f"edges are {_listed(self.edges)}, expected rising numbers above 0")
        if self.factors and len(self.factors) != len(self.edges) + 1:
            raise _refused(
                f"{counted(len(self.factors), 'factor')} for {counted(len(self.edges), 'edge')} of "
                f"sizes, expected {len(self.edges) + 1}: from small to large"
            )

    def __str__(self) -> str:
        """The view as `parse` reads it."""
        legacy = "=legacy" if self.pixel_convention == "legacy" else ""
        parts = [
            "" if self.offset is None else f"offset={self.offset[0]},{self.offset[1]}",
            f"hflip{legacy}" if self.hflip else "",
            f"vflip{legacy}" if self.vflip else "",
            "scale=auto" if self.scale is None else "",
            f"scale={_listed([self.scale])}" if self.scale not in (None, 1) else "",
            f"factors={_listed(self.factors)}" if self.factors else "",
            f"edges={_listed(self.edges)}" if self.factors and self.edges != EDGES else "",
        ]
        return "+".join(filter(None, parts)) or NONE

    @property
    def is_whole(self) -> bool:
        """Whether the model saw the whole image at its own size."""
        return self.offset is None and self.scale == 1

    @property
    def is_plain(self) -> bool:
        """Whether the model saw the image as it is."""
        return self.is_whole and not (self.hflip or self.vflip)

    @property
    def is_none(self) -> bool:
        """Whether predictions stay as they are."""
        return self.is_plain and not self.factors

    @classmethod
    def parse(cls, text: str) -> View:
        """A view from its text.

        Args:
            text: "none", or some of "hflip", "vflip", "scale=S" and "offset=X,Y", joined by "+";
                an offset comes first. "hflip=legacy" is a flip of boxes that end at their last
                pixel. "factors=F/F/F" multiplies scores of small, medium and large objects,
                "edges=E/E" says where these begin. "scale=auto" goes by the size of each mask.

        Raises:
            InputError: for any other text.
        """
        found: dict[str, Any] = {}
        steps = [each.strip() for each in text.split("+")]
        for place, step in enumerate(steps):
            name, _, value = step.partition("=")
            if step == NONE and len(steps) == 1:
                break
            if name in found:
                raise _refused(f"{text!r} has {name} twice, expected it once")
            if name in ("hflip", "vflip") and value in ("", "legacy") and not step.endswith("="):
                found[name] = True
                found["pixel_convention"] = found.get("pixel_convention", value)
                if found["pixel_convention"] != value:
                    raise _refused(f"{text!r} has one flip that is legacy and one that is not")
            elif name == "scale":
                found[name] = None if value == "auto" else _number(text, name, value)
            elif name in ("factors", "edges"):
                found[name] = tuple(_number(text, name, each) for each in value.split("/"))
            elif name == "offset":
                if place:
                    raise _refused(
                        f"{text!r} has an offset behind {steps[0]}, expected it first: a part is "
                        "cut out before it is flipped or scaled"
                    )
                found[name] = _corner(text, value)
            else:
                what = f"{text!r} is no view" if len(steps) == 1 else f"{text!r} has {step!r}"
                raise _refused(f"{what}, expected {EXPECTED}")
        found["pixel_convention"] = found.get("pixel_convention") or "continuous"
        return cls(**found)


def parsed_views(views: str | Sequence[str | View] | None, models: int) -> tuple[View, ...]:
    """The view of each of M models.

    Args:
        views: views or their texts, one for each model; a text may have several, with commas. None
            for images as they are.
        models: M.

    Raises:
        InputError: for a text that is no view, or another number of views than of models.

    Example:
        >>> [str(each) for each in parsed_views("none,offset=5,7,hflip", 3)]
        ['none', 'offset=5,7', 'hflip']
    """
    if views is None:
        return (View(),) * models
    found: list[View] = []
    for each in [views] if isinstance(views, str) else views:
        if isinstance(each, View):
            found.append(each)
        else:
            found += [View.parse(text.strip()) for text in SEVERAL.split(each)]
    if len(found) != models:
        raise InputError(
            f"`views` has {counted(len(found), 'view')} for {counted(models, 'model')}, expected "
            "one for each model, in their order",
            code="image-view",
            option="views",
        )
    return tuple(found)


def _number(text: str, name: str, value: str) -> float:
    """A number behind the name of a step."""
    try:
        return float(value)
    except ValueError:
        problem = f"{text!r} has {name} {value!r}, expected a number such as 2 or 0.5"
        raise _refused(problem) from None


def _listed(numbers: Sequence[float]) -> str:
    """Numbers as `View.parse` reads them."""
    return "/".join(repr(each).removesuffix(".0") for each in numbers)


def _corner(text: str, value: str) -> tuple[int, int]:
    """The X,Y of offset=X,Y."""
    sides = value.split(",")
    if len(sides) != 2 or not all(re.fullmatch(r"\s*-?\d{1,9}\s*", each) for each in sides):
        raise _refused(
            f"{text!r} has offset {value!r}, expected x,y in whole pixels, such as offset=512,0"
        )
    return int(sides[0]), int(sides[1])


def _refused(problem: str) -> InputError:
    """The error about a view."""
    return InputError(f"`views`: {problem}", code="image-view", option="views")
