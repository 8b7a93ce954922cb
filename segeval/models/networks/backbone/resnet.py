"""ResNet and ResNeXt of bottleneck blocks: an image to four maps, each half the last one's width.

Source: He et al. 2016, Deep Residual Learning, table 1; Xie et al. 2017, Aggregated Residual
Transformations (ResNeXt), table 1.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from segeval.errors import InputError
from segeval.models.config import BackboneConfig
from segeval.models.config.rules import require_possible
from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.backbone.deformable import DeformableConv
from segeval.models.networks.backbone.norms import freeze_norms

BLOCKS = {
    14: (1, 1, 1, 1),
    26: (2, 2, 2, 2),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""Numbers of blocks in res2, res3, res4 and res5, by depth."""


class Stem(nn.Module):
    """A 7x7 convolution of stride 2 and a max-pool of stride 2."""

    channels = 64

    def __init__(self, *, norm: str = "frozen") -> None:
        super().__init__()
        self.conv1 = Conv(3, self.channels, 7, stride=2, norm=norm)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, 64, H/4, W/4)."""
        return functional.max_pool2d(functional.relu_(self.conv1(image)), 3, stride=2, padding=1)


class DeepStem(nn.Module):
    """Three 3x3 convolutions in place of the 7x7 one, as in DeepLab's ResNet-103."""

    channels = 128

    def __init__(self, *, norm: str = "frozen") -> None:
        super().__init__()
        self.conv1 = Conv(3, 64, 3, stride=2, norm=norm)
        self.conv2 = Conv(64, 64, 3, norm=norm)
        self.conv3 = Conv(64, self.channels, 3, norm=norm)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, 128, H/4, W/4)."""
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
            self.conv2_offset = Conv(middle, self.conv2.offset_channels, 3, stride=second)
            nn.init.zeros_(self.conv2_offset.weight)  # starts as a plain convolution
        else:
            self.conv2 = Conv(middle, middle, 3, stride=second, groups=groups, norm=norm)
        self.conv3 = Conv(middle, outputs, 1, norm=norm)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        short = x if self.shortcut is None else self.shortcut(x)
        x = functional.relu_(self.conv1(x))
        x = self.conv2(x) if self.conv2_offset is None else self.conv2(x, self.conv2_offset(x))
        x = self.conv3(functional.relu_(x))
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


class ResNet(nn.Module):
    """Stem and four stages, res2 to res5.

    Args:
        config: depth, width and kind of its layers; None for ResNet-50.

    Attributes:
        channels: of each stage's output, by name.
        strides: of each stage's output, in pixels, by name.

    Raises:
        InputError: for an impossible setting.

    Example:
        >>> import torch
        >>> maps = ResNet()(torch.zeros(1, 3, 64, 64))
        >>> {name: tuple(each.shape[1:]) for name, each in maps.items()}
        {'res2': (256, 16, 16), 'res3': (512, 8, 8), 'res4': (1024, 4, 4), 'res5': (2048, 2, 2)}
    """

    res2: nn.Sequential
    res3: nn.Sequential
    res4: nn.Sequential
    res5: nn.Sequential

    def __init__(self, config: BackboneConfig | None = None) -> None:
        super().__init__()
        config = config or BackboneConfig()
        require_possible({"backbone": config}, "ResNet")
        self.channels = {f"res{2 + k}": 256 << k for k in range(4)}
        self.strides: dict[str, int] = {}
        self.multi_grid = config.multi_grid
        stem = DeepStem if config.deep_stem else Stem
        self.stem = stem(norm=config.norm)
        inputs, middle = self.stem.channels, config.groups * config.width_per_group
        stages = zip(self.channels.items(), BLOCKS[config.depth], strict=True)
        for (name, outputs), blocks in stages:
            stage = nn.Sequential()
            for place in range(blocks):
                block = Bottleneck(
                    inputs if place == 0 else outputs,
                    middle,
                    outputs,
                    groups=config.groups,
                    norm=config.norm,
                    stride_in_1x1=config.stride_in_1x1,
                    deformable=config.deformable if name in config.deformable_stages else 0,
                )
                stage.append(block)
            self.add_module(name, stage)
            inputs, middle = outputs, 2 * middle
        self.dilate(config.output_stride)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """From (B, 3, H, W) to maps {"res2": (B, 256, H/4, W/4), ..., "res5": (B, 2048, ...)}."""
        x = self.stem(image)
        maps = {}
        for name in self.channels:
            x = self.get_submodule(name)(x)
            maps[name] = x
        return maps

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

    def freeze(self, stages: int) -> None:
        """Freeze the first stages with their norms.

        Args:
            stages: 0 for none, 1 for the stem, 2 for res2 as well, and so on to 5.

        Raises:
            InputError: if the ResNet has fewer stages.
        """
        if not 0 <= stages <= 5:
            raise InputError(
                f"The number of frozen stages is {stages!r}, expected 0 to 5.",
                code="unknown-stage",
                field="stages",
            )
        for name in ("stem", *self.channels)[:stages]:
            part = self.get_submodule(name)
            part.requires_grad_(requires_grad=False)
            freeze_norms(part)
