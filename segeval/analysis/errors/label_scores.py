"""The numbers of wrong pixels of label maps: by kind, over all classes and for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.label_pixels import (
    FALSE_BOUNDARY,
    FALSE_EXTENT,
    FALSE_SEGMENT,
    IGNORED,
    MISSED_BOUNDARY,
    MISSED_EXTENT,
    MISSED_SEGMENT,
    OF_GT,
    RIGHT_PIXELS,
)
from segeval.analysis.errors.label_statistics import LabelErrorStatistics
from segeval.brief import Brief
from segeval.frozen import frozen
from segeval.metrics.image_columns import per_row, sums, whole_weights
from segeval.metrics.semantic.confusion import divided, mean
from segeval.metrics.undefined import or_none

COLUMNS_OF_KINDS = {
    "boundary": (FALSE_BOUNDARY, MISSED_BOUNDARY),
    "extent": (FALSE_EXTENT, MISSED_EXTENT),
    "segment": (FALSE_SEGMENT, MISSED_SEGMENT),
}
"""Columns of false and of missed pixels, by kind of error."""

LABEL_KINDS = tuple(COLUMNS_OF_KINDS)
"""Kinds of errors of label maps."""


@frozen
class PixelErrors:
    """Wrong pixels of one kind.

    Attributes:
        share: of the union of true and predicted pixels, a fraction; for all classes the mean over
            them; None if undefined.
        count: number of pixels, of which those of two classes count for both.
        false: those of them that are predicted as the class, but are not.
        missed: those of them that are of the class, but not predicted so.
    """

    share: float | None
    count: int
    false: int
    missed: int


@frozen
class CategoryPixels:
    """Where the IoU of one category is lost.

    Attributes:
        id: of the category.
        name: its name.
        gt: number of its true pixels.
        union: number of its true or predicted pixels; right and wrong ones of all kinds add up to
            it.
        iou: share of the union that is right; None without pixels.
        kinds: wrong pixels by kind; `iou` and the shares add up to 1.
    """

    id: int
    name: str
    gt: int
    union: int
    iou: float | None
    kinds: Mapping[str, PixelErrors]


@frozen(eq=False, repr=False)
class LabelErrorScores(Brief):
    """Where mean IoU is lost; None is undefined.

    Attributes:
        miou: mean IoU over the categories that occur on either side, a fraction.
        kinds: wrong pixels by kind; `miou` and the shares add up to 1.
        pixels: number of evaluated pixels.
        images: number of images.
        categories: in the order of the run; people call them classes.
    """

    miou: float | None
    kinds: Mapping[str, PixelErrors]
    pixels: int
    images: int
    categories: tuple[CategoryPixels, ...]

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return asdict(self)


def pixel_totals(
    statistics: LabelErrorStatistics, weights: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Pixels of weighted images by class and column, int64, shape (C, 8); see the next function."""
    copies = per_row(whole_weights(weights, len(statistics)), statistics.offsets)
    length = len(statistics.category_id)
    return sums(statistics.category, statistics.pixels, copies, length)


def label_error_scores(
    statistics: LabelErrorStatistics, weights: NDArray[np.int64] | None = None
) -> LabelErrorScores:
    """Every number of the wrong pixels of label maps.

    Args:
        statistics: of I images.
        weights: how often each image counts, in the order of `statistics.keys`, whole numbers,
            shape (I,); None for once each.

    Raises:
        ShapeError: unless there is one weight per image.
        InputError: if a weight is negative or not a whole number.
    """
    totals = pixel_totals(statistics, weights)
    union = totals[:, :IGNORED].sum(axis=1)
    gt = totals[:, list(OF_GT)].sum(axis=1)
    iou = divided(totals[:, RIGHT_PIXELS], union)
    by_kind = {
        kind: totals[:, list(columns)] for kind, columns in COLUMNS_OF_KINDS.items()
    }  # (C, 2) each
    shares = {kind: divided(own.sum(axis=1), union) for kind, own in by_kind.items()}

    def of_category(place: int) -> dict[str, PixelErrors]:
        return {kind: _errors(shares[kind][place], own[place]) for kind, own in by_kind.items()}

    return LabelErrorScores(
        miou=or_none(mean(iou)),
        kinds={kind: _errors(mean(shares[kind]), own.sum(axis=0)) for kind, own in by_kind.items()},
        pixels=int(gt.sum()),
        images=int(whole_weights(weights, len(statistics)).sum()),
        categories=tuple(
            CategoryPixels(
                id=int(own),
                name=statistics.category_names[place],
                gt=int(gt[place]),
                union=int(union[place]),
                iou=or_none(iou[place]),
                kinds=of_category(place),
            )
            for place, own in enumerate(statistics.category_id)
        ),
    )


def _errors(share: float, pixels: NDArray[np.int64]) -> PixelErrors:
    """Wrong pixels of a kind from their share, and from false and missed ones."""
    false, missed = pixels.tolist()
    return PixelErrors(or_none(share), false + missed, false, missed)
