"""HRNet: maps of all strides side by side, from the first stage to the last.

    stem, stride 4 -> bottlenecks -> two branches -> three -> four

A stage has modules: residual blocks in every branch, then every branch gets the sum of all.

Source: Wang et al. 2020, Deep High-Resolution Representation Learning for Visual Recognition,
section 3, and the authors' code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from segeval.models.config.parts.hrnet import HRNetConfig
from segeval.models.config.rules import require_possible
from segeval.models.networks.backbone import resnet
from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.backbone.resnet import Bottleneck
from segeval.models.ops.resizing import resized, size_of

MIDDLE = 64
"""Channels of the stem, and of the 3x3 convolutions of the first stage."""

FIRST = 4 * MIDDLE
"""Channels of the first stage's output."""

_NESTED = re.compile(r"(transition\d\.\d)\.(?=weight|norm)")


def public_name(name: str) -> str:
    """The name of a weight in the authors' files, where convolutions and norms have numbers.

    Example:
        >>> public_name("layer1.0.conv2.norm.bias"), public_name("transition2.2.norm.weight")
        ('layer1.0.bn2.bias', 'transition2.2.0.1.weight')
        >>> public_name("stage2.0.fuse_layers.1.0.0.weight")
        'stage2.0.fuse_layers.1.0.0.0.weight'
    """
    name = resnet.public_name(name)
    if not name.startswith("transition1.0."):
        name = _NESTED.sub(r"\1.0.", name)
    numbered = name.startswith("transition") or ".fuse_layers." in name
    if not numbered:
        return name
    place, _, last = name.rpartition(".")
    return f"{place.removesuffix('.norm')}.{int(place.endswith('.norm'))}.{last}"


class HRNetStem(nn.Module):
    """Two 3x3 convolutions of stride 2.

    Args:
        norm: of `norm_of`.
    """

    def __init__(self, *, norm: str) -> None:
        super().__init__()
        self.conv1 = Conv(3, MIDDLE, 3, stride=2, norm=norm)
        self.conv2 = Conv(MIDDLE, MIDDLE, 3, stride=2, norm=norm)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, 64, H/4, W/4)."""
        return functional.relu_(self.conv2(functional.relu_(self.conv1(image))))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions, added to their input.

    Args:
        channels: C.
        norm: of `norm_of`.
    """

    def __init__(self, channels: int, *, norm: str) -> None:
        super().__init__()
        self.conv1 = Conv(channels, channels, 3, norm=norm)
        self.conv2 = Conv(channels, channels, 3, norm=norm)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        added: Tensor = self.conv2(functional.relu_(self.conv1(x))) + x
        return functional.relu_(added)


class Exchange(nn.Module):
    """Residual blocks in every branch; then each gets the sum of all, brought to its stride.

    Coarser maps come by a 1x1 convolution and bilinear growth, finer ones by 3x3 convolutions of
    stride 2, with ReLU after all but the last.

    Args:
        channels: of each branch, finest first, each of twice the stride of the one before.
        blocks: of each branch.
        norm: of `norm_of`.
    """

    def __init__(self, channels: Sequence[int], blocks: int, *, norm: str) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(each, norm=norm) for _ in range(blocks)))
            for each in channels
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    str(source): _way(channels, source, target, norm)
                    for source in range(len(channels))
                    if source != target
                }
            )
            for target in range(len(channels))
        )

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """The map of each branch, (B, channels, H / stride, W / stride), to the same."""
        seen = [branch(x) for branch, x in zip(self.branches, maps, strict=True)]
        return [self._sum(seen, target) for target in range(len(seen))]

    def _sum(self, seen: Sequence[Tensor], target: int) -> Tensor:
        """All maps, brought to one branch and added."""
        brought = [
            x if source == target else self.get_submodule(f"fuse_layers.{target}.{source}")(x)
            for source, x in enumerate(seen)
        ]
        size = size_of(seen[target])
        total = sum((resized(x, size) for x in brought[1:]), start=resized(brought[0], size))
        return functional.relu(total)


def _way(channels: Sequence[int], source: int, target: int, norm: str) -> nn.Module:
    """The convolutions from one branch to another."""
    own, other = channels[source], channels[target]
    if source > target:
        return Conv(own, other, 1, norm=norm)
    steps = target - source
    outputs = [own] * (steps - 1) + [other]
    return Descent(*(Conv(own, each, 3, stride=2, norm=norm) for each in outputs))


class Descent(nn.Sequential):
    """Layers with ReLU between them."""

    def forward(self, x: Tensor) -> Tensor:
        """The output of the last layer, without ReLU."""
        first, *others = self.children()
        x = first(x)
        for layer in others:
            x = layer(functional.relu_(x))
        return x


class HRNet(nn.Module):
    """Stem, bottlenecks, and three stages of two to four branches, whose maps are the output.

    Args:
        config: its size; None for HRNet-W48.

    Attributes:
        channels: of each branch, by the name of a ResNet's stage of this stride.
        strides: of each branch, in pixels.

    Raises:
        FormatError: for an impossible setting.

    Example:
        >>> import torch
        >>> maps = HRNet(HRNetConfig(width=18))(torch.zeros(1, 3, 64, 96))
        >>> {name: tuple(each.shape[1:]) for name, each in maps.items()}
        {'res2': (18, 16, 24), 'res3': (36, 8, 12), 'res4': (72, 4, 6), 'res5': (144, 2, 3)}
    """

    def __init__(self, config: HRNetConfig | None = None) -> None:
        super().__init__()
        config = config or HRNetConfig()
        require_possible({"backbone": config}, "HRNet")
        norm = config.norm
        self.channels = {f"res{2 + k}": config.width << k for k in range(4)}
        self.strides = {f"res{2 + k}": 4 << k for k in range(4)}
        self.stem = HRNetStem(norm=norm)
        self.layer1 = nn.Sequential(
            *(
                Bottleneck(FIRST if block else MIDDLE, MIDDLE, FIRST, norm=norm)
                for block in range(config.bottlenecks)
            )
        )
        widths, before = list(self.channels.values()), [FIRST]
        for stage, modules in enumerate(config.modules, start=2):
            own = widths[:stage]
            self.add_module(f"transition{stage - 1}", _new_branches(before, own, norm))
            exchanges = (Exchange(own, config.blocks, norm=norm) for _ in range(modules))
            self.add_module(f"stage{stage}", nn.ModuleList(exchanges))
            before = own
        for layer in self.modules():
            if isinstance(layer, Conv):
                nn.init.normal_(layer.weight, std=0.001)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """From (B, 3, H, W) to maps {"res2": (B, C, H/4, W/4), ..., "res5": (B, 8 C, ...)}."""
        maps = [self.layer1(self.stem(image))]
        for stage in (2, 3, 4):
            maps = self._branched(maps, stage)
            for exchange in self.get_submodule(f"stage{stage}").children():
                maps = exchange(maps)
        return dict(zip(self.channels, maps, strict=True))

    def _branched(self, maps: list[Tensor], stage: int) -> list[Tensor]:
        """The maps of a stage's branches: those that there are, changed or not, and a new one."""
        found = list(maps)
        for branch, conv in self.get_submodule(f"transition{stage - 1}").named_children():
            x = functional.relu_(conv(maps[min(int(branch), len(maps) - 1)]))
            found[int(branch) : int(branch) + 1] = [x]
        return found


def _new_branches(before: Sequence[int], own: Sequence[int], norm: str) -> nn.ModuleDict:
    """Convolutions to branches whose channels differ, by the number of the branch."""
    convs: dict[str, nn.Module] = {}
    for branch, outputs in enumerate(own):
        inputs = before[min(branch, len(before) - 1)]
        if branch >= len(before) or inputs != outputs:
            stride = 1 if branch < len(before) else 2
            convs[str(branch)] = Conv(inputs, outputs, 3, stride=stride, norm=norm)
    return nn.ModuleDict(convs)
