"""Instance AP of Cityscapes."""

from segeval.metrics.cityscapes.evaluate import cityscapes_ap
from segeval.metrics.cityscapes.result import (
    CityscapesResult,
    CityscapesScores,
    ClassScores,
    CocoScores,
)

__all__ = ["CityscapesResult", "CityscapesScores", "ClassScores", "CocoScores", "cityscapes_ap"]
