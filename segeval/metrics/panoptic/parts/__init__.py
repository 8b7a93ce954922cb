"""Parts of an evaluation of panoptic files: matched anywhere, merged and read."""

from segeval.metrics.panoptic.parts.mapping import evaluate_panoptic_parts, match_panoptic_parts
from segeval.metrics.panoptic.parts.part import (
    match_panoptic,
    merge_panoptic_parts,
    panoptic_quality_of_part,
)

__all__ = [
    "evaluate_panoptic_parts",
    "match_panoptic",
    "match_panoptic_parts",
    "merge_panoptic_parts",
    "panoptic_quality_of_part",
]
