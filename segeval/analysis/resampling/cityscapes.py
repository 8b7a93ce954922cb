"""Cityscapes' AP for other weights of the images."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling import average_precision
from segeval.analysis.resampling.cityscapes_coco import ResampledWithCoco, coco_order
from segeval.analysis.resampling.replicates import (
    Numbers,
    ResampledStatistics,
    mean_of_defined,
    over,
)
from segeval.analysis.resampling.weighted_areas import plain_areas
from segeval.analysis.resampling.weighted_sums import LANES, Lanes, Rows
from segeval.data.cityscapes.labels import INSTANCES
from segeval.frozen import frozen
from segeval.metrics.cityscapes.matching import THRESHOLDS
from segeval.metrics.cityscapes.result import CityscapesResult
from segeval.metrics.cityscapes.statistics import CityscapesStatistics
from segeval.metrics.image_columns import per_row

Bits = NDArray[np.uint16]
Places = NDArray[np.int64]

EVERY = np.uint16((1 << len(THRESHOLDS)) - 1)
"""The bits of all thresholds."""


@frozen(eq=False)
class CityscapesPart:
    """What Cityscapes' AP by one kind of IoU is computed from.

    Attributes:
        statistics: those of the first model, for rules and ground truth.
        other: those of a second model, whose predictions are mixed with the first one's by rank;
            None for one model.
    """

    statistics: CityscapesStatistics
    other: CityscapesStatistics | None = None

    @property
    def described(self) -> tuple[Any, ...]:
        """Rules and ground truth, which two evaluations must share to be mixed."""
        own = self.statistics
        return own.iou, own.rules, own.gt.astype(np.int64).tobytes()

    def beside(self, other: CityscapesPart) -> CityscapesPart:
        """The parts of two models as one; the weights of the other's images follow."""
        return CityscapesPart(self.statistics, other.statistics)

    def numbers(self, weights: Lanes) -> Iterator[Numbers]:
        """All numbers of `LANES` replicates, as `Part.numbers` says."""
        areas = np.zeros((len(INSTANCES), len(THRESHOLDS), LANES))
        plain_areas(*self._curves, weights, areas)
        # each image of the first model stands for itself, whoever's outputs it has
        images = len(self.statistics)
        drawn = weights[:images] if self.other is None else weights[:images] + weights[images:]
        gt = self._gt.sums(drawn)
        table = over(areas, gt)
        by_category = np.where(gt[:, 0] > 0, table.mean(axis=1), np.nan)
        counts, every = self._images
        for key, values in (("ap", by_category), ("ap50", table[:, 0])):
            yield Numbers((), None, key, mean_of_defined(values), every)
            yield Numbers(("categories",), self._ids, key, values, counts)

    @property
    def _ids(self) -> tuple[int | str, ...]:
        return tuple(label.id for label in INSTANCES)

    @cached_property
    def _gt(self) -> Rows:
        """Objects by class."""
        image, category = np.nonzero(self.statistics.gt)
        return Rows.of(category, image, self.statistics.gt[image, category], len(INSTANCES))

    @cached_property
    def _images(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Number of images with objects of each class (K,), and of any (1,)."""
        has_gt = self.statistics.gt > 0
        return has_gt.sum(axis=0), np.array([has_gt.any(axis=1).sum()])

    @cached_property
    def _curves(self) -> tuple[Bits, Bits, NDArray[np.bool_], Places, Places]:
        """Bits, last ones of each score, sources and offsets of predictions, as `plain_areas`."""
        models = [self.statistics, *([] if self.other is None else [self.other])]
        sources = [
            per_row(np.arange(len(own)) + place * len(own), own.offsets)
            for place, own in enumerate(models)
        ]
        rank = [-models[0].score] if self.other is None else [_ranks(own.score) for own in models]
        category = np.concatenate([own.category for own in models])
        matched = np.concatenate([own.matched_bits for own in models])
        ignored = np.concatenate([own.ignored_bits for own in models])
        ranks, source = np.concatenate(rank), np.concatenate(sources)
        order = np.lexsort((ranks, category))
        category, ranks = category[order], ranks[order]
        ends = np.append((np.diff(category) != 0) | (np.diff(ranks) != 0), True)[: len(order)]
        hits = matched[order] & ~ignored[order]
        misses = ~(matched[order] | ignored[order]) & EVERY
        offsets = np.searchsorted(category, np.arange(len(INSTANCES) + 1)).astype(np.int64)
        return hits, misses, ends, source[order].astype(np.int64), offsets


def of_result(result: CityscapesResult) -> ResampledStatistics | ResampledWithCoco:
    """The numbers of Cityscapes' AP for other weights of the images."""
    keys = next(iter(result.statistics.values())).keys
    own = ResampledStatistics(
        image_ids=keys,
        file_names=("",) * len(keys),
        parts={(iou,): CityscapesPart(each) for iou, each in result.statistics.items()},
        document=result.to_dict()["results"],
    )
    if result.coco is None:
        return own
    coco = average_precision.of_result(result.coco)
    return ResampledWithCoco(own, coco, coco_order(result))


def _ranks(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many predictions have a higher score; equal scores stay equal and share a point."""
    return np.searchsorted(np.sort(-score), -score).astype(np.int64)
