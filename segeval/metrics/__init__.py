"""Average precision: protocols as data, one matching, one accumulation."""

from segeval.metrics.coco.average_precision import average_precision, match
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.per_image import ImageScores
from segeval.metrics.coco.protocol import COCO, LVIS, PROTOCOLS, Protocol
from segeval.metrics.coco.result import APResult
from segeval.metrics.coco.scores import CategoryScores, FrequencyScores, Scores, SizeScores
from segeval.metrics.result import Result
from segeval.metrics.sizes import PRESETS, SizeBucket, buckets

__all__ = [
    "COCO",
    "LVIS",
    "PRESETS",
    "PROTOCOLS",
    "APResult",
    "CategoryScores",
    "FrequencyScores",
    "ImageScores",
    "Matches",
    "Protocol",
    "Result",
    "Scores",
    "SizeBucket",
    "SizeScores",
    "average_precision",
    "buckets",
    "match",
]
