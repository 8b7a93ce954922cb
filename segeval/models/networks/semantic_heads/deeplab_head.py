"""DeepLabV3: the coarsest features, convolved with several dilations and globally averaged.

Source: Chen et al. 2017, Rethinking Atrous Convolution for Semantic Image Segmentation, section 3.3
and figure 5; names as in detectron2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from segeval.models.networks.backbone import Conv
from segeval.models.networks.protocols import Features
from segeval.models.networks.semantic_heads.label_loss import pixel_loss
from segeval.models.ops.points import random_numbers

RATES = 6, 12, 18
"""Dilations at stride 16, in cells."""


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: five views of the same features, concatenated.

    A 1x1 convolution, three dilated 3x3 convolutions, and the mean of the whole map. The mean has a
    bias and no norm: a single cell has no variance in a batch of one image.

    Args:
        inputs: channels.
        width: of each view and of the result.
        rates: dilations of the 3x3 convolutions, in cells.
        norm: of `norm_of`, or None. "sync" and "batch" need many images in a batch.
        dropout: share of the result to drop in training.
    """

    def __init__(
        self,
        inputs: int,
        width: int,
        *,
        rates: tuple[int, ...],
        norm: str | None,
        dropout: float,
    ) -> None:
        super().__init__()
        self.rates, self.dropout = tuple(rates), dropout
        near = Conv(inputs, width, 1, norm=norm, fill="xavier")
        far = [Conv(inputs, width, 3, dilation=rate, norm=norm, fill="xavier") for rate in rates]
        mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), Conv(inputs, width, 1, fill="xavier"))
        self.convs = nn.ModuleList([near, *far, mean])
        self.project = Conv(len(self.convs) * width, width, 1, norm=norm, fill="xavier")

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """From (B, inputs, h, w) to (B, width, h, w); the generator is for dropout."""
        *looks, mean = [look(x).relu() for look in self.convs]
        seen = torch.cat([*looks, mean.expand_as(looks[0])], dim=1)
        found: Tensor = self.project(seen).relu()
        if self.training and self.dropout > 0:
            kept = random_numbers(found.shape, found.device, generator) >= self.dropout
            found = found * kept / (1 - self.dropout)
        return found

    def spread(self, trained: int, stride: int) -> None:
        """Keep the taps' distance in pixels at another stride than in training.

        Args:
            trained: stride of the features in training.
            stride: of the features from now on.
        """
        for rate, look in zip(self.rates, list(self.convs)[1:-1], strict=True):
            apart = max(1, rate * trained // stride)
            if isinstance(look, Conv):
                look.padding = look.dilation = (apart, apart)


class DeepLabHead(nn.Module):
    """The coarsest map of a backbone to logits at its stride.

    Args:
        classes: K.
        level: name of the coarsest map, its input.
        channels: of that map.
        stride: of that map in training, in pixels.
        norm: of `norm_of`, or None.
        ignore: label without loss.
        width: of the pyramid pooling.
        rates: dilations of the pyramid pooling at that stride.
        dropout: share of the pooled features to drop in training.

    Attributes:
        stride: of the logits, in pixels, in training.
    """

    def __init__(
        self,
        classes: int,
        *,
        level: str = "res5",
        channels: int,
        stride: int,
        norm: str | None,
        ignore: int = 255,
        width: int = 256,
        rates: tuple[int, ...] = RATES,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.levels, self.stride, self.ignore = (level,), stride, ignore
        self.aspp = ASPP(channels, width, rates=rates, norm=norm, dropout=dropout)
        self.predictor = Conv(width, classes, 1)
        nn.init.normal_(self.predictor.weight, std=0.001)

    def forward(self, features: Features, generator: torch.Generator | None = None) -> Tensor:
        """Logits (B, K, h, w) of the coarsest map (B, C, h, w); the generator is for dropout."""
        (level,) = self.levels
        return self.predictor(self.aspp(features[level], generator))  # type: ignore[no-any-return]

    def losses(
        self, features: Features, labels: Tensor, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """The mean over labelled pixels, as "loss_sem_seg"; see `SemanticHead.losses`."""
        return {"loss_sem_seg": pixel_loss(self(features, generator), labels, self.ignore)}

    def predict(self, features: Features, size: tuple[int, int]) -> Tensor:
        """The logits, whatever the size of the images."""
        return self(features)  # type: ignore[no-any-return]

    def dilate(self, output_stride: int) -> None:
        """Adapt to another stride than in training, with the same weights."""
        self.aspp.spread(self.stride, output_stride)
