"""Semantic models: from an image to class logits for every pixel.

    image -> backbone (ResNet and FPN, or a dilated ResNet)
          -> sem_seg_head (SemanticFPN or DeepLabV3: coarse logits; PointRend: then points)
          -> logits at the size of the image

Modules are named as in the published checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from segeval.errors import InputError, ShapeError
from segeval.models.config import SemanticConfig
from segeval.models.config.rules import require_possible
from segeval.models.networks.backbone import FPN
from segeval.models.networks.batches import Batch
from segeval.models.networks.protocols import Backbone, Dilatable, Model, known_level
from segeval.models.networks.semantic_heads import (
    DeepLabHead,
    SemanticFPNHead,
    SemanticPointRendHead,
    label_loss,
)


class SemanticModel(Model):
    """SemanticFPN or DeepLabV3, with or without PointRend.

    DeepLabV3 may use a smaller stride in inference than in training: `train` and `eval` change the
    dilations of backbone and head; the weights stay the same.

    Args:
        bottom_up: the backbone, below the pyramid of "fpn"; for "deeplab", with the output stride
            of training.
        config: the head, its points, and the ignored label.
        classes: K, 2 or more.
        fine_levels: levels that points read; None for the finest.
        norm: of the head, "group", "batch" or "frozen"; None is "group" for "fpn" and "batch",
            which needs many images in a batch, for "deeplab".

    Raises:
        InputError: for an impossible setting, an unknown level, or fewer than two classes.

    Source:
        Kirillov et al. 2020, PointRend, section 5.

    Example:
        >>> from segeval.models.config import BackboneConfig
        >>> from segeval.models.networks.backbone import ResNet
        >>> bottom_up = ResNet(BackboneConfig(depth=101))
        >>> model = SemanticModel(bottom_up, SemanticConfig(pointrend=True), classes=19)
        >>> sum(each.numel() for each in model.parameters())
        47572582
    """

    def __init__(
        self,
        bottom_up: Backbone,
        config: SemanticConfig,
        *,
        classes: int,
        fine_levels: tuple[str, ...] | None = None,
        norm: str | None = None,
    ) -> None:
        super().__init__()
        require_possible({"semantic": config}, "SemanticModel")
        _require_classes(classes)
        self.ignore = config.ignore
        coarsest = list(bottom_up.channels)[-1]
        self.train_stride = self.test_stride = bottom_up.strides[coarsest]
        head: SemanticFPNHead | DeepLabHead
        self.backbone: FPN | Backbone = FPN(bottom_up) if config.kind == "fpn" else bottom_up
        if isinstance(self.backbone, FPN):
            pyramid = self.backbone
            channels = dict.fromkeys(list(pyramid.strides)[:-1], pyramid.channels)
            strides = {
                str(name): pyramid.strides[known_level(name, channels)] for name in config.levels
            }
            head = SemanticFPNHead(
                classes, levels=strides, channels=pyramid.channels, norm=norm or "group"
            )
        else:
            channels = dict(bottom_up.channels)
            self.test_stride = config.test_output_stride
            head = DeepLabHead(
                classes,
                channels=channels[coarsest],
                stride=self.train_stride,
                norm=norm or "batch",
            )
        fine = fine_levels or (next(iter(channels)),)
        self.sem_seg_head: SemanticFPNHead | DeepLabHead | SemanticPointRendHead = head
        if config.pointrend:
            levels = {name: channels[known_level(name, channels)] for name in fine}
            self.sem_seg_head = SemanticPointRendHead(head, config, classes, levels=levels)
        if isinstance(self.backbone, FPN):
            read = {*config.levels, *(fine if config.pointrend else ())}
            _freeze_unread(self.backbone, read)

    @torch.no_grad()
    def forward(self, images: Tensor, sizes: Sequence[tuple[int, int]] = ()) -> Tensor:
        """Logits of the padded images.

        Args:
            images: normalised, padded at the right and the bottom to a multiple of 32,
                (B, 3, H, W).
            sizes: (H, W) of each image before the padding; not used.

        Returns:
            float32, (B, K, H, W).
        """
        features = self.backbone(images)
        logits = self.sem_seg_head(features).float()
        size = images.shape[2], images.shape[3]
        if isinstance(self.sem_seg_head, SemanticPointRendHead):
            logits = self.sem_seg_head.refine(features, logits, size)
        return _resized(logits, size)

    def losses(
        self, batch: Batch, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of a batch: means over labelled pixels or points; 0 without any.

        Args:
            batch: images with label maps of their padded size.
            generator: of the random numbers.

        Returns:
            "loss_sem_seg", of the coarse logits at image size, and with PointRend
            "loss_sem_seg_point".

        Raises:
            InputError: if the targets are not label maps, or differ in size from the images.
        """
        labels = _label_maps(batch)
        features = self.backbone(batch.images)
        coarse = self.sem_seg_head(features, generator).float()
        size = labels.shape[1], labels.shape[2]
        losses = {"loss_sem_seg": label_loss(_resized(coarse, size), labels, self.ignore)}
        if isinstance(self.sem_seg_head, SemanticPointRendHead):
            losses["loss_sem_seg_point"] = self.sem_seg_head.point_loss(
                features, coarse, labels, generator=generator
            )
        return losses

    @torch.no_grad()
    def rehearse(self, images: Tensor) -> tuple[int, int]:
        """Run every layer; the work is the same for any image."""
        features = self.backbone(images)
        logits = self.sem_seg_head(features)
        if isinstance(self.sem_seg_head, SemanticPointRendHead):
            size = images.shape[2], images.shape[3]
            logits = self.sem_seg_head.refine(features, logits, size)
        return logits.shape[2], logits.shape[3]

    def train(self, mode: bool = True) -> SemanticModel:  # noqa: FBT001, FBT002 - torch's signature
        """Switch between training and inference, each with its own stride."""
        super().train(mode)
        if self.test_stride != self.train_stride and isinstance(self.backbone, Dilatable):
            stride = self.train_stride if mode else self.test_stride
            self.backbone.dilate(stride)
            head = self.sem_seg_head
            if isinstance(head, SemanticPointRendHead):
                head = head.coarse_sem_seg_head
            if isinstance(head, DeepLabHead):
                head.spread(stride)
        return self


def _resized(logits: Tensor, size: tuple[int, int]) -> Tensor:
    """Logits (B, K, h, w) resized bilinearly."""
    if logits.shape[2:] == size:
        return logits
    return functional.interpolate(logits, size=size, mode="bilinear", align_corners=False)


def _label_maps(batch: Batch) -> Tensor:
    """The label maps of a batch, (B, H, W)."""
    images, labels = tuple(batch.images.shape), batch.targets
    if not isinstance(labels, Tensor):
        raise InputError(
            "The batch has objects, expected label maps for a semantic model.",
            code="targets",
            field="targets",
        )
    if tuple(labels.shape) != (images[0], *images[2:]):
        raise ShapeError(
            f"The label maps are {tuple(labels.shape)}, expected {(images[0], *images[2:])}, the "
            "size of the padded images.",
            code="targets",
            field="targets",
        )
    return labels


def _require_classes(classes: int) -> None:
    if classes < 2:
        raise InputError(
            f"The number of classes is {classes}, expected 2 or more.",
            code="classes",
            field="classes",
        )


def _freeze_unread(pyramid: FPN, levels: set[str]) -> None:
    """Freeze convolutions of levels that are never read, as they get no gradient."""
    for number in pyramid.stages:
        if f"p{number}" not in levels:
            pyramid.get_submodule(f"fpn_output{number}").requires_grad_(requires_grad=False)
        if f"p{number}" < min(levels):
            pyramid.get_submodule(f"fpn_lateral{number}").requires_grad_(requires_grad=False)
