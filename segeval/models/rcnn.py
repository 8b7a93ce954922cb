"""PointRend for instances: from an image to boxes, classes and masks.

    image -> backbone (ResNet, FPN) -> proposal_generator (RPN) -> box_head, box_predictor
          -> mask_head (coarse mask, then points) -> mask logits

Names of modules are those of the published checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from segeval.models.backbone import FPN, ResNet
from segeval.models.box_head import BoxHead, BoxPredictor, Detections, detect_boxes
from segeval.models.mask_heads import PointRendHead
from segeval.models.ops.pooling import pool_boxes
from segeval.models.rpn import RPN


@dataclass(frozen=True)
class Instances:
    """What was found in an image, best score first.

    Attributes:
        boxes: x0, y0, x1, y1 in pixels, inside the image, (N, 4).
        scores: probability of the class, (N,).
        classes: 0 to K - 1, int64, (N,).
        masks: logits inside of the boxes, (N, 1, S, S); `ops.pasting.paste_masks` makes masks of
            the image of them.
    """

    boxes: Tensor
    scores: Tensor
    classes: Tensor
    masks: Tensor


class Heads(nn.Module):
    """What looks at boxes.

    Args:
        box_head: from pooled features to hidden numbers.
        box_predictor: from these to class logits and box deltas.
        mask_head: from features and boxes to masks.
    """

    def __init__(
        self, box_head: BoxHead, box_predictor: BoxPredictor, mask_head: PointRendHead
    ) -> None:
        super().__init__()
        self.box_head = box_head
        self.box_predictor = box_predictor
        self.mask_head = mask_head


class PointRendRCNN(nn.Module):
    """Mask R-CNN with PointRend's mask head.

    Args:
        bottom_up: the backbone below the pyramid.
        classes: K.
        mask_head: PointRend's; None makes the published one for K classes.
        class_agnostic: one box per proposal for all classes.

    Source:
        Kirillov et al. 2020, PointRend, section 4; Lin et al. 2017, FPN; He et al. 2017, Mask
        R-CNN.

    Example:
        >>> model = PointRendRCNN(ResNet(50), classes=80)
        >>> sum(each.numel() for each in model.parameters())
        60161792
    """

    def __init__(
        self,
        bottom_up: ResNet,
        *,
        classes: int = 80,
        mask_head: PointRendHead | None = None,
        class_agnostic: bool = False,
    ) -> None:
        super().__init__()
        self.backbone = FPN(bottom_up)
        self.proposal_generator = RPN(self.backbone.channels)
        self.roi_heads = Heads(
            BoxHead(self.backbone.channels),
            BoxPredictor(classes, class_agnostic=class_agnostic),
            PointRendHead(classes) if mask_head is None else mask_head,
        )

    @torch.no_grad()
    def forward(self, images: Tensor, sizes: Sequence[tuple[int, int]]) -> list[Instances]:
        """What is in the images.

        Args:
            images: normalised, padded at the right and the bottom to a multiple of 32,
                (B, 3, H, W).
            sizes: (H, W) of each image before the padding, in pixels.

        Returns:
            One per image, in pixels of the padded image.
        """
        features = self.backbone(images)
        found = self.detect(features, self.proposal_generator(features, sizes), sizes)
        boxes, classes = [each.boxes for each in found], [each.classes for each in found]
        masks = self.roi_heads.mask_head.predict(features, boxes, classes)
        return [
            Instances(each.boxes, each.scores, each.classes, logits)
            for each, logits in zip(found, masks.split([len(box) for box in boxes]), strict=True)
        ]

    def detect(
        self,
        features: dict[str, Tensor],
        proposals: Sequence[Tensor],
        sizes: Sequence[tuple[int, int]],
    ) -> list[Detections]:
        """Boxes with scores and classes from proposals, (n, 4) per image."""
        heads = self.roi_heads
        image = torch.cat(
            [each.new_full((len(each),), i, dtype=torch.int64) for i, each in enumerate(proposals)]
        )
        pooled = pool_boxes(features, torch.cat(list(proposals)), image)
        logits, deltas = heads.box_predictor(heads.box_head(pooled))
        return detect_boxes(logits, deltas, proposals, sizes)
