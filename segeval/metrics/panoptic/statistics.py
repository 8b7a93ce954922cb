"""Statistics of panoptic quality per image: counts and sums of IoU by category.

Sums of IoU are exact. A match has an IoU above one half, and every such float64 is a whole number
of units of 2^-53. So sums are of whole numbers: whole IoUs, and units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key, Keys
from segeval.frozen import frozen
from segeval.metrics.image_columns import (
    ImageStatistics,
    narrow,
    offsets_of,
    per_row,
    rules_of,
    sums,
)
from segeval.metrics.panoptic.matching import ImageMatches

UNITS = 1 << 53
"""Units in an IoU of 1."""

HALF = 27
"""Lower bits of the units, which are added apart so that sums stay within 64 bits."""


@frozen(eq=False, kw_only=True, repr=False)
class PanopticStatistics(ImageStatistics):
    """Counts and sums of IoU by image and category, the source of every number of PQ follows.

    Attributes:
        rules: settings that decide the numbers, such as `iou="segm"`.
        keys: ids of I images, ascending, int64, shape (I,); a tuple where they are text or at
            least 2^63.
        category_id: ids of K categories in file order, int64, shape (K,); places in
            `category_keys` unless that is None.
        category_names: K names.
        is_thing: whether each category is countable, bool, shape (K,).
        offsets: image i has the rows `offsets[i]:offsets[i + 1]`, one per category with a match, a
            false positive or a false negative; int64, shape (I + 1,).
        category: place among the K, unsigned, shape (R,).
        tp: true positives, unsigned, shape (R,).
        fp: false positives, unsigned, shape (R,).
        fn: false negatives, unsigned, shape (R,).
        iou_whole: whole part of the sum of IoU of the true positives, int64, shape (R,).
        iou_units: the rest of it in units of 2^-53, int64, shape (R,).
        category_keys: ids of categories that are text or at least 2^63, ascending.
    """

    BY_ROW: ClassVar = {"offsets": ("category", "tp", "fp", "fn", "iou_whole", "iou_units")}

    rules: tuple[str, ...]
    keys: NDArray[np.int64] | tuple[Key, ...]
    category_id: NDArray[np.int64]
    category_names: tuple[str, ...]
    is_thing: NDArray[np.bool_]
    offsets: NDArray[np.int64]
    category: NDArray[np.unsignedinteger]
    tp: NDArray[np.unsignedinteger]
    fp: NDArray[np.unsignedinteger]
    fn: NDArray[np.unsignedinteger]
    iou_whole: NDArray[np.int64]
    iou_units: NDArray[np.int64]
    category_keys: Keys | None = None

    @property
    def image_ids(self) -> list[Key]:
        """The ids of the images, as their file writes them."""
        return list(self.keys) if isinstance(self.keys, tuple) else self.keys.tolist()

    def totals(
        self, weights: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], list[float]]:
        """True positives, false positives and false negatives (K,), and sums of IoU, rounded once.

        Args:
            weights: how often each image counts, int64, shape (I,).
        """
        number, rows = len(self.category_id), per_row(weights, self.offsets)
        columns = (self.tp, self.fp, self.fn, self.iou_whole, *halves(self.iou_units))
        tp, fp, fn, whole, upper, lower = (
            sums(self.category, column, rows, number) for column in columns
        )
        units = zip(whole.tolist(), upper.tolist(), lower.tolist(), strict=True)
        # a quotient of whole numbers of any size is rounded once, like math.fsum
        iou = [(w * UNITS + (u << HALF) + v) / UNITS for w, u, v in units]
        return tp, fp, fn, iou


def panoptic_statistics(
    images: Sequence[ImageMatches],
    image_id: NDArray[np.int64] | Sequence[Key],
    category_id: NDArray[np.int64],
    category_names: tuple[str, ...],
    is_thing: NDArray[np.bool_],
    settings: Mapping[str, Any],
    category_keys: Keys | None = None,
) -> PanopticStatistics:
    """Statistics of images matched one by one.

    Args:
        images: matches of I images.
        image_id: id of each image, in any order, int64, shape (I,), or as the file writes them.
        category_id: ids of K categories, int64, shape (K,).
        category_names: K names.
        is_thing: whether each category is countable, bool, shape (K,).
        settings: settings that decide the numbers.
        category_keys: the keys of the categories.
    """
    number = len(category_id)
    tp, fp, fn = (
        np.concatenate(
            [np.empty(0, np.int64), *(i * number + getattr(m, name) for i, m in enumerate(images))]
        )
        for name in ("category", "fp", "fn")
    )
    cells = np.unique(np.concatenate([tp, fp, fn]))
    places = [np.searchsorted(cells, each) for each in (tp, fp, fn)]
    n_tp, n_fp, n_fn = (narrow(np.bincount(each, minlength=len(cells))) for each in places)
    iou = np.concatenate([np.empty(0), *(image.iou for image in images)])
    whole, units = _exact_sums(iou, places[0], len(cells))
    in_file_order = PanopticStatistics(
        rules=rules_of(settings),
        keys=image_id if isinstance(image_id, np.ndarray) else tuple(image_id),
        category_keys=category_keys,
        category_id=category_id,
        category_names=category_names,
        is_thing=is_thing,
        offsets=offsets_of(np.bincount(cells // max(number, 1), minlength=len(images))),
        category=narrow(cells % max(number, 1)),
        tp=n_tp,
        fp=n_fp,
        fn=n_fn,
        iou_whole=whole,
        iou_units=units,
    )
    return PanopticStatistics.merge([in_file_order])


def _exact_sums(
    iou: NDArray[np.float64], place: NDArray[np.int64], length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sums of IoU (N,) by place, as whole IoUs and remaining units, int64, (length,) each."""
    rest, whole = np.modf(iou)
    columns = (whole.astype(np.int64), *halves((rest * UNITS).astype(np.int64)))
    once = np.ones(len(iou), np.int64)
    total, upper, lower = (sums(place, column, once, length) for column in columns)
    upper += lower >> HALF
    lower, of_one = lower & ((1 << HALF) - 1), UNITS >> HALF
    return total + upper // of_one, (upper % of_one << HALF) + lower


def halves(units: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The upper and the lower bits of units."""
    return units >> HALF, units & ((1 << HALF) - 1)
