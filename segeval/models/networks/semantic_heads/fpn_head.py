"""SemanticFPN: the levels of a pyramid, upsampled to one resolution and summed.

Source: Kirillov et al. 2019, Panoptic Feature Pyramid Networks, section 3.1 and figure 3; names as
in detectron2.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from segeval.models.networks.backbone import Conv
from segeval.models.networks.protocols import Features
from segeval.models.networks.semantic_heads.label_loss import pixel_loss


class SemanticFPNHead(nn.Module):
    """From levels of a pyramid to logits at the stride of the finest.

    A level gets a 3x3 convolution for each doubling that it needs, and at least one. Norm and ReLU
    follow each and, unless the level is the finest, the doubling.

    Args:
        classes: K.
        levels: strides of the levels to read, by name, finest first.
        channels: of a level.
        norm: of `norm_of`, or None.
        ignore: label without loss.
        width: of the convolutions.

    Attributes:
        stride: of the logits, in pixels.

    Example:
        >>> import torch
        >>> levels = {"p3": 8, "p4": 16}
        >>> head = SemanticFPNHead(19, levels=levels, channels=256, norm="group")
        >>> head({"p3": torch.zeros(1, 256, 8, 16), "p4": torch.zeros(1, 256, 4, 8)}).shape
        torch.Size([1, 19, 8, 16])
    """

    def __init__(
        self,
        classes: int,
        *,
        levels: Mapping[str, int],
        channels: int,
        norm: str | None,
        ignore: int = 255,
        width: int = 128,
    ) -> None:
        super().__init__()
        self.levels, self.ignore = dict(levels), ignore
        self.stride = min(self.levels.values())
        for name, stride in self.levels.items():
            doublings = (stride // self.stride).bit_length() - 1
            layers: list[nn.Module] = []
            for place in range(max(1, doublings)):
                layers.append(Conv(width if place else channels, width, 3, norm=norm))
                layers.append(_relu_doubled() if doublings else nn.ReLU(inplace=True))
            self.add_module(name, nn.Sequential(*layers))
        self.predictor = Conv(width, classes, 1)

    def forward(self, features: Features, generator: object = None) -> Tensor:
        """Logits (B, K, H / stride, W / stride); the generator is unused."""
        brought = (self.get_submodule(name)(features[name]) for name in self.levels)
        total: Tensor = next(brought)
        for each in brought:
            total = total + each
        return self.predictor(total)  # type: ignore[no-any-return]

    def losses(
        self, features: Features, labels: Tensor, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """The mean over labelled pixels, as "loss_sem_seg"; see `SemanticHead.losses`."""
        return {"loss_sem_seg": pixel_loss(self(features), labels, self.ignore)}

    def predict(self, features: Features, size: tuple[int, int]) -> Tensor:
        """The logits, whatever the size of the images."""
        return self(features)  # type: ignore[no-any-return]


def _relu_doubled() -> nn.Module:
    """ReLU and doubling as one module: the published numbers of the convolutions are 0, 2 and 4."""
    upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
    return nn.Sequential(nn.ReLU(inplace=True), upsample)
