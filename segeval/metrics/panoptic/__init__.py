"""Panoptic quality (Kirillov et al. 2019) and boundary PQ (Cheng et al. 2021)."""

from segeval.metrics.panoptic.quality import panoptic_quality
from segeval.metrics.panoptic.result import (
    ClassQuality,
    PanopticResult,
    PanopticScores,
    Quality,
)

__all__ = [
    "ClassQuality",
    "PanopticResult",
    "PanopticScores",
    "Quality",
    "panoptic_quality",
]
