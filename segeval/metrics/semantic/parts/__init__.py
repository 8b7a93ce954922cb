"""Parts of an evaluation of label maps as files: counted anywhere, merged and read."""

from segeval.metrics.semantic.arguments import Arguments
from segeval.metrics.semantic.parts.mapping import evaluate_label_map_parts, match_label_map_parts
from segeval.metrics.semantic.parts.part import (
    match_label_maps,
    mean_iou_of_part,
    merge_label_map_parts,
)

__all__ = [
    "Arguments",
    "evaluate_label_map_parts",
    "match_label_map_parts",
    "match_label_maps",
    "mean_iou_of_part",
    "merge_label_map_parts",
]
