"""Evaluations: AP of instances, mean IoU of label maps, panoptic quality, and their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.metrics.coco.average_precision import average_precision, match
    from segeval.metrics.coco.matches import Matches
    from segeval.metrics.coco.per_image import ImageScores
    from segeval.metrics.coco.protocol import COCO, LVIS, PROTOCOLS, Protocol
    from segeval.metrics.coco.result import APResult
    from segeval.metrics.coco.scores import CategoryScores, FrequencyScores, Scores, SizeScores
    from segeval.metrics.loop.image_targets import ImageTargets
    from segeval.metrics.result import Result
    from segeval.metrics.sizes import PRESETS, SizeBucket, buckets
    from segeval.metrics.tables import Field, Table
else:
    __getattr__ = on_first_use(
        __name__,
        {
            "coco.average_precision": "average_precision match",
            "coco.matches": "Matches",
            "coco.per_image": "ImageScores",
            "coco.protocol": "COCO LVIS PROTOCOLS Protocol",
            "coco.result": "APResult",
            "coco.scores": "CategoryScores FrequencyScores Scores SizeScores",
            "loop.image_targets": "ImageTargets",
            "result": "Result",
            "sizes": "PRESETS SizeBucket buckets",
            "tables": "Field Table",
        },
    )

__all__ = [
    "COCO",
    "LVIS",
    "PRESETS",
    "PROTOCOLS",
    "APResult",
    "CategoryScores",
    "Field",
    "FrequencyScores",
    "ImageScores",
    "ImageTargets",
    "Matches",
    "Protocol",
    "Result",
    "Scores",
    "SizeBucket",
    "SizeScores",
    "Table",
    "average_precision",
    "buckets",
    "match",
]


def __dir__() -> list[str]:
    return __all__
