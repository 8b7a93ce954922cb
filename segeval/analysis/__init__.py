"""Analyses built on the metrics: where numbers come from, how sure they are, how they compare."""

from segeval.analysis.calibration.errors import Bin
from segeval.analysis.calibration.fits import Fit
from segeval.analysis.calibration.scores import Calibration, FitScores
from segeval.analysis.comparison.compare import compare
from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.own_intervals import ResultIntervals, result_intervals
from segeval.analysis.comparison.plan import Plan
from segeval.analysis.comparison.result import Comparison
from segeval.analysis.comparison.scores import ComparisonScores
from segeval.analysis.comparison.verdicts import Verdict
from segeval.analysis.errors.against import ErrorDifferences, error_differences
from segeval.analysis.errors.columns import KindColumns
from segeval.analysis.errors.confusion import ConfusedPair, Confusion, confusion
from segeval.analysis.errors.differences import KindDifference, LostDifference
from segeval.analysis.errors.error_kinds import error_kinds
from segeval.analysis.errors.in_shards import (
    evaluate_error_differences_parts,
    evaluate_error_parts,
)
from segeval.analysis.errors.label_against import (
    LabelErrorDifferences,
    label_error_differences,
)
from segeval.analysis.errors.label_confusion import label_confusion
from segeval.analysis.errors.label_differences import (
    CategoryPixelDifference,
    LabelErrorDifferenceScores,
    PixelErrorDifference,
)
from segeval.analysis.errors.label_maps import label_errors
from segeval.analysis.errors.label_result import LabelErrors
from segeval.analysis.errors.label_scores import CategoryPixels, LabelErrorScores, PixelErrors
from segeval.analysis.errors.label_statistics import LabelErrorStatistics
from segeval.analysis.errors.of_parts import error_differences_of_parts, error_kinds_of_part
from segeval.analysis.errors.pair import Pair
from segeval.analysis.errors.panoptic_against import (
    PanopticErrorDifferences,
    panoptic_error_differences,
)
from segeval.analysis.errors.panoptic_differences import (
    CategoryLossDifference,
    PanopticErrorDifferenceScores,
    QualityDifference,
    SegmentErrorDifference,
)
from segeval.analysis.errors.panoptic_errors import panoptic_errors
from segeval.analysis.errors.panoptic_outcomes import SegmentOutcomes
from segeval.analysis.errors.panoptic_result import PanopticErrors
from segeval.analysis.errors.panoptic_shares import (
    CategoryLoss,
    ConfusedCategories,
    LostQuality,
    PanopticErrorScores,
    SegmentErrors,
)
from segeval.analysis.errors.panoptic_statistics import PanopticErrorStatistics
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
from segeval.analysis.evaluation import evaluated
from segeval.analysis.folds import image_folds
from segeval.analysis.image_errors import ImageErrors, image_errors
from segeval.analysis.oracles.scores import ModelOracles, Oracle, OracleScores, SizeOracles
from segeval.analysis.oracles.several import BestPerCategory, FoundTogether
from segeval.analysis.oracles.upper_bounds import Oracles
from segeval.analysis.size_counts import SizeCounts, count_sizes, object_areas
from segeval.analysis.splitting.result import AbsentCategory, PartOfSplit, SplitScores
from segeval.analysis.splitting.run import split_files
from segeval.analysis.suspects.as_coco import suspects_as_coco
from segeval.analysis.suspects.result import (
    DisputedLabel,
    LabelSuspect,
    LabelSuspects,
    UnfoundObject,
)
from segeval.analysis.suspects.search import label_suspects
from segeval.analysis.sweep import SweepPoint, SweepResult, SweepScores, sweep_max_dets
from segeval.analysis.thresholds.held_out import HeldOut
from segeval.analysis.thresholds.operating_point import OperatingPoint, operating_point
from segeval.analysis.thresholds.scores import (
    LRP,
    CategoryThreshold,
    Point,
    SizePoint,
    ThresholdScores,
)

__all__ = [
    "LRP",
    "AbsentCategory",
    "BestPerCategory",
    "Bin",
    "Calibration",
    "CategoryCosts",
    "CategoryLoss",
    "CategoryLossDifference",
    "CategoryPixelDifference",
    "CategoryPixels",
    "CategoryThreshold",
    "Comparison",
    "ComparisonScores",
    "ConfusedCategories",
    "ConfusedPair",
    "Confusion",
    "Difference",
    "DisputedLabel",
    "ErrorDifferences",
    "ErrorKinds",
    "ErrorScores",
    "Fit",
    "FitScores",
    "FoundTogether",
    "HeldOut",
    "ImageErrors",
    "KindColumns",
    "KindCost",
    "KindDifference",
    "LabelErrorDifferenceScores",
    "LabelErrorDifferences",
    "LabelErrorScores",
    "LabelErrorStatistics",
    "LabelErrors",
    "LabelSuspect",
    "LabelSuspects",
    "LostAP",
    "LostDifference",
    "LostQuality",
    "ModelOracles",
    "OperatingPoint",
    "Oracle",
    "OracleScores",
    "Oracles",
    "Pair",
    "PanopticErrorDifferenceScores",
    "PanopticErrorDifferences",
    "PanopticErrorScores",
    "PanopticErrorStatistics",
    "PanopticErrors",
    "PartOfSplit",
    "PixelErrorDifference",
    "PixelErrors",
    "Plan",
    "Point",
    "QualityDifference",
    "ResultIntervals",
    "SegmentErrorDifference",
    "SegmentErrors",
    "SegmentOutcomes",
    "SizeCosts",
    "SizeCounts",
    "SizeOracles",
    "SizePoint",
    "SliceCosts",
    "SplitScores",
    "SweepPoint",
    "SweepResult",
    "SweepScores",
    "ThresholdCosts",
    "ThresholdScores",
    "UnfoundObject",
    "Verdict",
    "compare",
    "confusion",
    "count_sizes",
    "error_differences",
    "error_differences_of_parts",
    "error_kinds",
    "error_kinds_of_part",
    "evaluate_error_differences_parts",
    "evaluate_error_parts",
    "evaluated",
    "image_errors",
    "image_folds",
    "label_confusion",
    "label_error_differences",
    "label_errors",
    "label_suspects",
    "object_areas",
    "operating_point",
    "panoptic_error_differences",
    "panoptic_errors",
    "result_intervals",
    "split_files",
    "suspects_as_coco",
    "sweep_max_dets",
]
