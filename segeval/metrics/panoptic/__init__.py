"""Panoptic quality (Kirillov et al. 2019) and boundary PQ (Cheng et al. 2021)."""

from segeval.metrics.panoptic.quality import panoptic_quality
from segeval.metrics.panoptic.result import (
    CategoryQuality,
    PanopticResult,
    PanopticScores,
    Quality,
)
from segeval.metrics.panoptic.statistics import PanopticStatistics
from segeval.metrics.panoptic.summary import panoptic_scores

__all__ = [
    "CategoryQuality",
    "PanopticResult",
    "PanopticScores",
    "PanopticStatistics",
    "Quality",
    "panoptic_quality",
    "panoptic_scores",
]
