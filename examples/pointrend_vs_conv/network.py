"""A backbone that trains in minutes on a CPU, and a mask head on top of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.config import MaskConfig
from segeval.models.config.parts.refine import RefineMaskConfig
from segeval.models.networks.batches import MaskSample
from segeval.models.networks.mask_heads import ConvHead, PointRendHead, RefineMaskHead
from segeval.models.networks.protocols import Levels

HeadName = Literal["conv", "conv-soft", "pointrend", "refine"]
HEADS: tuple[HeadName, ...] = ("conv", "conv-soft", "pointrend")
"""Heads of `run.py`; `refine.py` compares "refine" with them."""

WIDTHS = (32, 48, 64, 64)
"""Channels of the stages at strides 4, 8, 16 and 32."""

CHANNELS = 32
"""Channels of the map that the heads read."""

LEVEL = Levels(CHANNELS, {"p2": 4})
"""Name of the map that the heads read."""


class Stage(nn.Module):
    """A residual pair of convolutions at half the resolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.down = block(inputs, outputs, stride=2)
        self.first = block(outputs, outputs)
        self.second = block(outputs, outputs)

    def forward(self, features: Tensor) -> Tensor:
        features = self.down(features)
        return features + self.second(self.first(features))  # type: ignore[no-any-return]


class Backbone(nn.Module):
    """From an image (B, 3, H, W) to maps of strides 4, 8, 16, 32, coarse ones added to fine ones.

    Args:
        levels: number of maps to return, 1 for the finest alone; 4 adds a map of stride 64.

    Attributes:
        channels: of every level.
        strides: of each returned level, by name.
    """

    def __init__(self, levels: int = 1) -> None:
        super().__init__()
        self.channels = CHANNELS
        names = [f"p{number}" for number in range(2, 2 + levels)] + ["p6"] * (levels == 4)
        self.strides = {name: 1 << int(name[1]) for name in names}
        self.stem = block(3, 16, stride=2)
        inputs = (16, *WIDTHS[:-1])
        self.stages = nn.ModuleList(Stage(a, b) for a, b in zip(inputs, WIDTHS, strict=True))
        self.laterals = nn.ModuleList(nn.Conv2d(width, CHANNELS, 1) for width in WIDTHS)
        self.outputs = nn.ModuleList(
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1) for _ in range(levels)
        )

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        features = self.stem(images)
        maps = []
        for stage, lateral in zip(self.stages, self.laterals, strict=True):
            features = stage(features)
            maps.append(lateral(features))
        for finer in (2, 1, 0):
            size = maps[finer].shape[2:]
            above = functional.interpolate(maps[finer + 1], size=size, mode="nearest")
            maps[finer] = maps[finer] + above
        found = [output(each) for output, each in zip(self.outputs, maps, strict=False)]
        if "p6" in self.strides:
            found.append(found[-1][:, :, ::2, ::2])
        return dict(zip(self.strides, found, strict=True))


class MaskModel(nn.Module):
    """The backbone and one head of `segeval.models`; boxes are given.

    Args:
        head: "conv" (4 x conv, 28 x 28), "conv-soft" (the same, trained on the covered share of
            each cell), "pointrend" or "refine" (RefineMask, 112 x 112).
        classes: 1 for class-agnostic masks.
        dense: train PointRend on all cells of 28 x 28 instead of 196 chosen points.
    """

    def __init__(self, head: HeadName, classes: int = 1, *, dense: bool = False) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.head: ConvHead | PointRendHead | RefineMaskHead = conv(classes, head)
        if head == "pointrend":
            self.head = pointrend(classes, dense=dense)
        elif head == "refine":
            self.head = RefineMaskHead(RefineMaskConfig(), classes, LEVEL)

    def losses(
        self, images: Tensor, boxes: Tensor, classes: Tensor, masks: Tensor, draws: torch.Generator
    ) -> dict[str, Tensor]:
        """Losses of B images with one object each; arguments as in `Pictures`."""
        features = self.backbone(images)
        first = [torch.zeros(1, dtype=torch.int64)] * len(images)
        sample = MaskSample(per_image(boxes), per_image(classes), per_image(masks), first)
        return self.head.losses(features, sample, generator=draws)

    @torch.no_grad()
    def predict(self, images: Tensor, boxes: Tensor, classes: Tensor) -> Tensor:
        """Mask logits (B, 1, S, S) in the boxes."""
        features = self.backbone(images)
        return self.head.predict(features, per_image(boxes), per_image(classes))


def conv(classes: int, name: str) -> ConvHead:
    """The head of Mask R-CNN, as wide as the features, on the only level."""
    config = MaskConfig(kind="conv", soft_targets=name == "conv-soft")
    return ConvHead(config, classes, LEVEL)


def pointrend(classes: int, *, dense: bool = False) -> PointRendHead:
    """PointRend with its usual points, in a size that suits the features."""
    config = MaskConfig(coarse_channels=CHANNELS, coarse_width=256, point_width=64)
    if dense:
        config = replace(config, sampling="grid", train_points=28 * 28)
    return PointRendHead(config, classes, LEVEL)


def per_image(column: Tensor) -> Sequence[Tensor]:
    """One row for each image."""
    rows: tuple[Tensor, ...] = column.split(1)
    return rows


def block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Convolution, norm, ReLU."""
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
