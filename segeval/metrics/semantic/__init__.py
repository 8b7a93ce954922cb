"""Label maps: mean IoU, trimaps, boundaries."""

from segeval.metrics.semantic.boundary import class_boundary_counts
from segeval.metrics.semantic.boundary_f import BoundaryF, boundary_f
from segeval.metrics.semantic.confusion import Scored, confusion, scored
from segeval.metrics.semantic.mean_iou import mean_iou
from segeval.metrics.semantic.result import (
    BandClass,
    BoundaryClass,
    BoundaryFClass,
    BoundaryFScores,
    BoundaryScores,
    ClassScores,
    GroupScores,
    MeanIoUResult,
    TrimapScores,
)
from segeval.metrics.semantic.trimap import band_index

__all__ = [
    "BandClass",
    "BoundaryClass",
    "BoundaryF",
    "BoundaryFClass",
    "BoundaryFScores",
    "BoundaryScores",
    "ClassScores",
    "GroupScores",
    "MeanIoUResult",
    "Scored",
    "TrimapScores",
    "band_index",
    "boundary_f",
    "class_boundary_counts",
    "confusion",
    "mean_iou",
    "scored",
]
