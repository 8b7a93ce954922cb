"""Analyses built on the metrics: where numbers come from, and how they would change."""

from segeval.analysis.errors.columns import KindColumns
from segeval.analysis.errors.error_kinds import error_kinds
from segeval.analysis.errors.result import ErrorKinds
from segeval.analysis.errors.scores import (
    CategoryCosts,
    ErrorScores,
    KindCost,
    LostAP,
    SizeCosts,
    SliceCosts,
    ThresholdCosts,
)
from segeval.analysis.size_counts import SizeCounts, count_sizes, object_areas
from segeval.analysis.sweep import SweepPoint, SweepResult, SweepScores, sweep_max_dets

__all__ = [
    "CategoryCosts",
    "ErrorKinds",
    "ErrorScores",
    "KindColumns",
    "KindCost",
    "LostAP",
    "SizeCosts",
    "SizeCounts",
    "SliceCosts",
    "SweepPoint",
    "SweepResult",
    "SweepScores",
    "ThresholdCosts",
    "count_sizes",
    "error_kinds",
    "object_areas",
    "sweep_max_dets",
]
