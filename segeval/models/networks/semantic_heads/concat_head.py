"""The head of HRNetV2: all maps of a backbone at the finest stride, read by two 1x1 convolutions.

Source: Wang et al. 2020, Deep High-Resolution Representation Learning for Visual Recognition,
section 3.4 and figure 4, and the authors' code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.config.parts.concat import ConcatConfig
from segeval.models.config.parts.hrnet import HRNetConfig
from segeval.models.networks.backbone import Conv, HRNet
from segeval.models.networks.backbone.hrnet import public_name as hrnet_name
from segeval.models.networks.backbone.norms import norm_of
from segeval.models.networks.components import register_component
from segeval.models.networks.protocols import Features, Maps
from segeval.models.networks.semantic_heads.label_loss import pixel_loss
from segeval.models.ops.resizing import resized, size_of


class ConcatHead(nn.Module):
    """From maps to logits at the stride of the finest.

    Args:
        config: its norm, and the ignored label.
        classes: K.
        maps: that it reads, finest first.

    Attributes:
        stride: of the logits, in pixels.

    Example:
        >>> maps = Maps({"c2": 4, "c3": 8}, {"c2": 4, "c3": 8})
        >>> head = ConcatHead(ConcatConfig(), 2, maps)
        >>> head({"c2": torch.zeros(2, 4, 6, 8), "c3": torch.zeros(2, 8, 3, 4)}).shape
        torch.Size([2, 2, 6, 8])
    """

    def __init__(self, config: ConcatConfig, classes: int, maps: Maps) -> None:
        super().__init__()
        self.levels, self.ignore = tuple(maps.channels), config.ignore
        self.stride = min(maps.strides.values())
        width = sum(maps.channels.values())
        # apart from its norm, since it has a bias beside it
        self.mix, self.norm = Conv(width, width, 1), norm_of(config.norm, width)
        self.predictor = Conv(width, classes, 1)
        for layer in (self.mix, self.predictor):
            nn.init.normal_(layer.weight, std=0.001)

    def forward(self, features: Features) -> Tensor:
        """Logits (B, K, H / stride, W / stride)."""
        finest, *others = (features[name] for name in self.levels)
        finer = (resized(each, size_of(finest)) for each in others)
        seen = torch.cat([finest, *finer], dim=1)
        logits: Tensor = self.predictor(functional.relu_(self.norm(self.mix(seen))))
        return logits

    def losses(
        self, features: Features, labels: Tensor, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """The mean over labelled pixels, as "loss_sem_seg"; see `SemanticHead.losses`."""
        return {"loss_sem_seg": pixel_loss(self(features), labels, self.ignore)}

    def predict(self, features: Features, size: tuple[int, int]) -> Tensor:
        """The logits, whatever the size of the images."""
        logits: Tensor = self(features)
        return logits


def public_name(name: str) -> str:
    """The name of a weight in the authors' files.

    Example:
        >>> public_name("backbone.stem.conv1.weight"), public_name("head.norm.bias")
        ('conv1.weight', 'last_layer.1.bias')
    """
    part, _, inner = name.partition(".")
    if part == "backbone":
        return hrnet_name(inner)
    layer, _, last = inner.partition(".")
    return f"last_layer.{ {'mix': 0, 'norm': 1, 'predictor': 3}[layer] }.{last}"


@register_component("hrnet", names=public_name)
class HRNetV2(nn.Module):
    """HRNet with its semantic head: from an image to class logits at stride 4.

    Args:
        width: C, see `HRNetConfig`.
        modules: in the stages of two, three and four branches.
        blocks: of each branch in a module.
        bottlenecks: of the first stage.
        classes: K.
    """

    def __init__(
        self,
        *,
        width: int = HRNetConfig.width,
        modules: tuple[int, int, int] = HRNetConfig.modules,
        blocks: int = HRNetConfig.blocks,
        bottlenecks: int = HRNetConfig.bottlenecks,
        classes: int = 2,
    ) -> None:
        super().__init__()
        self.backbone = HRNet(
            HRNetConfig(width=width, modules=modules, blocks=blocks, bottlenecks=bottlenecks)
        )
        maps = Maps(self.backbone.channels, self.backbone.strides)
        self.head = ConcatHead(ConcatConfig(), classes, maps)

    def forward(self, image: Tensor) -> Tensor:
        """From (B, 3, H, W) to logits (B, K, H / 4, W / 4)."""
        logits: Tensor = self.head(self.backbone(image))
        return logits
