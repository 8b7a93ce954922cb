"""Errors of panoptic files for other weights of the images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from segeval.analysis.errors.panoptic_result import PanopticErrors
from segeval.analysis.errors.panoptic_shares import PANOPTIC_KINDS
from segeval.analysis.errors.panoptic_statistics import PanopticErrorStatistics
from segeval.analysis.resampling.panoptic import PanopticPart, part_of, sum_of_iou
from segeval.analysis.resampling.replicates import (
    Numbers,
    ResampledStatistics,
    mean_of_defined,
    over,
)
from segeval.analysis.resampling.weighted_sums import Lanes
from segeval.frozen import frozen


@frozen(eq=False)
class PanopticErrorPart:
    """What the shares of errors by one kind of IoU are computed from.

    Attributes:
        quality: the same for panoptic quality, whose rows also have confused segments, false ones
            and missed ones.
    """

    quality: PanopticPart

    @property
    def described(self) -> tuple[Any, ...]:
        """Rules, categories and ground truth, which two evaluations must share to be mixed."""
        return self.quality.described

    def beside(self, other: PanopticErrorPart) -> PanopticErrorPart:
        """The parts of two models as one; the weights of the other's images follow."""
        return replace(self, quality=self.quality.beside(other.quality))

    def numbers(self, weights: Lanes) -> Iterator[Numbers]:
        """All numbers of `LANES` replicates, as `Part.numbers` says."""
        own = self.quality
        sums = own.rows.sums(weights)
        tp, fp, fn = (sums[:, column] for column in range(3))
        false, missed = sums[:, 6], sums[:, 7]
        iou, parts = sum_of_iou(sums), tp + 0.5 * fp + 0.5 * fn
        lost = (tp - iou, 0.5 * (false + missed), 0.5 * (fp - false), 0.5 * (fn - missed))
        shares = np.stack([over(each, parts) for each in lost])  # (kinds, K, LANES)
        found = {"pq": over(iou, parts), "recognition": over(0.5 * (fp + fn), parts)}
        things, kinds = own.statistics.is_thing, len(PANOPTIC_KINDS)
        for name, chosen in (("all", np.ones_like(things)), ("things", things), ("stuff", ~things)):
            images = own.images_of(chosen)
            for key, values in found.items():
                yield Numbers((name,), None, key, mean_of_defined(values[chosen]), images)
            means = np.concatenate([mean_of_defined(each[chosen]) for each in shares])
            yield Numbers((name, "kinds"), PANOPTIC_KINDS, "share", means, np.repeat(images, kinds))
        for key, values in found.items():
            yield Numbers(("categories",), own.ids, key, values, own.by_category)
        for place, number in enumerate(own.ids):
            images = np.repeat(own.by_category[place], kinds)
            before = ("categories", number, "kinds")
            yield Numbers(before, PANOPTIC_KINDS, "share", shares[:, place], images)


def of_result(result: PanopticErrors) -> ResampledStatistics:
    """The shares of errors for other weights of the images."""
    ids = tuple(next(iter(result.quality.statistics.values())).image_ids)
    return ResampledStatistics(
        image_ids=ids,
        file_names=tuple(result.quality.file_names[own] for own in ids),
        parts={(kind,): _part(own) for kind, own in result.statistics.items()},
        document=result.to_dict()["results"],
    )


def _part(own: PanopticErrorStatistics) -> PanopticErrorPart:
    """The part of one kind of IoU."""
    return PanopticErrorPart(part_of(own.quality, *own.confused().T))
