"""Heads that predict a class for every pixel."""

from segeval.models.networks.semantic_heads.concat_head import ConcatHead
from segeval.models.networks.semantic_heads.deeplab_head import DeepLabHead
from segeval.models.networks.semantic_heads.fpn_head import SemanticFPNHead
from segeval.models.networks.semantic_heads.label_loss import (
    label_loss,
    labels_at,
    pixel_loss,
)
from segeval.models.networks.semantic_heads.pointrend_head import SemanticPointRendHead

__all__ = [
    "ConcatHead",
    "DeepLabHead",
    "SemanticFPNHead",
    "SemanticPointRendHead",
    "label_loss",
    "labels_at",
    "pixel_loss",
]
