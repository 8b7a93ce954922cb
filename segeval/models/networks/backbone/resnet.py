"""ResNet and ResNeXt of bottleneck blocks: an image to four maps, each half the last one's width.

Source: He et al. 2016, Deep Residual Learning, table 1; Xie et al. 2017, Aggregated Residual
Transformations (ResNeXt), table 1.
"""

from __future__ import annotations

import re
from functools import partial

from torch import Tensor, nn
from torch.nn import functional

from segeval.errors import InputError
from segeval.models.config import BackboneConfig
from segeval.models.config.rules import require_possible
from segeval.models.networks.backbone.context import GlobalContext
from segeval.models.networks.backbone.context import public_name as context_name
from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.backbone.deformable import DeformableConv
from segeval.models.networks.backbone.residual import ResidualNetwork
from segeval.models.networks.components import register_component

BLOCKS = {
    14: (1, 1, 1, 1),
    26: (2, 2, 2, 2),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""Numbers of blocks in res2, res3, res4 and res5, by depth."""

_PLACE = re.compile(r"res([2-5])\.(\d+)\.")
_NORM = re.compile(r"conv(\d)\.norm\.")


def public_name(name: str) -> str:
    """The name of a parameter in torchvision, or in mmdetection where torchvision has none.

    Example:
        >>> public_name("res3.0.conv2.norm.bias"), public_name("res3.0.shortcut.weight")
        ('layer2.0.bn2.bias', 'layer2.0.downsample.0.weight')
    """
    name = _PLACE.sub(lambda found: f"layer{int(found[1]) - 1}.{found[2]}.", name)
    head, context, inner = name.partition(".context.")
    if context:
        return f"{head}.context_block.{context_name(inner)}"
    name = name.removeprefix("stem.").replace("conv2_offset.", "conv2.conv_offset.")
    name = name.replace("shortcut.norm.", "downsample.1.").replace("shortcut.", "downsample.0.")
    return _NORM.sub(r"bn\1.", name)


class Stem(nn.Module):
    """A 7x7 convolution of stride 2 and a max-pool of stride 2.

    Args:
        norm: of `norm_of`.
        channels: of the output.
    """

    def __init__(self, *, norm: str = "frozen", channels: int = 64) -> None:
        super().__init__()
        self.channels = channels
        self.conv1 = Conv(3, self.channels, 7, stride=2, norm=norm)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, channels, H/4, W/4)."""
        return functional.max_pool2d(functional.relu_(self.conv1(image)), 3, stride=2, padding=1)


class DeepStem(nn.Module):
    """Three 3x3 convolutions in place of the 7x7 one, as in DeepLab's ResNet-103.

    Args:
        norm: of `norm_of`.
        middle: channels of the first two, half of those of the last.
    """

    def __init__(self, *, norm: str = "frozen", middle: int = 64) -> None:
        super().__init__()
        self.channels = 2 * middle
        self.conv1 = Conv(3, middle, 3, stride=2, norm=norm)
        self.conv2 = Conv(middle, middle, 3, norm=norm)
        self.conv3 = Conv(middle, self.channels, 3, norm=norm)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, 2 middle, H/4, W/4)."""
        x = functional.relu_(self.conv1(image))
        x = functional.relu_(self.conv2(x))
        return functional.max_pool2d(functional.relu_(self.conv3(x)), 3, stride=2, padding=1)


class Bottleneck(nn.Module):
    """Three convolutions, 1x1, 3x3 and 1x1, added to their input.

    Args:
        inputs: channels of the input.
        middle: channels of the 3x3 convolution.
        outputs: channels of the output.
        stride: of the block.
        groups: of the 3x3 convolution.
        norm: of `norm_of`.
        stride_in_1x1: whether the first convolution strides, or the 3x3 one.
        deformable: 0 for a plain 3x3 convolution, else the version of the deformable one.
        context: divisor of the channels of a `GlobalContext` before the addition; 0 for none.
    """

    def __init__(
        self,
        inputs: int,
        middle: int,
        outputs: int,
        *,
        stride: int = 1,
        groups: int = 1,
        norm: str = "frozen",
        stride_in_1x1: bool = True,
        deformable: int = 0,
        context: int = 0,
    ) -> None:
        super().__init__()
        self.stride_in_1x1 = stride_in_1x1
        first, second = (stride, 1) if stride_in_1x1 else (1, stride)
        self.shortcut = (
            None if inputs == outputs else Conv(inputs, outputs, 1, stride=stride, norm=norm)
        )
        self.conv1 = Conv(inputs, middle, 1, stride=first, norm=norm)
        self.conv2: Conv | DeformableConv
        self.conv2_offset: Conv | None = None
        if deformable:
            self.conv2 = DeformableConv(
                middle, middle, 3, stride=second, groups=groups, norm=norm, version=deformable
            )
            self.conv2_offset = self.conv2.offset_layer()
        else:
            self.conv2 = Conv(middle, middle, 3, stride=second, groups=groups, norm=norm)
        self.conv3 = Conv(middle, outputs, 1, norm=norm)
        self.context = GlobalContext(outputs, context) if context else None

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        short = x if self.shortcut is None else self.shortcut(x)
        x = functional.relu_(self.conv1(x))
        x = self.conv2(x) if self.conv2_offset is None else self.conv2(x, self.conv2_offset(x))
        x = self.conv3(functional.relu_(x))
        x = x if self.context is None else self.context(x)
        return functional.relu_(x + short)

    def space(self, *, stride: int, dilation: int) -> None:
        """Change the block's stride and the dilation of its 3x3 convolution."""
        first, second = (stride, 1) if self.stride_in_1x1 else (1, stride)
        self.conv1.stride = (first, first)
        if self.shortcut is not None:
            self.shortcut.stride = (stride, stride)
        for conv in (self.conv2, self.conv2_offset):
            if conv is not None:
                conv.stride = (second, second)
                conv.padding = conv.dilation = (dilation, dilation)


@register_component("resnet", names=public_name, settings=BackboneConfig)
class ResNet(ResidualNetwork):
    """Stem and four stages, res2 to res5.

    Args:
        config: depth, width and kind of its layers; None for ResNet-50.

    Raises:
        InputError: for an impossible setting.

    Example:
        >>> import torch
        >>> maps = ResNet()(torch.zeros(1, 3, 64, 64))
        >>> {name: tuple(each.shape[1:]) for name, each in maps.items()}
        {'res2': (256, 16, 16), 'res3': (512, 8, 8), 'res4': (1024, 4, 4), 'res5': (2048, 2, 2)}
    """

    def __init__(self, config: BackboneConfig | None = None) -> None:
        config = config or BackboneConfig()
        require_possible({"backbone": config}, "ResNet")
        base, norm = config.base_channels, config.norm
        stem = (
            DeepStem(norm=norm, middle=base) if config.deep_stem else Stem(norm=norm, channels=base)
        )
        super().__init__(stem, BLOCKS[config.depth], partial(_block, config), base=base)
        self.multi_grid = config.multi_grid
        self.dilate(config.output_stride)

    def dilate(self, output_stride: int) -> None:
        """Limit the stride of the last stages, and dilate their convolutions instead.

        Weights stay the same: a model trained at 16 may be used at 8.

        Args:
            output_stride: of res5, in pixels: 8, 16 or 32.

        Raises:
            InputError: for any other stride.

        Source:
            Chen et al. 2017, DeepLabV3, sections 3.1 and 3.2.
        """
        if output_stride not in (8, 16, 32):
            raise InputError(
                f"The output stride is {output_stride!r}, expected 8, 16 or 32.",
                code="unknown-stride",
                field="output_stride",
            )
        for place, name in enumerate(self.channels):
            full = 4 << place
            stride, dilation = min(full, output_stride), max(1, full // output_stride)
            step = 1 if dilation > 1 or name == "res2" else 2
            self.strides[name] = stride
            for number, block in enumerate(self._blocks(name)):
                factor = self.multi_grid[number] if name == "res5" else 1
                block.space(stride=1 if number else step, dilation=dilation * factor)

    def _blocks(self, stage: str) -> list[Bottleneck]:
        return [
            each for each in self.get_submodule(stage).children() if isinstance(each, Bottleneck)
        ]


def _block(config: BackboneConfig, stage: int, inputs: int, outputs: int) -> Bottleneck:
    """A block of a stage, before it has its stride."""
    name = f"res{2 + stage}"
    return Bottleneck(
        inputs,
        config.groups * config.width_per_group << stage,
        outputs,
        groups=config.groups,
        norm=config.norm,
        stride_in_1x1=config.stride_in_1x1,
        deformable=config.deformable if name in config.deformable_stages else 0,
        context=config.context if name in config.context_stages else 0,
    )
