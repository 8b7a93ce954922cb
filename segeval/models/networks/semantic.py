"""Semantic segmentation: from an image to logits of classes for every pixel.

    image -> backbone (ResNet and FPN, or a dilated ResNet)
          -> sem_seg_head (SemanticFPN or DeepLabV3: coarse logits; PointRend: then points)
          -> logits at the size of the image

Names of modules are those of the published checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.errors import InputError, ShapeError
from segeval.models.networks.backbone import FPN, ResNet
from segeval.models.networks.batches import Batch
from segeval.models.networks.semantic_heads import (
    DeepLabHead,
    SemanticFPNHead,
    SemanticPointRendHead,
    label_loss,
)

KINDS = "fpn", "deeplab"
"""Heads that there are."""

STRIDES = {"p2": 4, "p3": 8, "p4": 16, "p5": 32}
"""Of the levels of the pyramid that a head can read, in pixels."""


class SemanticModel(nn.Module):
    """SemanticFPN or DeepLabV3, with PointRend or without.

    In inference DeepLabV3 may work at a smaller stride than in training: `train` and `eval` change
    the dilations of the backbone and of the head, and no weight.

    Args:
        bottom_up: the backbone, below the pyramid of "fpn". That of "deeplab" has an output stride
            of 16, which it is trained at.
        classes: K, 2 or more.
        kind: "fpn" or "deeplab".
        levels: of the pyramid that "fpn" reads.
        pointrend: whether points follow the coarse prediction.
        fine_levels: whose features points read; ("p2",) or ("res2",) if None.
        ignore: label that is not trained on.
        train_points: of an image.
        oversample: how many times as many are drawn first.
        importance: part of them that is chosen by uncertainty.
        steps: how often points double the resolution; None: until it is that of the image. The rest
            is bilinear.
        points: in one step.
        test_output_stride: of the backbone of "deeplab" in inference; None: that of training.
        rates: dilations of the head of "deeplab" in training.
        norm: of the head: "group", "batch", "frozen"; None: "group" for "fpn", "batch" for
            "deeplab", which wants many images in a batch.

    Raises:
        InputError: for a kind or a level that there is not, or fewer than two classes.

    Source:
        Kirillov et al. 2020, PointRend, section 5.

    Example:
        >>> model = SemanticModel(ResNet(101), pointrend=True)
        >>> sum(each.numel() for each in model.parameters())
        47572582
    """

    def __init__(
        self,
        bottom_up: ResNet,
        *,
        classes: int = 19,
        kind: str = "fpn",
        levels: tuple[str, ...] = ("p2", "p3", "p4", "p5"),
        pointrend: bool = False,
        fine_levels: tuple[str, ...] | None = None,
        ignore: int = 255,
        train_points: int = 2048,
        oversample: float = 3,
        importance: float = 0.75,
        steps: int | None = None,
        points: int = 8192,
        test_output_stride: int | None = None,
        rates: tuple[int, ...] = (6, 12, 18),
        norm: str | None = None,
    ) -> None:
        super().__init__()
        _check(kind, classes)
        self.ignore = ignore
        self.train_stride = self.test_stride = bottom_up.strides["res5"]
        head: SemanticFPNHead | DeepLabHead
        if kind == "fpn":
            self.backbone: FPN | ResNet = FPN(bottom_up)
            channels = dict.fromkeys(STRIDES, self.backbone.channels)
            strides = {name: _known(name, STRIDES) for name in levels}
            head = SemanticFPNHead(
                classes, levels=strides, channels=self.backbone.channels, norm=norm or "group"
            )
        else:
            self.backbone, channels = bottom_up, bottom_up.channels
            self.test_stride = test_output_stride or self.train_stride
            head = DeepLabHead(
                classes,
                channels=channels["res5"],
                stride=self.train_stride,
                rates=rates,
                norm=norm or "batch",
            )
        fine = fine_levels or (next(iter(channels)),)
        self.sem_seg_head: SemanticFPNHead | DeepLabHead | SemanticPointRendHead = head
        if pointrend:
            self.sem_seg_head = SemanticPointRendHead(
                head,
                classes,
                levels={name: _known(name, channels) for name in fine},
                train_points=train_points,
                oversample=oversample,
                importance=importance,
                steps=steps,
                points=points,
                ignore=ignore,
            )
        if kind == "fpn":
            _freeze_unread(self.backbone, {*levels, *(fine if pointrend else ())})

    @torch.no_grad()
    def forward(self, images: Tensor, sizes: Sequence[tuple[int, int]] = ()) -> Tensor:
        """Logits of the images, of their padding too.

        Args:
            images: normalised, padded at the right and the bottom to a multiple of 32,
                (B, 3, H, W).
            sizes: (H, W) of each image before the padding, which this does not need.

        Returns:
            float32, (B, K, H, W).
        """
        features = self.backbone(images)
        logits = self.sem_seg_head(features).float()
        size = images.shape[2], images.shape[3]
        if isinstance(self.sem_seg_head, SemanticPointRendHead):
            logits = self.sem_seg_head.refine(features, logits, size)
        return _resized(logits, size)

    def losses(self, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """Losses of a batch, means over what has a label; 0 if nothing has.

        Args:
            batch: images with label maps of their padded size.
            generator: of the random numbers.

        Returns:
            "loss_sem_seg", of the coarse logits at the size of the images, and with PointRend
            "loss_sem_seg_point".

        Raises:
            InputError: if the targets are no label maps, or of another size than the images.
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

    def train(self, mode: bool = True) -> SemanticModel:  # noqa: FBT001, FBT002 - torch's signature
        """Switch between training and inference, with the stride of each."""
        super().train(mode)
        if self.test_stride != self.train_stride and isinstance(self.backbone, ResNet):
            stride = self.train_stride if mode else self.test_stride
            self.backbone.dilate(stride)
            head = self.sem_seg_head
            if isinstance(head, SemanticPointRendHead):
                head = head.coarse_sem_seg_head
            if isinstance(head, DeepLabHead):
                head.spread(stride)
        return self


def _resized(logits: Tensor, size: tuple[int, int]) -> Tensor:
    """Logits (B, K, h, w) at a size, bilinear."""
    if logits.shape[2:] == size:
        return logits
    return functional.interpolate(logits, size=size, mode="bilinear", align_corners=False)


def _label_maps(batch: Batch) -> Tensor:
    """The label maps of a batch, (B, H, W)."""
    images, labels = tuple(batch.images.shape), batch.targets
    if not isinstance(labels, Tensor):
        raise InputError(
            "The batch has objects as targets, expected label maps: a semantic model is trained.",
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


def _check(kind: str, classes: int) -> None:
    if kind not in KINDS:
        raise InputError(
            f"There is no semantic head {kind!r}. Choose one of: {', '.join(KINDS)}.",
            code="unknown-kind",
            field="kind",
        )
    if classes < 2:
        raise InputError(
            f"The number of classes is {classes}, expected 2 or more: one against the other.",
            code="classes",
            field="classes",
        )


def _known(name: str, levels: dict[str, int]) -> int:
    """What a level has, if there is such a level."""
    if name not in levels:
        raise InputError(
            f"There is no level {name!r}. Choose among: {', '.join(levels)}.",
            code="unknown-level",
            field="levels",
        )
    return levels[name]


def _freeze_unread(pyramid: nn.Module, levels: set[str]) -> None:
    """Ask for no gradient of what nobody reads: nobody would ever give it one."""
    for level in STRIDES:
        number = level[1]
        if level not in levels:
            pyramid.get_submodule(f"fpn_output{number}").requires_grad_(requires_grad=False)
        if level < min(levels):
            pyramid.get_submodule(f"fpn_lateral{number}").requires_grad_(requires_grad=False)
