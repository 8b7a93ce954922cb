"""Label maps: mean IoU, trimaps, boundaries."""

from segeval.metrics.semantic.boundary import class_boundary_counts
from segeval.metrics.semantic.boundary_f import BoundaryF, boundary_f
from segeval.metrics.semantic.confusion import Scored, confusion, scored
from segeval.metrics.semantic.mean_iou import mean_iou
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.semantic.scores import (
    BandCategory,
    BoundaryCategory,
    BoundaryFCategory,
    BoundaryFScores,
    BoundaryScores,
    CategoryScores,
    GroupScores,
    MeanIoUScores,
    TrimapScores,
)
from segeval.metrics.semantic.statistics import LabelMapStatistics
from segeval.metrics.semantic.summary import mean_iou_scores
from segeval.metrics.semantic.trimap import band_index

__all__ = [
    "BandCategory",
    "BoundaryCategory",
    "BoundaryF",
    "BoundaryFCategory",
    "BoundaryFScores",
    "BoundaryScores",
    "CategoryScores",
    "GroupScores",
    "LabelMapStatistics",
    "MeanIoUResult",
    "MeanIoUScores",
    "Scored",
    "TrimapScores",
    "band_index",
    "boundary_f",
    "class_boundary_counts",
    "confusion",
    "mean_iou",
    "mean_iou_scores",
    "scored",
]
