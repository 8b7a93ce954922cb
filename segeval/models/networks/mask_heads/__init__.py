"""Heads that predict the masks of boxes."""

from segeval.models.networks.mask_heads.coarse_head import CoarseHead
from segeval.models.networks.mask_heads.conv_head import ConvHead
from segeval.models.networks.mask_heads.htc_heads import HTCHead, HTCHeads
from segeval.models.networks.mask_heads.htc_refine import RefinedHTCHeads, htc_mask_heads
from segeval.models.networks.mask_heads.no_masks import NoMasks
from segeval.models.networks.mask_heads.point_head import PointHead
from segeval.models.networks.mask_heads.pointrend_head import PointRendHead
from segeval.models.networks.mask_heads.refine_head import RefineMaskHead

__all__ = [
    "CoarseHead",
    "ConvHead",
    "HTCHead",
    "HTCHeads",
    "NoMasks",
    "PointHead",
    "PointRendHead",
    "RefineMaskHead",
    "RefinedHTCHeads",
    "htc_mask_heads",
]
