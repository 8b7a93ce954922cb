"""Semantic models: from an image to class logits for every pixel.

    image -> backbone (ResNet and FPN, or a dilated ResNet)
          -> sem_seg_head (SemanticFPN, DeepLabV3 or yours; PointRend: then points)
          -> logits at the size of the image

Modules are named as in the published checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from segeval.errors import InputError, ShapeError
from segeval.models.networks.batches import Batch
from segeval.models.networks.protocols import (
    Backbone,
    Dilatable,
    Model,
    PyramidNetwork,
    SemanticHead,
)
from segeval.models.ops.resizing import resized


class SemanticModel(Model):
    """A semantic head on the maps of a backbone, or on the levels of a pyramid.

    A model may use a smaller stride in inference than in training: `train` and `eval` change the
    dilations of the backbone and of what reads its last map; the weights stay the same.

    Args:
        backbone: from an image to its maps.
        head: from these to class logits.
        test_stride: of the last map of a `Dilatable` backbone in inference, in pixels; None for
            that of training.

    Source:
        Kirillov et al. 2020, PointRend, section 5.
    """

    def __init__(
        self,
        backbone: Backbone | PyramidNetwork,
        head: SemanticHead,
        *,
        test_stride: int | None = None,
    ) -> None:
        super().__init__()
        self.backbone, self.sem_seg_head = backbone, head
        self.train_stride = list(backbone.strides.values())[-1]
        self.test_stride = test_stride or self.train_stride

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
        size = images.shape[2], images.shape[3]
        return resized(self.sem_seg_head.predict(self.backbone(images), size).float(), size)

    def losses(
        self, batch: Batch, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of a batch, see `SemanticHead.losses`.

        Args:
            batch: images with label maps of their padded size.
            generator: of the random numbers.

        Raises:
            InputError: if the targets are not label maps, or differ in size from the images.
        """
        labels = _label_maps(batch)
        return self.sem_seg_head.losses(self.backbone(batch.images), labels, generator=generator)

    @torch.no_grad()
    def rehearse(self, images: Tensor) -> tuple[int, int]:
        """Run every layer; the work is the same for any image."""
        size = images.shape[2], images.shape[3]
        logits = self.sem_seg_head.predict(self.backbone(images), size)
        return logits.shape[2], logits.shape[3]

    def train(self, mode: bool = True) -> SemanticModel:  # noqa: FBT001, FBT002 - torch's signature
        """Switch between training and inference, each with its own stride."""
        super().train(mode)
        if self.test_stride != self.train_stride and isinstance(self.backbone, Dilatable):
            stride = self.train_stride if mode else self.test_stride
            for part in (self.backbone, *self.get_submodule("sem_seg_head").modules()):
                if isinstance(part, Dilatable):
                    part.dilate(stride)
        return self


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
