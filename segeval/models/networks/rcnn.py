"""Instance models: from an image to boxes, classes and masks.

    images (B, 3, H, W)
      -> backbone              features "p2" to "p6", (B, C, H / stride, W / stride)
      -> proposal_generator    boxes that may hold an object, (P, 4) of each image
      -> stages                their classes and exact places; a cascade has several
      -> mask_head             a mask in each box: PointRend's, or that of four convolutions

The parts are in `backbone`, `rpn`, `box_stage` and `mask_heads`, their building blocks in `ops`.
`MaskRCNN.forward` and `MaskRCNN.losses` run them from top to bottom. Modules are named as in the
published checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segeval.models.config import BoxConfig
from segeval.models.networks.batches import Batch, Objects
from segeval.models.networks.box_head import (
    BoxHead,
    BoxPredictor,
    BoxSample,
    PredictedBoxes,
    best_boxes,
    detect_boxes,
)
from segeval.models.networks.box_stage import FastRCNNStage
from segeval.models.networks.box_views import SeenImages, look_from_all, proposals_of_views
from segeval.models.networks.found import Instances
from segeval.models.networks.protocols import (
    BoxStage,
    Features,
    MaskHead,
    Model,
    Proposals,
    Pyramid,
    PyramidNetwork,
    Sizes,
)
from segeval.models.networks.rpn import RPN
from segeval.models.ops.boxes import clip_boxes

NUMBERS_ON_CPU = 1 << 22
"""Numbers in the largest tensor of the mask head on a CPU."""

NUMBERS_ON_GPU = 1 << 28
"""Numbers in the largest tensor of the mask head on a GPU."""


class Heads(nn.Module):
    """The modules that read boxes: those of each stage, and the mask head.

    A single stage has `box_head` and `box_predictor`; those of several stages are numbered.

    Args:
        stages: in order.
        mask_head: from features and boxes to masks.
    """

    def __init__(self, stages: Sequence[BoxStage], mask_head: MaskHead) -> None:
        super().__init__()
        heads, predictors = [each.head for each in stages], [each.predictor for each in stages]
        single = len(stages) == 1
        self.box_head = heads[0] if single else nn.ModuleList(heads)
        self.box_predictor = predictors[0] if single else nn.ModuleList(predictors)
        self.mask_head = mask_head


class MaskRCNN(Model):
    """Mask R-CNN with any mask head; a cascade if it has several box stages.

    Args:
        backbone: an image to its pyramid.
        mask_head: draws masks in boxes.
        config: prediction and selection of boxes.
        classes: K.
        proposals: first boxes of the images; None for a region proposal network.
        stages: box stages in order; None for the single one of Mask R-CNN.

    Source:
        He et al. 2017, Mask R-CNN; Lin et al. 2017, FPN; Kirillov et al. 2020, PointRend,
        section 4; Cai and Vasconcelos 2018, Cascade R-CNN, section 4.
    """

    def __init__(
        self,
        backbone: PyramidNetwork,
        mask_head: MaskHead,
        config: BoxConfig,
        *,
        classes: int,
        proposals: Proposals | None = None,
        stages: Sequence[BoxStage] | None = None,
    ) -> None:
        super().__init__()
        self.classes, self.refined = classes, config.refined
        self.score, self.nms = config.score_threshold, config.nms_threshold
        self.max_dets = config.max_dets
        self.backbone = backbone
        if proposals is None:
            proposals = RPN(backbone.channels, strides=backbone.strides)
        self.proposal_generator = proposals
        if stages is None:
            stages = [box_stage(backbone, config, classes=classes)]
        self.stages = tuple(stages)
        self.roi_heads = Heads(self.stages, mask_head)

    @torch.no_grad()
    def forward(self, images: Tensor, sizes: Sizes) -> list[Instances]:
        """The objects of the images.

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
        """Boxes with scores and classes from proposals, (n, 4) per image.

        Several stages average their probabilities; the last one places the boxes.
        """
        *earlier, last = self.stages
        boxes, chances = proposals, []
        for stage in earlier:
            logits, deltas = stage(features, boxes)
            chances.append(logits.softmax(1))
            boxes = stage.moved(logits, deltas, boxes, sizes)
        logits, deltas = last(features, boxes)
        chances.append(logits.softmax(1))
        return detect_boxes(
            torch.stack(chances).mean(0) if earlier else chances[0],
            deltas,
            boxes,
            sizes,
            score=self.score,
            nms_threshold=self.nms,
            max_dets=self.max_dets,
            weights=last.weights,
        )

    @torch.no_grad()
    def detect_in_views(self, views: Sequence[SeenImages]) -> list[PredictedBoxes]:
        """Boxes with scores and classes, from several views of the images, in the first one."""
        proposals = proposals_of_views(self.proposal_generator, views)
        return best_boxes(
            look_from_all(self.stages, views, proposals),
            views[0].sizes,
            score=self.score,
            nms_threshold=self.nms,
            max_dets=self.max_dets,
        )

    def masks(self, features: Features, found: Sequence[PredictedBoxes]) -> list[Tensor]:
        """Mask logits (n, 1, S, S) of the boxes of each image.

        Boxes are processed in groups, so that memory does not grow with their number. Groups are
        small on a CPU, where new pages of memory cost more than the arithmetic.
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
        """Losses of all heads; training minimises their sum.

        Args:
            batch: images with their objects.
            generator: of the random anchors, boxes and points.

        Returns:
            "loss_rpn_cls", "loss_rpn_loc" (of a region proposal network), "loss_cls",
            "loss_box_reg", "loss_mask" and, with PointRend, "loss_mask_point".
        """
        objects = _objects_of(batch)
        truth = [each.boxes for each in objects]
        features = self.backbone(batch.images)
        # boxes that may hold an object
        proposals, losses = self.proposal_generator.learn(
            features, batch.sizes, truth, generator=generator
        )
        # classes and exact places of some of them
        of_boxes, sample, refined = self._box_losses(
            features, proposals, objects, batch.sizes, generator
        )
        # masks in the boxes that hold an object
        return losses | of_boxes | self._mask_losses(features, refined, sample, objects, generator)

    def _box_losses(
        self,
        features: Features,
        boxes: Sequence[Tensor],
        objects: Sequence[Objects],
        sizes: Sizes,
        generator: torch.Generator | None,
    ) -> tuple[dict[str, Tensor], BoxSample, Tensor]:
        """Losses of the stages, and the boxes of the last one before and after its move."""
        truth, classes = [each.boxes for each in objects], [each.classes for each in objects]
        losses: dict[str, Tensor] = {}
        *earlier, last = self.stages
        for number, stage in enumerate(earlier):
            sample = stage.sample(
                boxes, truth, classes, self.classes, first=number == 0, generator=generator
            )
            of_stage, refined = self._look(stage, features, sample, len(objects))
            losses |= {f"{name}_stage{number}": loss for name, loss in of_stage.items()}
            boxes = _inside(_per_image(refined, sample.image, len(objects)), sizes)
        sample = last.sample(
            boxes, truth, classes, self.classes, first=not earlier, generator=generator
        )
        of_stage, refined = self._look(last, features, sample, len(objects))
        return losses | of_stage, sample, refined

    def _look(
        self, stage: BoxStage, features: Features, sample: BoxSample, images: int
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Losses of a stage, and the sampled boxes as it moves them."""
        logits, deltas = stage(features, _per_image(sample.boxes, sample.image, images))
        return stage.losses(logits, deltas, sample), stage.refined(deltas, sample)

    def _mask_losses(
        self,
        features: Features,
        refined: Tensor,
        sample: BoxSample,
        objects: Sequence[Objects],
        generator: torch.Generator | None,
    ) -> dict[str, Tensor]:
        """Mask losses in the sampled boxes that hold an object."""
        boxes = refined if self.refined else sample.boxes
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

    def rehearse(self, images: Tensor) -> tuple[int, int]:
        """Run every layer on the largest possible number of proposals and boxes."""
        features = self.backbone(images)
        proposals = images.new_zeros(self.proposal_generator.rehearse(features), 4)
        for stage in self.stages:
            stage(features, [proposals])
        boxes = images.new_zeros(self.max_dets, 4)
        classes = torch.zeros(self.max_dets, dtype=torch.int64)
        masks = self.roi_heads.mask_head.predict(features, [boxes], [classes])
        return masks.shape[2], masks.shape[3]


def box_stage(pyramid: Pyramid, config: BoxConfig, *, classes: int) -> FastRCNNStage:
    """The single box stage of Mask R-CNN.

    Args:
        pyramid: that it reads.
        config: of its head and its training boxes.
        classes: K.
    """
    return FastRCNNStage(
        BoxHead(pyramid.channels, side=config.side, layers=config.layers),
        BoxPredictor(classes, class_agnostic=config.class_agnostic),
        pyramid.strides,
        side=config.side,
        train_boxes=config.train_boxes,
        train_positive=config.train_positive,
    )


def _objects_of(batch: Batch) -> Sequence[Objects]:
    if isinstance(batch.targets, Tensor):
        raise TypeError("The batch has label maps, expected objects for an instance model.")
    return batch.targets


def _per_image(column: Tensor, image: Tensor, number: int) -> list[Tensor]:
    """A column split by image; images ascend."""
    counts = torch.bincount(image, minlength=number).tolist()
    return list(column.split(counts))


def _inside(boxes: Sequence[Tensor], sizes: Sizes) -> list[Tensor]:
    """Boxes clipped to their image, without empty ones."""
    cut = [clip_boxes(each, size) for each, size in zip(boxes, sizes, strict=True)]
    return [each[(each[:, 2:] > each[:, :2]).all(1)] for each in cut]
