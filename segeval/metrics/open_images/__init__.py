"""Average precision of the Open Images challenges."""

from segeval.metrics.open_images.average_precision import open_images_ap
from segeval.metrics.open_images.result import (
    OpenImagesCategoryScores,
    OpenImagesResult,
    OpenImagesScores,
)
from segeval.metrics.open_images.statistics import OpenImagesStatistics
from segeval.metrics.open_images.summary import open_images_scores

__all__ = [
    "OpenImagesCategoryScores",
    "OpenImagesResult",
    "OpenImagesScores",
    "OpenImagesStatistics",
    "open_images_ap",
    "open_images_scores",
]
