"""A stage of RefineMask: features of a box, of the image and masks become finer features.

Source: Zhang et al. 2021, RefineMask, section 3.2, with the names and rules of its public code.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.networks.backbone.fpn import level_of
from segeval.models.networks.components import register_component
from segeval.models.networks.mask_heads.conv_head import fill_layer
from segeval.models.ops import grid_points, sample_in_boxes
from segeval.models.ops.pooling import pool_per_image
from segeval.models.ops.resizing import resized_by_corners, size_of

DILATIONS = (1, 3, 5)


class Convolution(nn.Module):
    """A convolution that keeps the side of its map, and ReLU.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: side of the kernel.
        dilation: distance of its places.
        relu: whether ReLU follows.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, *, dilation: int = 1, relu: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, padding=dilation * (kernel // 2), dilation=dilation
        )
        fill_layer(self.conv)
        self.relu = relu

    def forward(self, features: Tensor) -> Tensor:
        """From (N, inputs, H, W) to (N, outputs, H, W)."""
        found: Tensor = self.conv(features)
        return found.relu() if self.relu else found


class DilatedFusion(nn.Module):
    """The sum of three dilated convolutions, and a 1x1 convolution without activation.

    Args:
        channels: C.
        mean: whether the mean of the map is added as a fourth branch.
    """

    def __init__(self, channels: int, *, mean: bool = False) -> None:
        super().__init__()
        self.mean = mean
        self.branches = [f"dilation_conv_{number}" for number in range(1, len(DILATIONS) + 1)]
        for name, dilation in zip(self.branches, DILATIONS, strict=True):
            self.add_module(name, Convolution(channels, channels, dilation=dilation))
        self.merge_conv = Convolution(channels, channels, 1, relu=False)

    def forward(self, features: Tensor) -> Tensor:
        """From (N, C, H, W) to (N, C, H, W)."""
        found = [self.get_submodule(name)(features) for name in self.branches]
        total = found[0] + found[1] + found[2]
        if self.mean:
            total = total + features.mean((2, 3), keepdim=True)
        return self.merge_conv(total)  # type: ignore[no-any-return]


class _Stage(nn.Module):
    """What both kinds of stages have.

    Args:
        channels: c of the features of a box.
        semantic: channels of the map of the image.
        beside: masks beside the features.
        mean: see `DilatedFusion`.
    """

    def __init__(self, channels: int, semantic: int, *, beside: int, mean: bool) -> None:
        super().__init__()
        self.semantic_transform_in = nn.Conv2d(semantic, channels, 1)
        inner = nn.Conv2d(2 * channels + beside, channels, 1)
        self.fuse_conv = nn.ModuleList([inner, DilatedFusion(channels, mean=mean)])
        self.fuse_transform_out = nn.Conv2d(channels, channels // 2 - beside, 1)
        for layer in (self.semantic_transform_in, inner, self.fuse_transform_out):
            fill_layer(layer)

    def seen(self, semantic: Tensor) -> Tensor:
        """The map of the images that is read in boxes, (B, c, H, W)."""
        return self.semantic_transform_in(semantic).relu()  # type: ignore[no-any-return]

    def fused(self, parts: Sequence[Tensor]) -> Tensor:
        """Features of all parts, with channels left for the masks beside them."""
        found = torch.cat(list(parts), dim=1)
        for layer in self.fuse_conv:
            found = layer(found).relu()
        return self.fuse_transform_out(found).relu()  # type: ignore[no-any-return]


class RefineStage(_Stage):
    """A stage that also reads what is foreground in the image.

    Args:
        channels: c of the features of a box; those of the next stage have half as many.
        semantic: channels of the map of the image.
        classes: K.
    """

    def __init__(self, channels: int, semantic: int, classes: int) -> None:
        super().__init__(channels, semantic, beside=2, mean=False)
        self.semantic_transform_out = nn.Conv2d(channels, channels, 1)
        self.instance_logits = nn.Conv2d(channels, classes, 1)
        for layer in (self.semantic_transform_out, self.instance_logits):
            fill_layer(layer)

    def forward(
        self,
        features: Tensor,
        logits: Tensor,
        maps: Sequence[Tensor],
        stride: int,
        boxes: Sequence[Tensor],
    ) -> Tensor:
        """Features of the next stage, (N, c / 2, 2S, 2S).

        Args:
            features: of the boxes, (N, c, S, S).
            logits: of the mask of each box's class, (N, S, S).
            maps: of the images: `seen`, and the logits of what is foreground, (B, 1, H, W).
            stride: of the maps, in pixels.
            boxes: of each image, x0, y0, x1, y1 in pixels, (n, 4).
        """
        seen, foreground = maps
        side, level = features.shape[-1], level_of(stride)
        in_boxes, around = (
            pool_per_image({f"p{level}": each}, boxes, side, {f"p{level}": stride})
            for each in (seen, foreground.sigmoid())
        )
        in_boxes = self.semantic_transform_out(in_boxes).relu()
        own = logits.sigmoid().unsqueeze(1)
        finer = _doubled(self.fused([features, in_boxes, own, around])).relu()
        masks = [resized_by_corners(each, size_of(finer)) for each in (own, around)]
        return torch.cat([finer, *masks], dim=1)


class SimpleRefineStage(_Stage):
    """A stage of the faster variant; its logits are made outside of it.

    Args:
        channels: c of the features of a box.
        semantic: channels of the map of the image.
        doubles: whether it doubles the side; the last stage does not.
    """

    def __init__(self, channels: int, semantic: int, *, doubles: bool) -> None:
        super().__init__(channels, semantic, beside=1, mean=True)
        self.doubles = doubles

    def forward(
        self,
        features: Tensor,
        logits: Tensor,
        maps: Sequence[Tensor],
        stride: int,
        boxes: Sequence[Tensor],
    ) -> Tensor:
        """Features of the next stage, see `RefineStage`; `maps` has no foreground."""
        (seen,) = maps
        side = features.shape[-1]
        cells = grid_points(side, seen.device).expand(len(features), -1, -1)
        in_boxes = sample_in_boxes(seen, stride, boxes, cells).unflatten(2, (side, side))
        own = logits.sigmoid().unsqueeze(1)
        finer = torch.cat([self.fused([features, in_boxes, own]), own], dim=1)
        return _doubled(finer) if self.doubles else finer


def _doubled(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)


@register_component("dilated-fusion")
def dilated_fusion(*, channels: int, mean: bool = False) -> DilatedFusion:
    """The fusion block of RefineMask, from (N, C, H, W) to the same.

    Args:
        channels: C.
        mean: whether the mean of the map is added as a fourth branch.
    """
    return DilatedFusion(channels, mean=mean)
