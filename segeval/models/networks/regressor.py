"""A cascade that moves given boxes: their classes and scores stay, and none is dropped.

Everything else, the backbone and the mask head, keeps the weights of a trained model.

Source: the report of the winner of Open Images 2019 instance segmentation, section 8.1: boxes of
an ensemble, moved once more by a regressor that is trained on objects of their class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import torch
from torch import Tensor, nn

from segeval.errors import InputError
from segeval.models.config import BoxConfig
from segeval.models.config.parts.regressor import RegressorConfig
from segeval.models.networks.backbone import freeze_norms
from segeval.models.networks.batches import Batch, Given, Objects, objects_of_batch
from segeval.models.networks.box_head import BoxHead, PredictedBoxes, placed_boxes
from segeval.models.networks.found import Instances, instances
from segeval.models.networks.mask_groups import masks_in_groups
from segeval.models.networks.protocols import Features, MaskHead, Model, PyramidNetwork, Sizes
from segeval.models.networks.rcnn import Heads
from segeval.models.ops.boxes import Weights, encode_boxes
from segeval.models.ops.matching import same_class_matches
from segeval.models.ops.pooling import pool_per_image


class MoveStage(nn.Module):
    """From pooled features to deltas.

    Args:
        channels: of the pyramid.
        config: side, layers and width of the head.
        weights: of the deltas.
        iou: least IoU of a training box with an object of its class.
        loss_weight: factor of the loss.
    """

    def __init__(
        self, channels: int, config: BoxConfig, *, weights: Weights, iou: float, loss_weight: float
    ) -> None:
        super().__init__()
        self.side, self.weights = config.side, weights
        self.iou, self.loss_weight = iou, loss_weight
        self.box_head = BoxHead(
            channels, side=config.side, layers=config.layers, width=config.width
        )
        self.bbox_pred = nn.Linear(config.width, 4)
        nn.init.normal_(self.bbox_pred.weight, std=0.001)
        nn.init.zeros_(self.bbox_pred.bias)

    def forward(
        self, features: Features, boxes: Sequence[Tensor], strides: Mapping[str, int]
    ) -> Tensor:
        """Deltas of the boxes of each image, (N, 4)."""
        pooled = pool_per_image(features, boxes, self.side, strides)
        deltas: Tensor = self.bbox_pred(self.box_head(pooled)).float()
        return deltas

    def loss(self, deltas: Tensor, boxes: Sequence[Tensor], objects: Sequence[Objects]) -> Tensor:
        """L1 of the deltas of boxes on an object of their class, divided by the number of boxes."""
        targets, positive = [], []
        for own, truth in zip(boxes, objects, strict=True):
            matched, is_positive = same_class_matches(
                own, _given(truth).classes, truth.boxes, truth.classes, iou=self.iou
            )
            on_truth = own.clone()
            on_truth[is_positive] = truth.boxes.to(own)[matched[is_positive]]
            targets.append(encode_boxes(own, on_truth, self.weights))
            positive.append(is_positive)
        chosen = torch.cat(positive)
        distance = (deltas - torch.cat(targets))[chosen].abs().sum()
        return self.loss_weight * (distance + 0 * deltas.sum()) / max(1, len(deltas))


class BoxRegressor(Model):
    """Moves given boxes, and draws their masks.

    Args:
        backbone: an image to its pyramid; frozen.
        mask_head: draws masks in boxes; frozen.
        config: of the box heads.
        settings: of the stages.
        classes: K.
    """

    def __init__(
        self,
        backbone: PyramidNetwork,
        mask_head: MaskHead,
        config: BoxConfig,
        settings: RegressorConfig,
        *,
        classes: int,
    ) -> None:
        super().__init__()
        self.classes, self.max_dets = classes, config.max_dets
        self.backbone = backbone
        self.roi_heads = Heads((), mask_head)
        for part in self.children():
            part.requires_grad_(requires_grad=False)
            freeze_norms(part)
        columns = zip(settings.ious, settings.deltas, settings.stage_weights, strict=True)
        self.regressor = nn.ModuleList(
            MoveStage(backbone.channels, config, weights=weights, iou=iou, loss_weight=loss_weight)
            for iou, weights, loss_weight in columns
        )

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002 - torch's own signature
        """Let the stages learn; the rest predicts, as it does later."""
        super().train(mode)
        for name, part in self.named_children():
            if name != "regressor":
                part.eval()
        return self

    @torch.no_grad()
    def forward(self, images: Tensor, sizes: Sizes) -> list[Instances]:
        """Refuse: there is nothing to move.

        Raises:
            InputError: always.
        """
        raise InputError(
            "This model moves boxes that it is given: name a file of predictions (`boxes`).",
            code="no-boxes",
            option="boxes",
        )

    @torch.no_grad()
    def in_boxes(
        self, images: Tensor, sizes: Sizes, given: Sequence[PredictedBoxes]
    ) -> list[Instances]:
        """The given objects of the images, moved, with masks; see `LooksAtBoxes`."""
        features = self.backbone(images)
        boxes = [each.boxes for each in given]
        for stage in self._stages():
            deltas = stage(features, boxes, self.backbone.strides)
            boxes = placed_boxes(deltas, boxes, sizes, weights=stage.weights)
        found = [
            PredictedBoxes(own, each.scores, each.classes)
            for own, each in zip(boxes, given, strict=True)
        ]
        return instances(found, self.masks(features, found))

    def masks(self, features: Features, found: Sequence[PredictedBoxes]) -> list[Tensor]:
        """Mask logits (n, V, S, S) of the boxes of each image."""
        return masks_in_groups(self.roi_heads.mask_head, features, found)

    def losses(
        self, batch: Batch, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of the stages, "loss_box_reg_stage0" and so on, the last one "loss_box_reg".

        Args:
            batch: images with their objects and given boxes.
            generator: not used.

        Raises:
            InputError: if there are no given boxes.
        """
        objects = objects_of_batch(batch)
        boxes = [_given(each).boxes for each in objects]
        with torch.no_grad():
            features = self.backbone(batch.images)
        losses = {}
        last = len(self.regressor) - 1
        for number, stage in enumerate(self._stages()):
            deltas = stage(features, boxes, self.backbone.strides)
            name = "loss_box_reg" + (f"_stage{number}" if number < last else "")
            losses[name] = stage.loss(deltas, boxes, objects)
            boxes = placed_boxes(deltas.detach(), boxes, batch.sizes, weights=stage.weights)
        return losses

    def rehearse(self, images: Tensor) -> tuple[int, int]:
        """Run every layer on as many boxes as are kept of an image."""
        features = self.backbone(images)
        boxes = [images.new_zeros(self.max_dets, 4)]
        for stage in self._stages():
            stage(features, boxes, self.backbone.strides)
        classes = [torch.zeros(self.max_dets, dtype=torch.int64)]
        masks = self.roi_heads.mask_head.predict(features, boxes, classes)
        return masks.shape[2], masks.shape[3]

    def _stages(self) -> list[MoveStage]:
        return [each for each in self.regressor if isinstance(each, MoveStage)]


def _given(objects: Objects) -> Given:
    """The given boxes of an image."""
    if objects.given is None:
        raise InputError(
            "The training images have no given boxes, which this model learns to move: name a "
            "file of predictions (`boxes`).",
            code="no-boxes",
            option="boxes",
        )
    return objects.given
