"""Analyses built on the metrics: where numbers come from, and how they would change."""

from segeval.analysis.size_counts import SizeCounts, count_sizes, object_areas
from segeval.analysis.sweep import SweepPoint, SweepResult, SweepScores, sweep_max_dets

__all__ = [
    "SizeCounts",
    "SweepPoint",
    "SweepResult",
    "SweepScores",
    "count_sizes",
    "object_areas",
    "sweep_max_dets",
]
