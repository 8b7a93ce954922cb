"""Panoptic quality for other weights of the images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.replicates import (
    Numbers,
    ResampledStatistics,
    mean_of_defined,
    over,
)
from segeval.analysis.resampling.weighted_sums import Lanes, Rows
from segeval.data.keys import written
from segeval.frozen import frozen
from segeval.metrics.panoptic.result import PanopticResult
from segeval.metrics.panoptic.statistics import HALF, UNITS, PanopticStatistics, halves


@frozen(eq=False)
class PanopticPart:
    """What panoptic quality by one kind of IoU is computed from.

    Attributes:
        statistics: those of the first model, for rules, categories and ground truth.
        rows: true positives, false positives, false negatives, and the sum of IoU as whole IoUs
            and both halves of its units, by category, of one model or of two.
    """

    statistics: PanopticStatistics
    rows: Rows

    @property
    def described(self) -> tuple[Any, ...]:
        """Rules, categories and ground truth, which two evaluations must share to be mixed."""
        own = self.statistics
        # where ids collide, as they do in the official tool, segments depend on predictions
        segments = self._segments * ("compat=None" in own.rules)
        known = segments > 0
        return (
            own.rules,
            self.ids,
            own.is_thing.tolist(),
            self._image[known].tobytes(),
            own.category[known].astype(np.int64).tobytes(),
            segments[known].tobytes(),
        )

    def beside(self, other: PanopticPart) -> PanopticPart:
        """The parts of two models as one; the weights of the other's images follow."""
        return replace(self, rows=self.rows.beside(other.rows, len(self.statistics)))

    def numbers(self, weights: Lanes) -> Iterator[Numbers]:
        """All numbers of `LANES` replicates, as `Part.numbers` says."""
        sums = self.rows.sums(weights)
        tp, fp, fn = (sums[:, column] for column in range(3))
        iou, segments = sum_of_iou(sums), tp + 0.5 * fp + 0.5 * fn
        pq, rq = over(iou, segments), over(tp, segments)
        sq = np.where(segments > 0, np.nan_to_num(over(iou, tp)), np.nan)
        found = {"pq": pq, "sq": sq, "rq": rq}
        things = self.statistics.is_thing
        for name, chosen in (("all", np.ones_like(things)), ("things", things), ("stuff", ~things)):
            images = self.images_of(chosen)
            for key, values in found.items():
                yield Numbers((name,), None, key, mean_of_defined(values[chosen]), images)
        for key, values in found.items():
            yield Numbers(("categories",), self.ids, key, values, self.by_category)

    @cached_property
    def ids(self) -> tuple[int | str, ...]:
        """Ids of the K categories, as the file writes them."""
        return tuple(written(self.statistics.category_id, self.statistics.category_keys))

    @cached_property
    def _image(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(len(self.statistics)), np.diff(self.statistics.offsets))

    @cached_property
    def _segments(self) -> NDArray[np.int64]:
        """Ground-truth segments of every row that are no crowd regions, int64, shape (R,)."""
        return self.statistics.tp.astype(np.int64) + self.statistics.fn

    @cached_property
    def by_category(self) -> NDArray[np.int64]:
        """Number of images with segments of each category, int64, shape (K,)."""
        own = self.statistics.category[self._segments > 0]
        return np.bincount(own, minlength=len(self.ids)).astype(np.int64)

    def images_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Number of images with a segment of some categories, int64, shape (1,)."""
        rows = (self._segments > 0) & chosen[self.statistics.category]
        return np.array([len(np.unique(self._image[rows]))])


def sum_of_iou(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of IoU from those of the columns of a part (K, k, LANES), float64, (K, LANES)."""
    whole, upper, lower = (sums[:, column] for column in range(3, 6))
    return np.asarray(whole + (upper * 2.0**HALF + lower) / UNITS, np.float64)


def of_result(result: PanopticResult) -> ResampledStatistics:
    """The numbers of panoptic quality for other weights of the images."""
    ids = tuple(next(iter(result.statistics.values())).image_ids)
    return ResampledStatistics(
        image_ids=ids,
        file_names=tuple(result.file_names[own] for own in ids),
        parts={(iou,): part_of(own) for iou, own in result.statistics.items()},
        document=result.to_dict()["results"],
    )


def part_of(own: PanopticStatistics, *more: NDArray[np.int64]) -> PanopticPart:
    """The part of one kind of IoU.

    Args:
        own: its statistics.
        more: further whole numbers of every row, each of shape (R,).
    """
    image = np.repeat(np.arange(len(own)), np.diff(own.offsets))
    columns = (own.tp, own.fp, own.fn, own.iou_whole, *halves(own.iou_units), *more)
    values = np.stack([column.astype(np.int64) for column in columns], axis=1)
    return PanopticPart(own, Rows.of(own.category, image, values, len(own.category_id)))
