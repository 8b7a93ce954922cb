"""Feature pyramid: maps of all strides with the same channels, the fine ones told by the coarse.

Source: Lin et al. 2017, Feature Pyramid Networks, section 3; p6 as in section 4.1.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.backbone.resnet import ResNet


class FPN(nn.Module):
    """Backbone with a feature pyramid on top.

    Args:
        bottom_up: the backbone.
        channels: of every level.

    Attributes:
        channels: of every level.
        strides: of each level, in pixels, by name: p2 to p6, 4 to 64.

    Example:
        >>> import torch
        >>> levels = FPN(ResNet(50))(torch.zeros(1, 3, 64, 96))
        >>> {name: tuple(each.shape[2:]) for name, each in levels.items()}
        {'p2': (16, 24), 'p3': (8, 12), 'p4': (4, 6), 'p5': (2, 3), 'p6': (1, 2)}
    """

    def __init__(self, bottom_up: ResNet, *, channels: int = 256) -> None:
        super().__init__()
        self.bottom_up = bottom_up
        self.channels = channels
        self.strides = {f"p{level}": 1 << level for level in range(2, 7)}
        inputs = bottom_up.channels
        self.fpn_lateral2 = Conv(inputs["res2"], channels, 1, fill="xavier")
        self.fpn_lateral3 = Conv(inputs["res3"], channels, 1, fill="xavier")
        self.fpn_lateral4 = Conv(inputs["res4"], channels, 1, fill="xavier")
        self.fpn_lateral5 = Conv(inputs["res5"], channels, 1, fill="xavier")
        self.fpn_output2 = Conv(channels, channels, 3, fill="xavier")
        self.fpn_output3 = Conv(channels, channels, 3, fill="xavier")
        self.fpn_output4 = Conv(channels, channels, 3, fill="xavier")
        self.fpn_output5 = Conv(channels, channels, 3, fill="xavier")

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """From (B, 3, H, W), multiples of 32, to {"p2": (B, channels, H/4, W/4), ..., "p6"}."""
        maps = self.bottom_up(image)
        five = self.fpn_lateral5(maps["res5"])
        four = self.fpn_lateral4(maps["res4"]) + _doubled(five)
        three = self.fpn_lateral3(maps["res3"]) + _doubled(four)
        two = self.fpn_lateral2(maps["res2"]) + _doubled(three)
        p5 = self.fpn_output5(five)
        return {
            "p2": self.fpn_output2(two),
            "p3": self.fpn_output3(three),
            "p4": self.fpn_output4(four),
            "p5": p5,
            "p6": functional.max_pool2d(p5, kernel_size=1, stride=2),
        }


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")
