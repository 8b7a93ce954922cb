"""Instance AP of Cityscapes."""

from segeval.metrics.cityscapes.average_precision import cityscapes_ap
from segeval.metrics.cityscapes.result import (
    CategoryScores,
    CityscapesResult,
    CityscapesScores,
    CocoScores,
)
from segeval.metrics.cityscapes.statistics import CityscapesStatistics
from segeval.metrics.cityscapes.summary import cityscapes_scores

__all__ = [
    "CategoryScores",
    "CityscapesResult",
    "CityscapesScores",
    "CityscapesStatistics",
    "CocoScores",
    "cityscapes_ap",
    "cityscapes_scores",
]
