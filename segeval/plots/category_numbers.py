"""The main number of each category of any evaluation, as a figure shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.kinds import KINDS, prefix
from segeval.plots.intervals import Estimate
from segeval.plots.missing import nothing_counts
from segeval.plots.size_scores import Intervals
from segeval.words import percent

if TYPE_CHECKING:
    from segeval.metrics.result import Result


@frozen
class CategoryDot:
    """One category.

    Attributes:
        id: the category's id.
        name: its name.
        gt: how much ground truth counts: objects, segments, or pixels of label maps.
        number: the number, such as AP.
        amount: gt as it stands beside the number.
    """

    id: int | str
    name: str
    gt: int
    number: Estimate
    amount: str


@frozen
class CategoryDots:
    """One number of all categories.

    Attributes:
        iou: what IoU compares; None for label maps.
        key: what the number is called in JSON, such as "ap".
        title: what people call it, such as "mask AP".
        amounts: what is counted beside it, such as "objects".
        mean: the number over all categories.
        categories: those with the number by its falling value, then those without.
    """

    iou: str | None
    key: str
    title: str
    amounts: str
    mean: float | None
    categories: tuple[CategoryDot, ...]

    @property
    def defined(self) -> tuple[CategoryDot, ...]:
        """Categories that have the number, by its falling value."""
        return tuple(each for each in self.categories if each.number.value is not None)

    def rows(self) -> list[tuple[str | int | float | None, ...]]:
        """The data behind the figure: a header, then a row per category, the lowest first."""
        counted = "pixels" if self.iou is None else "gt"
        before = () if self.iou is None else (self.iou,)
        rows: list[tuple[str | int | float | None, ...]] = [
            (*("iou" for _ in before), "id", "name", counted, self.key, "low", "high")
        ]
        known = self.defined[::-1]
        rest = [each for each in self.categories if each.number.value is None]
        for each in (*known, *rest):
            found = each.number
            rows.append((*before, each.id, each.name, each.gt, found.value, found.low, found.high))
        return rows


def category_dots(result: Result[Any], intervals: Intervals | None = None) -> CategoryDots:
    """The main number of every category of a result, by its first kind of IoU.

    Args:
        result: of AP by any protocol, of mean IoU, or of panoptic quality.
        intervals: by place in JSON, such as ("segm", "categories", 17, "ap").

    Raises:
        InputError: if the number is undefined for every category, or results like this one have no
            categories.

    Example:
        >>> import segeval
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> dots = category_dots(segeval.average_precision(scene.better, scene.ground_truth))
        >>> dots.title
        'mask AP'
    """
    kinds = [each.__name__ for each in type(result).__mro__]
    make = next((MAKERS[kind] for kind in kinds if kind in MAKERS), None)
    if make is None:
        raise InputError(
            f"a {type(result).__name__} has no number of each category, expected the result of an "
            "evaluation: of AP, mean IoU, PQ, Cityscapes or Open Images.",
            code="result",
        )
    dots = make(result, intervals or {})
    if not dots.defined:
        raise nothing_counts(result, dots.key)
    return dots


def _sorted(categories: list[CategoryDot]) -> tuple[CategoryDot, ...]:
    """Those with the number by its falling value, then those without."""

    def rank(each: CategoryDot) -> tuple[bool, float, int]:
        value = each.number.value
        return value is None, -(value or 0.0), -each.gt

    return tuple(sorted(categories, key=rank))


def _estimate(value: float | None, known: Intervals, *path: str | int) -> Estimate:
    """A number with its interval, if there is one at its place."""
    return Estimate(value, *known.get(path, ()))


def _of_objects(key: str) -> Callable[[Result[Any], Intervals], CategoryDots]:
    """What takes apart results of AP, whose number has this key."""

    def dots(result: Result[Any], known: Intervals) -> CategoryDots:
        iou, scores = next(iter(result.scores.items()))
        overall = getattr(scores, "overall", scores)
        own = [
            CategoryDot(
                each.id, each.name, each.gt,
                _estimate(getattr(each, key), known, iou, "categories", each.id, key),
                f"{each.gt:,}",
            )
            for each in scores.categories
        ]  # fmt: skip
        title = f"{KINDS[iou]} {key.upper()}"
        return CategoryDots(iou, key, title, "objects", getattr(overall, key), _sorted(own))

    return dots


def _of_segments(result: Result[Any], known: Intervals) -> CategoryDots:
    """PQ by category, and the number of true segments."""
    iou, scores = next(iter(result.scores.items()))
    own = [
        CategoryDot(
            each.id, each.name, each.tp + each.fn,
            _estimate(each.pq, known, iou, "categories", each.id, "pq"),
            f"{each.tp + each.fn:,}",
        )
        for each in scores.categories
    ]  # fmt: skip
    return CategoryDots(iou, "pq", f"{prefix(iou)}PQ", "segments", scores.all.pq, _sorted(own))


def _of_pixels(result: Result[Any], known: Intervals) -> CategoryDots:
    """IoU by class, and the share of the true pixels."""
    scores = result.scores
    every = sum(each.pixels for each in scores.categories) or 1
    own = [
        CategoryDot(
            each.id, each.name, each.pixels,
            _estimate(each.iou, known, "categories", each.id, "iou"),
            f"{percent(each.pixels / every)} %",
        )
        for each in scores.categories
    ]  # fmt: skip
    return CategoryDots(None, "iou", "IoU", "pixels", scores.miou, _sorted(own))


MAKERS: Mapping[str, Callable[[Result[Any], Intervals], CategoryDots]] = {
    "APResult": _of_objects("ap"),
    "IdMapsResult": _of_objects("ap"),
    "CityscapesResult": _of_objects("ap"),
    "OpenImagesResult": _of_objects("ap50"),
    "PanopticResult": _of_segments,
    "MeanIoUResult": _of_pixels,
}
"""What takes apart each class of results; named, so that none is imported before it is made."""
