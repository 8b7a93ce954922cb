"""In how many images the ground truth of label maps has what a number is about."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.semantic.instance_iou import OF_INSTANCES, weighed_instances
from segeval.metrics.semantic.statistics import GT, IGNORED, LabelMapStatistics

Counts = NDArray[np.int64]


@frozen(eq=False)
class LabelMapImages:
    """Numbers of images with evaluated true pixels.

    Attributes:
        statistics: those of the label maps.
    """

    statistics: LabelMapStatistics

    @cached_property
    def by_band(self) -> list[tuple[Counts, Counts]]:
        """With pixels of each class (C,), and of any (1,): within each band, and at all."""
        return [
            (self._with(self._category[has], self._image[has], self._classes), self._any(has))
            for has in self._has_gt
        ]

    def by_group(self, group: Counts, groups: int) -> Counts:
        """With pixels of each group, int64, shape (groups,).

        Args:
            group: of each class, int64, shape (C,).
            groups: their number.
        """
        has = self._has_gt[-1]
        return self._with(group[self._category[has]], self._image[has], groups)

    @cached_property
    def by_label(self) -> Counts:
        """With instances of each label, int64, shape (256,)."""
        return self._with(self.statistics.instance_label, self._instance_image, 256)

    @cached_property
    def by_group_of_instances(self) -> Counts:
        """With instances of each of `OF_INSTANCES`, int64."""
        own = self.statistics
        group, _ = weighed_instances(own.instance_label, own.instance_pixels)
        return self._with(group, self._instance_image, len(OF_INSTANCES))

    @cached_property
    def with_instances(self) -> Counts:
        """With any instance, int64, shape (1,)."""
        return np.array([len(np.unique(self._instance_image))])

    @property
    def _classes(self) -> int:
        return len(self.statistics.category_id)

    @cached_property
    def _category(self) -> NDArray[np.int64]:
        return self.statistics.category.astype(np.int64)

    @cached_property
    def _image(self) -> NDArray[np.int64]:
        own = self.statistics
        return np.repeat(np.arange(len(own)), np.diff(own.offsets))

    @cached_property
    def _instance_image(self) -> NDArray[np.int64]:
        own = self.statistics
        return np.repeat(np.arange(len(own)), np.diff(own.instance_offsets))

    @cached_property
    def _has_gt(self) -> list[NDArray[np.bool_]]:
        """Whether rows have evaluated true pixels, in each band with those within, and at all."""
        own = self.statistics
        gt = own.pixels[:, :, GT].astype(np.int64)
        gt -= own.pixels[:, :, IGNORED].astype(np.int64) * own.as_detectron2
        within = np.cumsum(gt, axis=1) > 0
        return [within[:, band] for band in range(within.shape[1])]

    def _any(self, has: NDArray[np.bool_]) -> Counts:
        return np.array([len(np.unique(self._image[has]))])

    def _with(self, place: NDArray[Any], image: NDArray[np.int64], length: int) -> Counts:
        """Number of different images at each place, int64, shape (length,)."""
        images = max(len(self.statistics), 1)
        cells = np.unique(place.astype(np.int64) * images + image)
        return np.bincount(cells // images, minlength=length).astype(np.int64)
