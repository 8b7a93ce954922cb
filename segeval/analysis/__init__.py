"""Analyses built on the metrics: where numbers come from, how sure they are, how they compare."""

from segeval.analysis.comparison.compare import compare
from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.own_intervals import ResultIntervals, result_intervals
from segeval.analysis.comparison.plan import Plan
from segeval.analysis.comparison.result import Comparison
from segeval.analysis.comparison.scores import ComparisonScores
from segeval.analysis.comparison.verdicts import Verdict
from segeval.analysis.errors.against import ErrorDifferences, error_differences
from segeval.analysis.errors.columns import KindColumns
from segeval.analysis.errors.differences import KindDifference, LostDifference, Pair
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
    "Comparison",
    "ComparisonScores",
    "Difference",
    "ErrorDifferences",
    "ErrorKinds",
    "ErrorScores",
    "KindColumns",
    "KindCost",
    "KindDifference",
    "LostAP",
    "LostDifference",
    "Pair",
    "Plan",
    "ResultIntervals",
    "SizeCosts",
    "SizeCounts",
    "SliceCosts",
    "SweepPoint",
    "SweepResult",
    "SweepScores",
    "ThresholdCosts",
    "Verdict",
    "compare",
    "count_sizes",
    "error_differences",
    "error_kinds",
    "object_areas",
    "result_intervals",
    "sweep_max_dets",
]
