"""Cityscapes' AP and that of the coco protocol together, for other weights of the images."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.average_precision import ResampledAP
from segeval.analysis.resampling.means import means_of
from segeval.analysis.resampling.replicates import ResampledStatistics
from segeval.analysis.resampling.resampled import CategoryMean
from segeval.analysis.resampling.weights import checked_swaps, checked_weights, require_alike
from segeval.frozen import frozen
from segeval.metrics.cityscapes.result import CityscapesResult

KEYS = ("ap", "ap50")
"""The numbers of the coco protocol that stand beside those of Cityscapes."""


@frozen(eq=False)
class ResampledWithCoco:
    """The numbers of both protocols.

    Attributes:
        own: Cityscapes' numbers.
        coco: all numbers of the coco protocol.
        order: place of each of its images among those of own, int64, shape (I,).
    """

    own: ResampledStatistics
    coco: ResampledAP
    order: NDArray[np.int64]

    @property
    def image_keys(self) -> NDArray[np.uint64]:
        """What stands for each of the I images in draws, uint64, shape (I,)."""
        return self.own.image_keys

    @property
    def image_ids(self) -> tuple[int | str, ...]:
        """The images as Cityscapes names them."""
        return self.own.image_ids

    @property
    def file_names(self) -> tuple[str, ...]:
        """The file names of the images, "" where there is none."""
        return self.own.file_names

    @cached_property
    def paths(self) -> tuple[KeyPath, ...]:
        """Where each of the M numbers is in JSON."""
        of_coco = [self.coco.paths[place] for place in self._chosen]
        return (*self.own.paths, *((path[0], "coco", *path[1:]) for path in of_coco))

    @property
    def images_with(self) -> NDArray[np.int64]:
        """Number of images that have counted ground truth for each number, int64, shape (M,)."""
        return np.concatenate([self.own.images_with, self.coco.images_with[self._chosen]])

    @cached_property
    def means(self) -> tuple[CategoryMean, ...]:
        """Which numbers are AP averaged over categories."""
        return means_of(self.paths)

    def numbers(
        self, weights: NDArray[Any] | None = None, workers: int | None = None
    ) -> NDArray[np.float64]:
        """The numbers for R replicates, as `Resampled.numbers` says, float64, shape (R, M)."""
        own = self.own.numbers(weights, workers)
        in_order = None
        if weights is not None:
            in_order = checked_weights(weights, len(self.image_ids))[:, self.order]
        coco = self.coco.numbers(in_order, workers)
        return np.concatenate([own, coco[:, self._chosen]], axis=1)

    def mixed(
        self, other: ResampledWithCoco, swapped: NDArray[np.bool_], workers: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The numbers of both mixed sets, as `Resampled.mixed` says, each of shape (R, M)."""
        require_alike(is_alike=isinstance(other, ResampledWithCoco))
        own = self.own.mixed(other.own, swapped, workers)
        in_order = checked_swaps(swapped, len(self.image_ids))[:, self.order]
        coco = self.coco.mixed(other.coco, in_order, workers)
        one, two = (
            np.concatenate([a, b[:, self._chosen]], axis=1) for a, b in zip(own, coco, strict=True)
        )
        return one, two

    @cached_property
    def _chosen(self) -> list[int]:
        """Places of the numbers of the coco protocol that JSON has."""
        return [
            place
            for place, path in enumerate(self.coco.paths)
            if path[-1] in KEYS and (len(path) == 2 or path[1] == "categories")
        ]


def coco_order(result: CityscapesResult) -> NDArray[np.int64]:
    """Place of each image of the coco protocol among those of Cityscapes, int64, shape (I,)."""
    keys = next(iter(result.statistics.values())).keys
    place = {key: at for at, key in enumerate(keys)}
    names = () if result.coco is None else result.coco.matches.file_names
    return np.array([place[name] for name in names], np.int64)
