"""Feature pyramid: maps of all strides with equal channels, coarse ones added to fine ones.

Source: Lin et al. 2017, Feature Pyramid Networks, section 3; p6 as in section 4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from torch import Tensor, nn
from torch.nn import functional

from segeval.errors import InputError
from segeval.models.networks.assistance import looks_of
from segeval.models.networks.backbone.balanced import Balance
from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.protocols import Backbone, known_levels


class FPN(nn.Module):
    """A feature pyramid on top of a backbone.

    A level is named by its stride, a power of 2. One more level, half as fine as the coarsest,
    serves proposals of the largest objects.

    Args:
        bottom_up: the backbone.
        channels: of every level.
        balance: from the channels to a module that changes the levels; None for none.

    Raises:
        InputError: if the stride does not double from stage to stage.

    Attributes:
        channels: of every level.
        strides: of each level by name, in pixels; for a ResNet p2 to p6, 4 to 64.

    Example:
        >>> import torch
        >>> from segeval.models.networks.backbone import ResNet
        >>> levels = FPN(ResNet())(torch.zeros(1, 3, 64, 96))
        >>> {name: tuple(each.shape[2:]) for name, each in levels.items()}
        {'p2': (16, 24), 'p3': (8, 12), 'p4': (4, 6), 'p5': (2, 3), 'p6': (1, 2)}
    """

    def __init__(
        self,
        bottom_up: Backbone,
        *,
        channels: int = 256,
        balance: Callable[[int], Balance] | None = None,
    ) -> None:
        super().__init__()
        _require_doubling(bottom_up.strides)
        self.bottom_up = bottom_up
        self.channels = channels
        self.stages = {level_of(bottom_up.strides[name]): name for name in bottom_up.channels}
        self.top = max(self.stages) + 1
        self.strides = {f"p{level}": 1 << level for level in (*self.stages, self.top)}
        for level, name in self.stages.items():
            lateral = Conv(bottom_up.channels[name], channels, 1, fill="xavier")
            self.add_module(f"fpn_lateral{level}", lateral)
        for level in self.stages:
            self.add_module(f"fpn_output{level}", Conv(channels, channels, 3, fill="xavier"))
        self.balance = None if balance is None else balance(channels)
        if self.balance is not None:
            known_levels("pyramid.balance_level", [self.balance.level], self.strides)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """From (B, 3, H, W), multiples of 32, to {"p2": (B, channels, H/4, W/4), ..., "p6"}."""
        return self.levels(self.bottom_up(image))

    def looks(self, images: Tensor, /) -> list[tuple[dict[str, Tensor], float]]:
        """Levels of its backbone, and before them those of an assistant, see `Assisted`."""
        return [(self.levels(maps), weight) for maps, weight in looks_of(self.bottom_up, images)]

    def levels(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """From the maps of the backbone to {"p2": (B, channels, H/4, W/4), ..., "p6"}."""
        levels: dict[str, Tensor] = {}
        above: Tensor | None = None
        for level, name in reversed(self.stages.items()):
            lateral = self.get_submodule(f"fpn_lateral{level}")(maps[name])
            above = lateral if above is None else lateral + _doubled(above)
            levels[f"p{level}"] = self.get_submodule(f"fpn_output{level}")(above)
        coarsest = levels[f"p{self.top - 1}"]
        levels[f"p{self.top}"] = functional.max_pool2d(coarsest, kernel_size=1, stride=2)
        ordered = {name: levels[name] for name in self.strides}
        return ordered if self.balance is None else self.balance(ordered)

    def train_only(self, levels: Collection[str]) -> None:
        """Freeze the convolutions that only other levels need, as they get no gradient.

        In a balanced pyramid every level reads all of them.
        """
        if self.balance is not None:
            return
        finest = min(map(list(self.strides).index, levels))
        for place, level in enumerate(self.stages):
            if f"p{level}" not in levels:
                self.get_submodule(f"fpn_output{level}").requires_grad_(requires_grad=False)
            if place < finest:
                self.get_submodule(f"fpn_lateral{level}").requires_grad_(requires_grad=False)


def level_of(stride: int) -> int:
    """The level with a stride in pixels, a power of 2.

    Example:
        >>> level_of(4), level_of(64)
        (2, 6)
    """
    return stride.bit_length() - 1


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")


def _require_doubling(strides: Mapping[str, int]) -> None:
    expected = [next(iter(strides.values())) << place for place in range(len(strides))]
    if list(strides.values()) != expected:
        raise InputError(
            f"The strides of the backbone are {dict(strides)}, expected each twice the one before: "
            "a pyramid adds each map to the next finer one.",
            code="strides",
            field="strides",
        )
