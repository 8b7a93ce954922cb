"""Instance models: from an image to boxes, classes and masks.

    images (B, 3, H, W)
      -> backbone              features "p2" to "p6", (B, C, H / stride, W / stride)
      -> proposal_generator    boxes that may hold an object, (P, 4) of each image
      -> stages                their classes and exact places; `cascade` has several
      -> mask_head             a mask in each box, such as PointRend's
      -> mask_iou_head         how good the masks are; most models have none

The parts are in `backbone`, `rpn`, `box_stage`, `mask_heads` and `mask_scorers`, their building
blocks in `ops`.
`MaskRCNN.forward` and `MaskRCNN.losses` run them from top to bottom. Modules are named as in the
published checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segeval.errors import InputError
from segeval.models.config import BoxConfig
from segeval.models.networks.assistance import looks_of, losses_of_looks
from segeval.models.networks.batches import Batch, MaskSample, Objects, objects_of_batch
from segeval.models.networks.box_head import (
    BoxMoves,
    BoxSample,
    PredictedBoxes,
    best_boxes,
    box_moves,
)
from segeval.models.networks.box_stage import box_stage
from segeval.models.networks.box_views import SeenImages, look_from_all, proposals_of_views
from segeval.models.networks.found import Instances, instances
from segeval.models.networks.mask_groups import ious_in_groups, masks_in_groups
from segeval.models.networks.mask_scorers.protocol import LearnsMasks, MaskScorer
from segeval.models.networks.protocols import (
    BoxStage,
    Features,
    MaskHead,
    Model,
    Proposals,
    PyramidNetwork,
    Sizes,
)
from segeval.models.networks.rpn import RPN


class Heads(nn.Module):
    """The modules that read boxes: those of each stage, the mask head, and what scores masks.

    A single stage has `box_head` and `box_predictor`; those of several stages are numbered.

    Args:
        stages: in order; none where something else moves boxes.
        mask_head: from features and boxes to masks.
        scorer: predicts how good masks are; None to leave scores alone.

    Raises:
        InputError: if there is a scorer, but the mask head does not show the masks that it learns.
    """

    def __init__(
        self, stages: Sequence[BoxStage], mask_head: MaskHead, scorer: MaskScorer | None = None
    ) -> None:
        super().__init__()
        if scorer is not None and not isinstance(mask_head, LearnsMasks):
            raise InputError(
                f"scoring.kind needs a mask head that shows the masks which it learns, and "
                f"{type(mask_head).__name__} has no method `learn`.",
                code="scoring",
                field="scoring.kind",
            )
        heads, predictors = [each.head for each in stages], [each.predictor for each in stages]
        single = len(stages) == 1
        self.box_head = heads[0] if single else nn.ModuleList(heads)
        self.box_predictor = predictors[0] if single else nn.ModuleList(predictors)
        self.mask_head = mask_head
        self.mask_iou_head = scorer


class MaskRCNN(Model):
    """Mask R-CNN with any mask head.

    Args:
        backbone: an image to its pyramid.
        mask_head: draws masks in boxes.
        config: prediction and selection of boxes.
        classes: K.
        proposals: first boxes of the images; None for a region proposal network.
        stages: the box stage; None for that of `config`. A cascade has several.
        scorer: predicts how good masks are; None to leave scores alone.

    Source:
        He et al. 2017, Mask R-CNN; Lin et al. 2017, FPN; Kirillov et al. 2020, PointRend,
        section 4.
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
        scorer: MaskScorer | None = None,
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
        self.roi_heads = Heads(self.stages, mask_head, scorer)

    @torch.no_grad()
    def forward(
        self, images: Tensor, sizes: Sizes, proposals: Sequence[Tensor] | None = None
    ) -> list[Instances]:
        """The objects of the images.

        Args:
            images: normalised, padded at the right and the bottom to a multiple of 32,
                (B, 3, H, W).
            sizes: (H, W) of each image before the padding, in pixels.
            proposals: boxes of each image to look at, x0, y0, x1, y1 in pixels, (n, 4); None for
                those of `proposal_generator`.

        Returns:
            One per image, in pixels of the padded image.
        """
        features = self.backbone(images)
        if proposals is None:
            proposals = self.proposal_generator(features, sizes)
        found = self.detect(features, proposals, sizes)
        masks = self.masks(features, found)
        return instances(found, masks, self.mask_ious(features, found, masks))

    def look(self, features: Features, boxes: Sequence[Tensor], sizes: Sizes) -> list[BoxMoves]:
        """What the stages say of the boxes of each image, (n, 4): their classes and moves."""
        (stage,) = self.stages
        logits, deltas = stage(features, boxes)
        return box_moves(stage.chances(logits), deltas, boxes, weights=stage.weights)

    def detect(
        self, features: Features, proposals: Sequence[Tensor], sizes: Sizes
    ) -> list[PredictedBoxes]:
        """Boxes with scores and classes from proposals, (n, 4) per image."""
        return self._best(self.look(features, proposals, sizes), sizes)

    @torch.no_grad()
    def detect_in_views(self, views: Sequence[SeenImages]) -> list[PredictedBoxes]:
        """Boxes with scores and classes, from several views of the images, in the first one."""
        proposals = proposals_of_views(self.proposal_generator, views)
        return self._best(look_from_all(self.look, views, proposals), views[0].sizes)

    def _best(self, moves: Sequence[BoxMoves], sizes: Sizes) -> list[PredictedBoxes]:
        return best_boxes(
            moves, sizes, score=self.score, nms_threshold=self.nms, max_dets=self.max_dets
        )

    def masks(self, features: Features, found: Sequence[PredictedBoxes]) -> list[Tensor]:
        """Mask logits (n, V, S, S) of the boxes of each image, see `MaskHead.predict`."""
        return masks_in_groups(self.roi_heads.mask_head, features, found)

    def mask_ious(
        self, features: Features, found: Sequence[PredictedBoxes], masks: Sequence[Tensor]
    ) -> list[Tensor] | None:
        """Predicted IoU (n,) of the masks of each image; None if nothing predicts it."""
        scorer = self.roi_heads.mask_iou_head
        return None if scorer is None else ious_in_groups(scorer, features, found, masks)

    @torch.no_grad()
    def in_boxes(
        self, images: Tensor, sizes: Sizes, given: Sequence[PredictedBoxes]
    ) -> list[Instances]:
        """The objects of the images, with given boxes in place of proposals; see `LooksAtBoxes`."""
        return self.forward(images, sizes, [each.boxes for each in given])

    def losses(
        self, batch: Batch, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of all heads; training minimises their sum.

        Args:
            batch: images with their objects.
            generator: of the random anchors, boxes and points.

        Returns:
            "loss_rpn_cls", "loss_rpn_loc" (of a region proposal network), "loss_cls",
            "loss_box_reg", "loss_mask", with PointRend "loss_mask_point", and with mask scoring
            "loss_mask_iou"; those on the maps of an assistant end in "_assistant".
        """
        objects = objects_of_batch(batch)
        truth = [each.boxes for each in objects]
        looks = looks_of(self.backbone, batch.images)
        found: list[dict[str, Tensor]] = []
        proposals: list[Tensor] = []
        # boxes that may hold an object
        for features, _ in looks:
            proposals, losses = self.proposal_generator.learn(
                features, batch.sizes, truth, generator=generator
            )
            found.append(losses)
        # classes and exact places of some of them, and masks in those that hold an object
        for losses, (features, _) in zip(found, looks, strict=True):
            losses |= self.head_losses(
                features, proposals, objects, batch.sizes, generator=generator
            )
        return losses_of_looks(found, [weight for _, weight in looks])

    def head_losses(
        self,
        features: Features,
        proposals: Sequence[Tensor],
        objects: Sequence[Objects],
        sizes: Sizes,
        *,
        generator: torch.Generator | None,
    ) -> dict[str, Tensor]:
        """Losses of boxes and masks; a cascade has its own.

        Args:
            features: levels of B images.
            proposals: of each image, (P, 4), without gradient.
            objects: of each image.
            sizes: of the images.
            generator: of all random numbers.
        """
        (stage,) = self.stages
        sample = sample_of(stage, proposals, objects, self.classes, generator=generator)
        losses, moved = look_and_learn(stage, features, sample, len(objects))
        boxes = moved if self.refined else sample.boxes
        return losses | self.mask_losses(features, boxes, sample, objects, generator=generator)

    def mask_losses(
        self,
        features: Features,
        boxes: Tensor,
        sample: BoxSample,
        objects: Sequence[Objects],
        *,
        generator: torch.Generator | None,
    ) -> dict[str, Tensor]:
        """Losses of masks and their scores in those of the sampled boxes that hold an object.

        Args:
            features: levels of B images.
            boxes: of the sample, as they are or moved, (N, 4).
            sample: the N boxes.
            objects: of each image.
            generator: of all random numbers.
        """
        head, own = self.roi_heads.mask_head, mask_sample(boxes, sample, objects)
        if self.roi_heads.mask_iou_head is None or not isinstance(head, LearnsMasks):
            return head.losses(features, own, generator=generator)
        losses, logits = head.learn(features, own, generator=generator)
        return losses | self.score_losses(features, own, logits)

    def score_losses(
        self, features: Features, sample: MaskSample, logits: Tensor
    ) -> dict[str, Tensor]:
        """Losses of what predicts how good masks are, if anything does."""
        scorer = self.roi_heads.mask_iou_head
        return {} if scorer is None else scorer.losses(features, sample, logits)

    def rehearse(self, images: Tensor) -> tuple[int, int]:
        """Run every layer on the largest possible number of proposals and boxes."""
        features = self.backbone(images)
        proposals = images.new_zeros(self.proposal_generator.rehearse(features), 4)
        for stage in self.stages:
            stage(features, [proposals])
        boxes = images.new_zeros(self.max_dets, 4)
        classes = torch.zeros(self.max_dets, dtype=torch.int64)
        masks = self.roi_heads.mask_head.predict(features, [boxes], [classes])
        self.mask_ious(features, [PredictedBoxes(boxes, boxes[:, 0], classes)], [masks])
        return masks.shape[2], masks.shape[3]


def sample_of(
    stage: BoxStage,
    boxes: Sequence[Tensor],
    objects: Sequence[Objects],
    classes: int,
    *,
    generator: torch.Generator | None,
    draw: bool = True,
) -> BoxSample:
    """Training boxes of a stage from the boxes of each image, see `BoxStage.sample`."""
    truth, truth_classes = [each.boxes for each in objects], [each.classes for each in objects]
    return stage.sample(boxes, truth, truth_classes, classes, draw=draw, generator=generator)


def look_and_learn(
    stage: BoxStage, features: Features, sample: BoxSample, images: int
) -> tuple[dict[str, Tensor], Tensor]:
    """Losses of a stage by name, and the sampled boxes as it moves them, (N, 4)."""
    return stage.learn(features, per_image(sample.boxes, sample.image, images), sample)


def mask_sample(boxes: Tensor, sample: BoxSample, objects: Sequence[Objects]) -> MaskSample:
    """The sampled boxes that hold an object, for a mask head.

    Args:
        boxes: of the sample, as they are or moved, (N, 4).
        sample: the N boxes.
        objects: of each image.
    """
    columns = (boxes, sample.classes, sample.matched)
    image, number = sample.image[sample.positive], len(objects)
    boxes_of, classes_of, matched_of = (
        per_image(column[sample.positive], image, number) for column in columns
    )
    return MaskSample(boxes_of, classes_of, [each.masks for each in objects], matched_of)


def per_image(column: Tensor, image: Tensor, number: int) -> list[Tensor]:
    """A column split by image; the images of its rows ascend."""
    counts = torch.bincount(image, minlength=number).tolist()
    return list(column.split(counts))
