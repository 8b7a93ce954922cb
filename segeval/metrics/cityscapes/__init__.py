"""Instance AP of Cityscapes."""

from segeval.metrics.cityscapes.average_precision import cityscapes_ap
from segeval.metrics.cityscapes.result import (
    CityscapesResult,
    CityscapesScores,
    ClassScores,
    CocoScores,
)
from segeval.metrics.cityscapes.scores import cityscapes_scores
from segeval.metrics.cityscapes.statistics import CityscapesStatistics

__all__ = [
    "CityscapesResult",
    "CityscapesScores",
    "CityscapesStatistics",
    "ClassScores",
    "CocoScores",
    "cityscapes_ap",
    "cityscapes_scores",
]
