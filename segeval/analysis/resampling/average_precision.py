"""AP and AR for other weights of the images, from matches that are made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.ap_numbers import APNumbers
from segeval.analysis.resampling.draws import image_keys
from segeval.analysis.resampling.resampled import Path
from segeval.data.keys import written
from segeval.metrics.coco.curves import Curves, threshold_index
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.result import APResult


@dataclass(frozen=True, eq=False)
class ResampledAP:
    """The numbers of an AP evaluation, by all its kinds of IoU, for other weights of the images.

    Attributes:
        result: of the evaluation.
    """

    result: APResult

    @cached_property
    def kinds(self) -> dict[str, APNumbers]:
        """The numbers by kind of IoU."""
        return {iou: APNumbers(scores.matches) for iou, scores in self.result.scores.items()}

    @property
    def image_keys(self) -> NDArray[np.uint64]:
        """What stands for each of the I images in draws, uint64, shape (I,)."""
        matches = self.result.matches
        return image_keys(matches.image_ids, matches.image_keys)

    @property
    def image_ids(self) -> tuple[int | str, ...]:
        """The ids of the images as the file writes them, ascending."""
        matches = self.result.matches
        return tuple(written(matches.image_ids, matches.image_keys))

    @property
    def file_names(self) -> tuple[str, ...]:
        """The file names of the images, "" where there is none."""
        return self.result.matches.file_names

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Where each of the M numbers is in JSON."""
        return tuple((iou, *path) for iou, own in self.kinds.items() for path in own.paths)

    @cached_property
    def images_with(self) -> NDArray[np.int64]:
        """Number of images that have counted ground truth for each number, int64, shape (M,)."""
        return np.concatenate([own.images_with for own in self.kinds.values()])

    def numbers(
        self, weights: NDArray[Any] | None = None, workers: int | None = None
    ) -> NDArray[np.float64]:
        """The numbers for R replicates, as `Resampled.numbers` says, float64, shape (R, M)."""
        if weights is None:
            scores = self.result.scores
            own = [kind.of_scores(scores[iou]) for iou, kind in self.kinds.items()]
            return np.concatenate(own)[np.newaxis]
        return np.concatenate(
            [
                np.concatenate([kind.of_curves(_curves(kind.matches, w, workers)) for w in weights])
                for kind in self.kinds.values()
            ],
            axis=1,
        )

    def mixed(
        self, other: ResampledAP, swapped: NDArray[np.bool_], workers: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The numbers of both mixed sets, as `Resampled.mixed` says, each of shape (R, M)."""
        raise NotImplementedError


def of_result(result: APResult) -> ResampledAP:
    """The numbers of an AP evaluation for other weights of its images."""
    return ResampledAP(result)


def _curves(matches: Matches, weights: NDArray[Any], workers: int | None) -> NDArray[np.float64]:
    """AP, AP50, AP75 and AR of every curve for one replicate, float64, shape (K, A, 4, 1)."""
    at = [threshold_index(matches.thresholds, threshold) for threshold in (0.5, 0.75)]
    found = np.full((len(matches.category_ids), len(matches.buckets), 4, 1), np.nan)
    for bucket in range(len(matches.buckets)):
        curves = matches.curves(bucket, weights=weights, workers=workers)
        found[:, bucket, :, 0] = _values(curves, at).T
    return found


def _values(curves: Curves, at: list[int | None]) -> NDArray[np.float64]:
    """AP, AP50, AP75 and AR of each group, NaN where undefined, float64, shape (4, K)."""
    nothing = np.full(len(curves.gt), np.nan)
    ar = np.where(curves.gt > 0, curves.recall[:, -1].mean(axis=1), np.nan)
    at_one = [nothing if place is None else curves.by_group(place) for place in at]
    return np.stack([curves.by_group(), *at_one, ar])
