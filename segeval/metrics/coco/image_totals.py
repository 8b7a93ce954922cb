"""What notes ask of the images and objects of a set: totals, which those of parts add up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segeval.checks.whole_scores import ScoreTotals
from segeval.checks.whole_set import PredictedImages
from segeval.frozen import frozen

if TYPE_CHECKING:
    from segeval.metrics.coco.evidence import ImageCounts

MISSED = 0.25
"""Largest share of the objects of an image that is found where its predictions are in vain."""


@frozen(eq=False, repr=False)
class ImageTotals:
    """Totals of some images.

    Attributes:
        predicted: predictions of the images with objects.
        scores: of all images.
        judged: number of images with judged predictions and objects that count.
        in_vain: how many of these find few of their objects.
        boxed: number of predictions that have a box.
        beside: how many of these have a mask too.
    """

    predicted: PredictedImages
    scores: ScoreTotals
    judged: int
    in_vain: int
    boxed: int
    beside: int

    @classmethod
    def of(
        cls, image_ids: NDArray[np.int64], counts: ImageCounts, counted: NDArray[np.int64]
    ) -> ImageTotals:
        """Those of I images.

        Args:
            image_ids: ascending, shape (I,).
            counts: what is known of each.
            counted: objects of each that count in the first size bucket, int64, shape (I,).
        """
        there = counts.objects > 0
        both = (counts.judged > 0) & (counted > 0)
        return cls(
            PredictedImages.of(image_ids[there], counts.predictions[there]),
            ScoreTotals.of(image_ids, counts.predictions, counts.above, counts.highest),
            int(both.sum()),
            int((counts.hits[both] <= MISSED * counted[both]).sum()),
            int(counts.boxed.sum()),
            int(counts.beside.sum()),
        )

    @classmethod
    def together(cls, parts: Sequence[ImageTotals]) -> ImageTotals:
        """Those of several lists of images, each of which comes before the next.

        Args:
            parts: at least one.
        """
        return cls(
            PredictedImages.together([part.predicted for part in parts]),
            ScoreTotals.together([part.scores for part in parts]),
            sum(part.judged for part in parts),
            sum(part.in_vain for part in parts),
            sum(part.boxed for part in parts),
            sum(part.beside for part in parts),
        )

    @classmethod
    def none(cls) -> ImageTotals:
        """Those of no images."""
        none = np.zeros(0, np.int64)
        scores = ScoreTotals.of(none, none, none, np.zeros(0))
        return cls(PredictedImages.of(none, none), scores, 0, 0, 0, 0)


@frozen(eq=False, repr=False)
class SetTotals:
    """Totals of a set.

    Attributes:
        images: of its images.
        objects: number of ground truths.
        counted: of each category how many count in the first size bucket, int64, shape (K,).
    """

    images: ImageTotals
    objects: int
    counted: NDArray[np.int64]
