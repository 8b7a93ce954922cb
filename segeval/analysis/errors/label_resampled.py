"""Wrong pixels of label maps for other weights of the images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.label_pixels import IGNORED, RIGHT_PIXELS
from segeval.analysis.errors.label_result import LabelErrors
from segeval.analysis.errors.label_scores import COLUMNS_OF_KINDS, LABEL_KINDS
from segeval.analysis.errors.label_statistics import LabelErrorStatistics
from segeval.analysis.resampling.replicates import (
    Numbers,
    ResampledStatistics,
    mean_of_defined,
    over,
)
from segeval.analysis.resampling.weighted_sums import Lanes, Rows
from segeval.frozen import frozen


@frozen(eq=False)
class LabelErrorPart:
    """What the numbers of wrong pixels are computed from.

    Attributes:
        statistics: those of the first model, for rules, classes and ground truth.
        rows: pixels by class, of one model or of two.
    """

    statistics: LabelErrorStatistics
    rows: Rows

    @property
    def described(self) -> tuple[Any, ...]:
        """Rules, classes and ground truth, which two evaluations must share to be mixed."""
        own, gt = self.statistics, self._gt
        known = gt > 0
        return (
            own.rules,
            own.category_id.tolist(),
            (own.boundary_ratio, own.boundary_px),
            self._image[known].tobytes(),
            own.category[known].astype(np.int64).tobytes(),
            gt[known].tobytes(),
        )

    def beside(self, other: LabelErrorPart) -> LabelErrorPart:
        """The parts of two models as one; the weights of the other's images follow."""
        return replace(self, rows=self.rows.beside(other.rows, len(self.statistics)))

    def numbers(self, weights: Lanes) -> Iterator[Numbers]:
        """All numbers of `LANES` replicates, as `Part.numbers` says."""
        totals = self.rows.sums(weights)
        union = totals[:, :IGNORED].sum(axis=1)
        iou = over(totals[:, RIGHT_PIXELS], union)
        shares = [
            over(totals[:, false] + totals[:, missed], union)
            for false, missed in COLUMNS_OF_KINDS.values()
        ]
        ids = tuple(self.statistics.category_id.tolist())
        images, every = self._images
        yield Numbers((), None, "miou", mean_of_defined(iou), every)
        means = np.concatenate([mean_of_defined(each) for each in shares])
        of_kinds = np.repeat(every, len(LABEL_KINDS))
        yield Numbers(("kinds",), LABEL_KINDS, "share", means, of_kinds)
        yield Numbers(("categories",), ids, "iou", iou, images)
        for place, own in enumerate(ids):
            values = np.stack([each[place] for each in shares])
            before = ("categories", own, "kinds")
            number = np.repeat(images[place], len(LABEL_KINDS))
            yield Numbers(before, LABEL_KINDS, "share", values, number)

    @cached_property
    def _image(self) -> NDArray[np.int64]:
        """The image of every row, int64, shape (R,)."""
        offsets = self.statistics.offsets
        return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))

    @cached_property
    def _gt(self) -> NDArray[np.int64]:
        """True pixels of every row, int64, shape (R,)."""
        return self.statistics.true_pixels

    @cached_property
    def _images(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Number of images that have each class, (C,), and any class, (1,)."""
        known = self._image[self._gt > 0]
        return self.statistics.images_with, np.array([len(np.unique(known))])


def of_result(result: LabelErrors) -> ResampledStatistics:
    """The numbers of wrong pixels for other weights of the images."""
    own = result.statistics
    image = np.repeat(np.arange(len(own)), np.diff(own.offsets))
    rows = Rows.of(own.category, image, own.pixels, len(own.category_id))
    return ResampledStatistics(
        image_ids=own.keys,
        file_names=own.keys,
        parts={(): LabelErrorPart(own, rows)},
        document=result.to_dict()["results"],
    )
