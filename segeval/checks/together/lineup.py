"""The predictions of several models side by side, and those that overlap."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import Categories, Predictions
from segeval.data.geometry import corners
from segeval.data.ids import distinct, index_of, rank_among
from segeval.data.joining import numbered_alike
from segeval.data.places import place_text
from segeval.data.segmentations import Format
from segeval.errors import FormatError, InputError
from segeval.findings import Finding, Level
from segeval.frozen import frozen

FEW_IMAGES, MANY_IMAGES = 40, 400
"""Images in which overlaps are looked for where files are merged, and where they are checked."""

NARROW = 1 << 20
"""Span of ids of which a table is faster than sorting."""

WORTH_A_NOTE = 0.05
"""Share of the images or predictions that a model lacks which is worth a note on a result."""

BEST = 60
"""Best predictions of an image that are looked at."""


@frozen(eq=False)
class Overlaps:
    """Predictions of two models that lie on each other.

    Attributes:
        first: rows of the first model, int64, shape (P,), each once.
        second: the row of the second that overlaps each of them most, of the same category if
            several do, int64, shape (P,).
        iou: of their boxes, at least 0.5, float64, shape (P,).
        looked_at: how many rows of each model were looked at.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    iou: NDArray[np.float64]
    looked_at: tuple[int, int]

    def take(self, chosen: NDArray[np.bool_]) -> Overlaps:
        """Some of the pairs."""
        return Overlaps(self.first[chosen], self.second[chosen], self.iou[chosen], self.looked_at)


@frozen(eq=False)
class Lineup:
    """The predictions of M models.

    Attributes:
        models: of each, in which equal numbers are equal ids.
        most_images: images in which overlaps are looked for.
        least_share: share of the images or predictions that one model must lack to be told.
        categories: a list that names them; None where no file has one.
    """

    models: tuple[Predictions, ...]
    most_images: int = MANY_IMAGES
    least_share: float = 0.0
    categories: Categories | None = None

    @classmethod
    def of(
        cls,
        models: Sequence[Predictions],
        *,
        is_merged: bool = False,
        categories: Categories | None = None,
    ) -> Lineup:
        """Models side by side.

        Args:
            models: two or more.
            is_merged: whether they are merged, and not only checked: a look at fewer images, and
                at what matters there.
            categories: of the ground truth, for names; None without any.

        Raises:
            MismatchError: if ids are text in one file and numbers in another.
        """
        alike = tuple(numbered_alike(list(models)))
        listed = (each.listed.categories for each in models if each.listed is not None)
        named = next(listed, None) if categories is None else categories
        if is_merged:
            return cls(alike, FEW_IMAGES, WORTH_A_NOTE, named)
        return cls(alike, categories=named)

    @cached_property
    def image_ids(self) -> tuple[NDArray[np.int64], ...]:
        """The images of each model, ascending, int64, shape (I,) each."""
        return tuple(_distinct(each.image_id) for each in self.models)

    @cached_property
    def category_ids(self) -> tuple[NDArray[np.int64], ...]:
        """The categories of each model, ascending, int64, shape (C,) each."""
        return tuple(_distinct(each.category_id) for each in self.models)

    @cached_property
    def overlaps(self) -> dict[tuple[int, int], Overlaps]:
        """For each two models the predictions that overlap, in some of the images of both."""
        return {(a, b): self._overlaps(a, b) for a, b in combinations(range(len(self.models)), 2)}

    @cached_property
    def sampled(
        self,
    ) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]], ...]:
        """Rows of each model that are looked at, by image, with their images and corners."""
        every = distinct(np.concatenate(self.image_ids))
        counts = np.zeros(len(every), np.int64)
        for ids in self.image_ids:
            counts[index_of(ids, every)] += 1
        shared = every[counts > 1]
        step = max(-(-len(shared) // self.most_images), 1)
        chosen = shared[::step]
        return tuple(_sample(each, chosen) for each in self.models)

    def _overlaps(self, a: int, b: int) -> Overlaps:
        (rows, images, boxes), (others, theirs, rivals) = self.sampled[a], self.sampled[b]
        begin = np.searchsorted(theirs, images, "left")
        count = np.searchsorted(theirs, images, "right") - begin
        left = np.repeat(np.arange(len(rows)), count)
        start = np.cumsum(count) - count
        right = np.arange(len(left)) - np.repeat(start - begin, count)
        iou = _iou(boxes[left], rivals[right])
        near = np.flatnonzero(iou >= 0.5)
        category, other_category = (
            self.models[each].category_id[own] for each, own in ((a, rows), (b, others))
        )  # a model may give one box several categories: then the one of the same category counts
        is_other = category[left[near]] != other_category[right[near]]
        order = near[np.lexsort((is_other, -iou[near], left[near]))]
        order = order[np.concatenate([[True], left[order][1:] != left[order][:-1]])[: len(order)]]
        return Overlaps(
            rows[left[order]], others[right[order]], iou[order], (len(rows), len(others))
        )

    def name(self, model: int, row: int) -> str:
        """A record of a model, for people."""
        preds = self.models[model]
        return f"prediction {place_text(row, preds.files)} (image_id {preds.shown_image(row)})"

    def finding(
        self,
        level: Level,
        kind: str,
        message: str,
        *,
        model: int,
        code: str,
        rows: NDArray[np.integer] | None = None,
        count: int | None = None,
        hint: str = "",
        field: str | None = None,
        error: type[InputError] = FormatError,
        option: str | None = None,
    ) -> Finding:
        """A mistake of one model, of some of its rows; arguments as in `Finding`."""
        first = None if rows is None or not len(rows) else int(rows[0])
        return Finding(
            level, kind, message,
            count=max(0 if rows is None else len(rows), 1) if count is None else count,
            path=self.models[model].source, index=first,
            first="" if first is None else self.name(model, first), hint=hint, code=code,
            field=field, error=error, option=option, noun="prediction",
        )  # fmt: skip


def _distinct(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """As `distinct`, without sorting where ids are near each other."""
    if not len(ids):
        return ids
    low, high = int(ids.min()), int(ids.max())
    if high - low > NARROW:
        return distinct(ids)
    seen = np.zeros(high - low + 1, np.bool_)
    seen[ids - low] = True
    return np.flatnonzero(seen) + low


def _sample(
    preds: Predictions, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The best rows of some images by image, with their images and corners."""
    form = preds.segmentations.format
    is_placed = (form == Format.STRING) | (form == Format.COUNTS) | preds.has_box
    rows = np.flatnonzero((index_of(preds.image_id, chosen) >= 0) & is_placed)
    rows = rows[rank_among(preds.image_id[rows], preds.score[rows]) < BEST]
    rows = rows[np.argsort(preds.image_id[rows], kind="stable")]
    return rows, preds.image_id[rows], corners(preds.take(rows))


def _iou(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """IoU of each box with the other in its row, float64, shape (P,)."""
    one, other = boxes.T, others.T
    with np.errstate(all="ignore"):
        width = np.minimum(one[2], other[2]) - np.maximum(one[0], other[0])
        height = np.minimum(one[3], other[3]) - np.maximum(one[1], other[1])
        inter = np.maximum(width, 0) * np.maximum(height, 0)
        areas = [(each[2] - each[0]) * (each[3] - each[1]) for each in (one, other)]
        found = inter / (areas[0] + areas[1] - inter)
    return np.where(inter > 0, found, 0.0)
