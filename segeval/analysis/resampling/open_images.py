"""AP of Open Images for other weights of the images."""

from __future__ import annotations

from collections.abc import Iterator
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
from segeval.analysis.resampling.weighted_areas import GROUP, envelope_areas
from segeval.analysis.resampling.weighted_sums import LANES, Lanes, Rows
from segeval.frozen import frozen
from segeval.metrics.image_columns import per_row
from segeval.metrics.open_images.result import OpenImagesResult
from segeval.metrics.open_images.statistics import OpenImagesStatistics


@frozen(eq=False)
class OpenImagesPart:
    """What AP by one kind of IoU is computed from.

    Attributes:
        statistics: those of the first model, for rules, categories and ground truth.
        other: those of a second model, whose entries are mixed with the first one's by rank; None
            for one model.
    """

    statistics: OpenImagesStatistics
    other: OpenImagesStatistics | None = None

    @property
    def described(self) -> tuple[Any, ...]:
        """Rules, categories and ground truth, which two evaluations must share to be mixed."""
        own = self.statistics
        known = (own.singles > 0) | (own.groups > 0)
        columns = (self._image, own.category, own.singles, own.groups)
        gt = [column[known].astype(np.int64).tobytes() for column in columns]
        return own.iou, own.group_of_weight, own.rules, own.category_names, *gt

    def beside(self, other: OpenImagesPart) -> OpenImagesPart:
        """The parts of two models as one; the weights of the other's images follow."""
        return OpenImagesPart(self.statistics, other.statistics)

    def numbers(self, weights: Lanes) -> Iterator[Numbers]:
        """All numbers of `LANES` replicates, as `Part.numbers` says."""
        areas = np.empty((len(self._names), LANES))
        state, source, offsets = self._curves
        envelope_areas(state, source, offsets, self._group_weight, weights, areas)
        # each image of the first model stands for itself, whoever's outputs it has
        images = len(self.statistics)
        drawn = weights[:images] if self.other is None else weights[:images] + weights[images:]
        gt = self._gt.sums(drawn)
        ap50 = over(areas, gt[:, 0] + self._group_weight * gt[:, 1])
        counts, every = self._images
        yield Numbers((), None, "ap50", mean_of_defined(ap50), every)
        yield Numbers(("categories",), self._names, "ap50", ap50, counts)

    @property
    def _group_weight(self) -> float:
        return float(self.statistics.group_of_weight)

    @property
    def _names(self) -> tuple[str, ...]:
        return self.statistics.category_names

    @cached_property
    def _image(self) -> NDArray[np.int64]:
        own = self.statistics
        return np.repeat(np.arange(len(own)), np.diff(own.offsets))

    @cached_property
    def _gt(self) -> Rows:
        """Single objects and groups by class."""
        own = self.statistics
        values = np.stack([own.singles, own.groups], axis=1)
        return Rows.of(own.category, self._image, values, len(self._names))

    @cached_property
    def _images(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Number of images with ground truth of each class (K,), and of any (1,)."""
        own = self.statistics
        counted = own.singles + self._group_weight * own.groups > 0
        by_class = np.bincount(own.category[counted], minlength=len(self._names))
        return by_class.astype(np.int64), np.array([len(np.unique(self._image[counted]))])

    @cached_property
    def _curves(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """State, source and offsets of entries, as `envelope_areas`.

        Equal ranks of two models go by image, the last one first, as equal scores do.
        """
        models = [self.statistics, *([] if self.other is None else [self.other])]
        found = []
        for place, own in enumerate(models):
            kept = np.flatnonzero((own.state != GROUP) | (self._group_weight > 0))
            image = per_row(np.arange(len(own)), own.entry_offsets)[kept]
            columns = own.entry_category[kept], own.state[kept], image, image + place * len(own)
            found.append((*columns, _ranks(own.score[kept])))
        category, state, image, source, rank = map(np.concatenate, zip(*found, strict=True))
        order = np.lexsort((-image, rank, category))
        offsets = np.searchsorted(category[order], np.arange(len(self._names) + 1))
        return state[order], source[order].astype(np.int64), offsets.astype(np.int64)


def of_result(result: OpenImagesResult) -> ResampledStatistics:
    """The numbers of AP on Open Images for other weights of the images."""
    keys = next(iter(result.statistics.values())).keys
    return ResampledStatistics(
        image_ids=keys,
        file_names=("",) * len(keys),
        parts={(iou,): OpenImagesPart(own) for iou, own in result.statistics.items()},
        document=result.to_dict()["results"],
    )


def _ranks(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Place of each entry in the order of the evaluation: of equal scores the last one first."""
    backwards = np.arange(len(score))[::-1]
    ranks = np.empty(len(score), np.int64)
    ranks[backwards[np.argsort(-score[::-1], kind="stable")]] = np.arange(len(score))
    return ranks
