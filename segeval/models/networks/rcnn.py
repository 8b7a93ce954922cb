"""Models of instances: from an image to boxes, classes and masks.

    images (B, 3, H, W)
      -> backbone                  features "p2" to "p6", (B, C, H / stride, W / stride)
      -> proposal_generator        boxes that may hold an object, (P, 4) of each image
      -> box_head, box_predictor   their classes, and where they lie exactly
      -> mask_head                 a mask in each box: PointRend's, or that of four convolutions

The parts are in `backbone`, `rpn`, `box_head` and `mask_heads`, the steps that they are made of in
`ops`. `MaskRCNN.forward` goes through them from top to bottom, `MaskRCNN.losses` again with what
there is to learn. Names of modules are those of the published checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from segeval.models.networks.backbone import FPN
from segeval.models.networks.batches import Batch, Objects
from segeval.models.networks.box_head import (
    BoxHead,
    BoxPredictor,
    BoxSample,
    PredictedBoxes,
    box_losses,
    detect_boxes,
    refined_boxes,
    sample_boxes,
)
from segeval.models.networks.found import Instances
from segeval.models.networks.mask_heads import ConvHead, PointRendHead
from segeval.models.networks.rpn import RPN
from segeval.models.ops.pooling import pool_boxes

NUMBERS_ON_CPU = 1 << 22
"""Of the largest tensor of the mask head, on a CPU."""

NUMBERS_ON_GPU = 1 << 28
"""Of the largest tensor of the mask head, on a GPU."""

Sizes = Sequence[tuple[int, int]]
Features = Mapping[str, Tensor]


class Heads(nn.Module):
    """What looks at boxes.

    Args:
        box_head: from pooled features to hidden numbers.
        box_predictor: from these to class logits and box deltas.
        mask_head: from features and boxes to masks.
    """

    def __init__(
        self, box_head: BoxHead, box_predictor: BoxPredictor, mask_head: PointRendHead | ConvHead
    ) -> None:
        super().__init__()
        self.box_head = box_head
        self.box_predictor = box_predictor
        self.mask_head = mask_head


class MaskRCNN(nn.Module):
    """Mask R-CNN, with PointRend's mask head or its own.

    Args:
        backbone: an image to its pyramid.
        classes: K.
        mask_head: None makes the published PointRend head for K classes.
        class_agnostic: one box per proposal for all classes.
        refined: whether masks are trained in boxes as the box head moves them, which is what they
            get in inference, else in the proposals.
        score: only higher probabilities are kept.
        nms: IoU beyond which the worse of two boxes of a class is left out.
        max_dets: best boxes of an image that stay.

    Source:
        He et al. 2017, Mask R-CNN; Lin et al. 2017, FPN; Kirillov et al. 2020, PointRend,
        section 4.

    Example:
        >>> from segeval.models.networks.backbone import ResNet
        >>> model = MaskRCNN(FPN(ResNet(50)), classes=80)
        >>> sum(each.numel() for each in model.parameters())
        60161792
    """

    def __init__(
        self,
        backbone: FPN,
        *,
        classes: int = 80,
        mask_head: PointRendHead | ConvHead | None = None,
        class_agnostic: bool = False,
        refined: bool = True,
        score: float = 0.05,
        nms: float = 0.5,
        max_dets: int = 100,
    ) -> None:
        super().__init__()
        self.classes, self.refined = classes, refined
        self.score, self.nms, self.max_dets = score, nms, max_dets
        self.backbone = backbone
        self.proposal_generator = RPN(backbone.channels)
        self.roi_heads = Heads(
            BoxHead(backbone.channels),
            BoxPredictor(classes, class_agnostic=class_agnostic),
            mask_head or PointRendHead(classes, channels=backbone.channels),
        )

    @torch.no_grad()
    def forward(self, images: Tensor, sizes: Sizes) -> list[Instances]:
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
        masks = self.masks(features, found)
        return [
            Instances(each.boxes, each.scores, each.classes, logits)
            for each, logits in zip(found, masks, strict=True)
        ]

    def detect(
        self, features: Features, proposals: Sequence[Tensor], sizes: Sizes
    ) -> list[PredictedBoxes]:
        """Boxes with scores and classes from proposals, (n, 4) per image."""
        logits, deltas = self._look_at(features, proposals)
        return detect_boxes(
            logits,
            deltas,
            proposals,
            sizes,
            score=self.score,
            nms_threshold=self.nms,
            max_dets=self.max_dets,
        )

    def masks(self, features: Features, found: Sequence[PredictedBoxes]) -> list[Tensor]:
        """Mask logits (n, 1, S, S) of the boxes of each image.

        The boxes are worked on in groups, so that memory does not grow with their number. On a CPU
        these are small: pages of memory that it has to ask for take longer than the arithmetic.
        """
        head = self.roi_heads.mask_head
        counts = [len(each.boxes) for each in found]
        firsts = [sum(counts[:place]) for place in range(len(counts))]
        on_cpu = not found or found[0].boxes.device.type == "cpu"
        step = max(1, (NUMBERS_ON_CPU if on_cpu else NUMBERS_ON_GPU) // head.numbers_per_box)
        logits = []
        for start in range(0, max(1, sum(counts)), step):
            parts = [slice(max(0, start - at), max(0, start + step - at)) for at in firsts]
            boxes = [each.boxes[part] for each, part in zip(found, parts, strict=True)]
            classes = [each.classes[part] for each, part in zip(found, parts, strict=True)]
            logits.append(head.predict(features, boxes, classes))
        return list(torch.cat(logits).split(counts))

    def losses(
        self, batch: Batch, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of all heads; their sum is what is minimised.

        Args:
            batch: images with their objects.
            generator: of all that is drawn: anchors, boxes and points.

        Returns:
            "loss_rpn_cls", "loss_rpn_loc", "loss_cls", "loss_box_reg", "loss_mask" and, with
            PointRend, "loss_mask_point".
        """
        objects = _objects_of(batch)
        truth = [each.boxes for each in objects]
        features = self.backbone(batch.images)
        # which anchors hold an object
        predicted = self.proposal_generator.predict(features)
        losses = self.proposal_generator.losses(predicted, truth, generator=generator)
        # of which class some of the proposals are, and where it lies exactly
        sample = sample_boxes(
            self.proposal_generator.proposals(predicted, batch.sizes),
            truth,
            [each.classes for each in objects],
            self.classes,
            generator=generator,
        )
        boxes = _per_image(sample.boxes, sample.image, len(objects))
        logits, deltas = self._look_at(features, boxes)
        losses |= box_losses(logits, deltas, sample)
        # which of the points of those that hold one are its own
        return losses | self._mask_losses(features, deltas, sample, objects, generator)

    def _mask_losses(
        self,
        features: Features,
        deltas: Tensor,
        sample: BoxSample,
        objects: Sequence[Objects],
        generator: torch.Generator | None,
    ) -> dict[str, Tensor]:
        """Losses of the masks in the sampled boxes that hold an object."""
        boxes = refined_boxes(deltas, sample) if self.refined else sample.boxes
        columns = (boxes, sample.classes, sample.matched)
        image, number = sample.image[sample.positive], len(objects)
        boxes_of, classes_of, matched_of = (
            _per_image(column[sample.positive], image, number) for column in columns
        )
        return self.roi_heads.mask_head.losses(
            features,
            boxes_of,
            classes_of,
            [each.masks for each in objects],
            matched_of,
            generator=generator,
        )

    def _look_at(self, features: Features, boxes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Class logits and deltas of the boxes of each image."""
        image = torch.cat(
            [each.new_full((len(each),), i, dtype=torch.int64) for i, each in enumerate(boxes)]
        )
        pooled = pool_boxes(features, torch.cat(list(boxes)), image)
        logits, deltas = self.roi_heads.box_predictor(self.roi_heads.box_head(pooled))
        return logits, deltas


def _objects_of(batch: Batch) -> Sequence[Objects]:
    if isinstance(batch.targets, Tensor):
        raise TypeError("A model of instances trains on objects; the batch has label maps.")
    return batch.targets


def _per_image(column: Tensor, image: Tensor, number: int) -> list[Tensor]:
    """Rows of a column by the image that they are of, which ascends."""
    counts = torch.bincount(image, minlength=number).tolist()
    return list(column.split(counts))
