"""What predicts how good masks are."""

from segeval.models.networks.mask_scorers.mask_iou_head import MaskIoUHead, no_scorer

__all__ = ["MaskIoUHead", "no_scorer"]
