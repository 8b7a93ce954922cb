"""Res2Net: a ResNet whose 3x3 convolutions work on parts of the channels, one after another.

Version 1b, the one with published weights: three convolutions in the stem, and shortcuts that
average before they stride.

Source: Gao et al. 2019, Res2Net: A New Multi-scale Backbone Architecture, section 3.1, and the
public code of its authors.
"""

from __future__ import annotations

import re
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.errors import InputError
from segeval.models.config.parts.res2net import Res2NetConfig
from segeval.models.config.rules import require_possible
from segeval.models.networks.backbone import resnet
from segeval.models.networks.backbone.context import GlobalContext
from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.backbone.deformable import DeformableConv
from segeval.models.networks.backbone.residual import ResidualNetwork
from segeval.models.networks.components import register_component

PLANES = 64
"""Channels of a bottleneck in res2, from which the authors count the width of a part."""

_STEM_PART = re.compile(r"stem\.conv([123])\.(norm\.)?")
_PART_NORM = re.compile(r"convs\.(\d+)\.norm\.")
_OFFSETS = re.compile(r"offsets\.(\d+)\.")


def block_name(name: str) -> str:
    """The name of a parameter of a block in the files of the authors.

    Example:
        >>> block_name("convs.2.norm.bias"), block_name("shortcut.weight")
        ('bns.2.bias', 'downsample.1.weight')
    """
    name = _PART_NORM.sub(r"bns.\1.", name)
    name = _OFFSETS.sub(r"convs.\1.conv_offset.", name)
    name = name.replace("shortcut.norm.", "downsample.2.").replace("shortcut.", "downsample.1.")
    return resnet.public_name(name)


def public_name(name: str) -> str:
    """The name of a parameter of the network in the files of the authors.

    Example:
        >>> public_name("stem.conv2.norm.bias"), public_name("stem.conv3.norm.bias")
        ('conv1.4.bias', 'bn1.bias')
        >>> public_name("res3.0.offsets.1.weight")
        'layer2.0.convs.1.conv_offset.weight'
    """
    if found := _STEM_PART.match(name):
        number, norm = int(found[1]) - 1, found[2]
        place = "bn1" if norm and number == 2 else f"conv1.{3 * number + (1 if norm else 0)}"
        return f"{place}.{name[found.end() :]}"
    return block_name(name)


@register_component("res2net-block", names=block_name)
class Bottle2neck(nn.Module):
    """A 1x1 convolution, 3x3 ones on parts of the channels, and a 1x1 one, added to the input.

    Each part but the last one has a convolution, whose input is the part and what the convolution
    before it gave; the last part stays as it is. In the first block of a stage, which changes the
    number of channels, the convolutions see their parts alone, and the last part is averaged.

    Args:
        inputs: channels of the input.
        planes: a quarter of the channels of the output.
        stride: of the block, 1 or 2.
        scales: number of parts.
        scale_width: channels of a part, times `planes` / 64.
        pool_first: whether a first block of stride 1 averages its last part as well.
        norm: of `norm_of`.
        deformable: 0 for plain 3x3 convolutions, else the version of the deformable ones.
        context: divisor of the channels of a `GlobalContext` before the addition; 0 for none.

    Raises:
        InputError: if a part has no channel.
    """

    def __init__(
        self,
        inputs: int,
        planes: int,
        stride: int = 1,
        *,
        scales: int = Res2NetConfig.scales,
        scale_width: int = Res2NetConfig.scale_width,
        pool_first: bool = Res2NetConfig.pool_first,
        norm: str = Res2NetConfig.norm,
        deformable: int = Res2NetConfig.deformable,
        context: int = Res2NetConfig.context,
    ) -> None:
        super().__init__()
        self.width = _width_of(planes, scale_width)
        self.stride, outputs = stride, 4 * planes
        is_first = stride > 1 or inputs != outputs
        self.adds = not is_first
        self.pools = is_first and (stride > 1 or pool_first)
        self.shortcut = Conv(inputs, outputs, 1, norm=norm) if is_first else None
        self.conv1 = Conv(inputs, scales * self.width, 1, norm=norm)
        self.convs = nn.ModuleList()
        self.offsets = nn.ModuleList() if deformable else None
        for _ in range(scales - 1):
            self._add_convolution(norm, deformable)
        self.conv3 = Conv(scales * self.width, outputs, 1, norm=norm)
        self.context = GlobalContext(outputs, context) if context else None

    def _add_convolution(self, norm: str, deformable: int) -> None:
        width, stride = self.width, self.stride
        if self.offsets is None:
            self.convs.append(Conv(width, width, 3, stride=stride, norm=norm))
            return
        conv = DeformableConv(width, width, 3, stride=stride, norm=norm, version=deformable)
        self.convs.append(conv)
        self.offsets.append(conv.offset_layer())

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, 4 planes, H / stride, W / stride)."""
        short = self._shortened(x)
        *parts, last = functional.relu_(self.conv1(x)).split(self.width, dim=1)
        found: list[Tensor] = []
        for number, part in enumerate(parts):
            seen = part + found[-1] if found and self.adds else part
            found.append(functional.relu(self._convolved(number, seen)))
        if self.pools:
            last = functional.avg_pool2d(last, 3, self.stride, padding=1)
        x = self.conv3(torch.cat([*found, last], dim=1))
        x = x if self.context is None else self.context(x)
        return functional.relu_(x + short)

    def _shortened(self, x: Tensor) -> Tensor:
        """What is added: the input, or its averages with other channels."""
        if self.shortcut is None:
            return x
        if self.stride > 1:
            x = functional.avg_pool2d(
                x, self.stride, self.stride, ceil_mode=True, count_include_pad=False
            )
        shortened: Tensor = self.shortcut(x)
        return shortened

    def _convolved(self, number: int, part: Tensor) -> Tensor:
        conv = self.convs[number]
        convolved: Tensor = (
            conv(part) if self.offsets is None else conv(part, self.offsets[number](part))
        )
        return convolved


@register_component("res2net", names=public_name, settings=Res2NetConfig)
class Res2Net(ResidualNetwork):
    """Stem and four stages, res2 to res5.

    Args:
        config: its depth and the kind of its layers; None for Res2Net-50.

    Raises:
        FormatError: for an impossible setting.

    Example:
        >>> maps = Res2Net()(torch.zeros(1, 3, 64, 64))
        >>> {name: tuple(each.shape[1:]) for name, each in maps.items()}
        {'res2': (256, 16, 16), 'res3': (512, 8, 8), 'res4': (1024, 4, 4), 'res5': (2048, 2, 2)}
    """

    def __init__(self, config: Res2NetConfig | None = None) -> None:
        config = config or Res2NetConfig()
        require_possible({"backbone": config}, "Res2Net")
        base = config.base_channels
        stem = resnet.DeepStem(norm=config.norm, middle=max(1, base // 2))
        super().__init__(stem, resnet.BLOCKS[config.depth], partial(_block, config), base=base)

    def dilate(self, output_stride: int) -> None:
        """Refuse another stride than 32: no published Res2Net was trained with dilation.

        Args:
            output_stride: of res5, in pixels.

        Raises:
            InputError: for any other than 32.
        """
        if output_stride != 32:
            raise InputError(
                f"The output stride is {output_stride!r}, expected 32: Res2Net has no dilated "
                "convolutions. Choose a ResNet.",
                code="unknown-stride",
                field="output_stride",
            )


def _width_of(planes: int, scale_width: int) -> int:
    """Channels of a part of a block."""
    width = planes * scale_width // PLANES
    if width == 0:
        raise InputError(
            f"A block of {planes} planes has parts of {planes} x {scale_width} / {PLANES} "
            "channels, which is less than one. Choose more planes, or a larger scale_width.",
            code="width",
            field="planes",
        )
    return width


def _block(config: Res2NetConfig, stage: int, inputs: int, outputs: int) -> Bottle2neck:
    """A block of a stage; the first ones of all but res2 stride."""
    name = f"res{2 + stage}"
    return Bottle2neck(
        inputs,
        outputs // 4,
        2 if stage and inputs != outputs else 1,
        scales=config.scales,
        scale_width=config.scale_width,
        pool_first=config.pool_first,
        norm=config.norm,
        deformable=config.deformable if name in config.deformable_stages else 0,
        context=config.context if name in config.context_stages else 0,
    )
