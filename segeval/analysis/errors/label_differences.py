"""Where two models lose the IoU of label maps, kind by kind, and the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from segeval.analysis.errors.drawn_differences import Drawn, pair_at
from segeval.analysis.errors.label_scores import (
    CategoryPixels,
    LabelErrorScores,
    PixelErrors,
)
from segeval.analysis.errors.pair import Pair, pair_of
from segeval.brief import Brief
from segeval.frozen import frozen
from segeval.words import percent


@frozen
class PixelErrorDifference:
    """Wrong pixels of one kind, of two models.

    Attributes:
        share: as in `PixelErrors`, and so the others; below 0 the second loses less.
        count: number of pixels.
        false: those of them that are false.
        missed: those of them that are missed.
    """

    share: Pair
    count: Pair
    false: Pair
    missed: Pair

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {name: pair.to_dict() for name, pair in vars(self).items()}


@frozen
class CategoryPixelDifference:
    """Where two models lose the IoU of one category.

    Attributes:
        id: of the category.
        name: its name.
        gt: number of its true pixels.
        union: number of its true or predicted pixels.
        iou: share of the union that is right.
        kinds: wrong pixels by kind.
    """

    id: int
    name: str
    gt: int
    union: Pair
    iou: Pair
    kinds: Mapping[str, PixelErrorDifference]

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        about = {"id": self.id, "name": self.name, "gt": self.gt}
        return {**about, **_plain(self, "union", "iou")}


@frozen(eq=False, repr=False)
class LabelErrorDifferenceScores(Brief):
    """Where two models lose mean IoU.

    Attributes:
        miou: mean IoU over the categories that occur on either side, a fraction.
        kinds: wrong pixels by kind.
        pixels: number of evaluated pixels.
        images: number of images.
        categories: in the order of the run; people call them classes.
    """

    miou: Pair
    kinds: Mapping[str, PixelErrorDifference]
    pixels: int
    images: int
    categories: tuple[CategoryPixelDifference, ...]

    def brief(self) -> str:
        """Mean IoU of both in a few characters."""
        return f"mIoU {percent(self.miou.a)} and {percent(self.miou.b)}"

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {
            **_plain(self, "miou"),
            "pixels": self.pixels,
            "images": self.images,
            "categories": [each.to_dict() for each in self.categories],
        }


def _plain(
    found: CategoryPixelDifference | LabelErrorDifferenceScores, *names: str
) -> dict[str, Any]:
    """Some numbers of two models as plain values, and the kinds."""
    pairs = {name: getattr(found, name).to_dict() for name in names}
    return {**pairs, "kinds": {name: kind.to_dict() for name, kind in found.kinds.items()}}


def label_differences(
    a: LabelErrorScores, b: LabelErrorScores, drawn: Drawn | None = None
) -> LabelErrorDifferenceScores:
    """Where two models lose mean IoU, and the difference.

    Args:
        a: the first model.
        b: the second, on the same images with the same classes.
        drawn: intervals and tests of the differences; None if none were asked for.
    """
    return LabelErrorDifferenceScores(
        miou=pair_at(drawn, a.miou, b.miou, "miou"),
        kinds=_kinds(a.kinds, b.kinds, drawn),
        pixels=a.pixels,
        images=a.images,
        categories=tuple(
            _category(one, two, drawn) for one, two in zip(a.categories, b.categories, strict=True)
        ),
    )


def _category(a: CategoryPixels, b: CategoryPixels, drawn: Drawn | None) -> CategoryPixelDifference:
    """The difference of one category."""
    before = ("categories", a.id)
    return CategoryPixelDifference(
        id=a.id,
        name=a.name,
        gt=a.gt,
        union=pair_of(a.union, b.union),
        iou=pair_at(drawn, a.iou, b.iou, *before, "iou"),
        kinds=_kinds(a.kinds, b.kinds, drawn, *before),
    )


def _kinds(
    a: Mapping[str, PixelErrors],
    b: Mapping[str, PixelErrors],
    drawn: Drawn | None,
    *before: int | str,
) -> dict[str, PixelErrorDifference]:
    """The differences of all kinds."""
    found = {}
    for name, one in a.items():
        own, its = asdict(one), asdict(b[name])
        share = pair_at(drawn, own.pop("share"), its.pop("share"), *before, "kinds", name, "share")
        counts = {key: pair_of(own[key], its[key]) for key in own}
        found[name] = PixelErrorDifference(share=share, **counts)
    return found
