"""An evaluation of some of its images, without matching anything again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.cityscapes_coco import coco_order
from segeval.analysis.resampling.resampled import Resampled, resampled
from segeval.metrics.cityscapes.result import CityscapesResult
from segeval.metrics.coco.restriction import of_images as matches_of_images
from segeval.metrics.coco.result import APResult
from segeval.metrics.concepts.result import ConceptF1Result
from segeval.metrics.image_columns import ImageStatistics
from segeval.metrics.result import Result


def of_images(result: Result[Any], images: NDArray[np.bool_]) -> Resampled:
    """The numbers of some images of a result, for swaps; its images are these, in their order.

    Args:
        result: of an evaluation.
        images: those that count, bool, shape (I,).
    """
    return resampled(restricted(result, images))


def restricted(result: Result[Any], images: NDArray[np.bool_]) -> Result[Any]:
    """A result whose matches or statistics are those of some images; its scores are those of all.

    Args:
        result: of an evaluation.
        images: those that count, bool, shape (I,).
    """
    if isinstance(result, APResult):
        return _of_matches(result, images)
    if isinstance(result, ConceptF1Result):
        return result.of_images(images)
    if isinstance(result, CityscapesResult) and result.coco is not None:
        coco = _of_matches(result.coco, images[coco_order(result)])
        return replace(
            result,
            coco=coco,
            statistics={key: own.take(images) for key, own in result.statistics.items()},
        )
    statistics: Any = result.statistics  # type: ignore[attr-defined]
    if isinstance(statistics, ImageStatistics):
        return _with(result, statistics.take(images))
    return _with(result, {key: own.take(images) for key, own in statistics.items()})


def _of_matches(result: APResult, images: NDArray[np.bool_]) -> APResult:
    """A result with the matches of some images."""
    scores = {
        iou: replace(own, source=matches_of_images(own.matches, images))
        for iou, own in result.scores.items()
    }
    return replace(result, scores=scores)


def _with(result: Any, statistics: Any) -> Result[Any]:
    """A result with other statistics."""
    changed: Result[Any] = replace(result, statistics=statistics)
    return changed
