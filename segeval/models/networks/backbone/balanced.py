"""Balanced feature pyramid: all levels share what their mean shows.

    levels -> resized to one of them, and averaged -> refined -> resized again, added to each level

Source: Pang et al. 2019, Libra R-CNN, section 3.2; the non-local block is that of Wang et al. 2018,
Non-local Neural Networks, section 3.2 (embedded Gaussian), as mmdetection has both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.errors import InputError
from segeval.models.config import PyramidConfig
from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.components import register_component
from segeval.models.networks.product import Product, WideProduct
from segeval.models.ops.resizing import size_of

_CONV = re.compile(r"\b(g|theta|phi|conv_out)\.")


def public_name(name: str) -> str:
    """The name of a parameter in mmdetection.

    Example:
        >>> public_name("refine.1.conv_out.bias")
        'refine.1.conv_out.conv.bias'
    """
    return _CONV.sub(r"\1.conv.", name)


@register_component("non-local", names=public_name)
class NonLocal(nn.Module):
    """Adds to every place a mean of what all places show, those alike with larger shares.

    Logits are not divided by the root of the channels, so they are computed in float32 at least.
    Padded places are seen like others. Initial weights are those of a balanced pyramid, which does
    not start by adding 0.

    Args:
        channels: C.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.g = Conv(channels, channels, 1, fill="xavier")
        self.theta = Conv(channels, channels, 1, fill="xavier")
        self.phi = Conv(channels, channels, 1, fill="xavier")
        self.conv_out = Conv(channels, channels, 1, fill="xavier")
        self.alike, self.mixed = WideProduct(), Product()

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        seen = self.g(x).flatten(2).transpose(1, 2)  # (B, H W, C)
        logits = self.alike(self.theta(x).flatten(2).transpose(1, 2), self.phi(x).flatten(2))
        mean = self.mixed(logits.softmax(-1).to(seen.dtype), seen)
        added: Tensor = self.conv_out(mean.transpose(1, 2).reshape(x.shape))
        return x + added


class Smoothing(nn.Module):
    """A 3x3 convolution and ReLU.

    Args:
        channels: C.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = Conv(channels, channels, 3, fill="xavier")

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        return functional.relu_(self.conv(x))


REFINEMENTS: dict[str, Callable[[int], nn.Module] | None] = {
    "average": None,
    "conv": Smoothing,
    "non-local": NonLocal,
}
"""Blocks that refine the mean, by name."""


@register_component("balanced-pyramid", names=public_name)
class Balance(nn.Module):
    """Adds to each level the refined mean of all levels, resized.

    What gets smaller takes the largest number of each window, what gets larger repeats its numbers.

    Args:
        channels: C, of every level.
        balance: how the mean is refined: "average" for not at all, "conv" for 3x3 convolutions, or
            "non-local".
        balance_level: name of the level whose size the mean has.
        balance_blocks: blocks that refine the mean, one after another.

    Raises:
        InputError: for another refinement.

    Example:
        >>> levels = {"p3": torch.full((1, 1, 4, 4), 5.0), "p4": torch.full((1, 1, 2, 2), 1.0)}
        >>> found = Balance(1, "average")(levels)
        >>> found["p3"].unique(), found["p4"].unique()
        (tensor([8.]), tensor([4.]))
    """

    def __init__(
        self,
        channels: int,
        balance: str = "non-local",
        *,
        balance_level: str = PyramidConfig.balance_level,
        balance_blocks: int = PyramidConfig.balance_blocks,
    ) -> None:
        super().__init__()
        if balance not in REFINEMENTS:
            raise InputError(
                f"There is no balance {balance!r}. Choose one of: {', '.join(REFINEMENTS)}.",
                code="balance",
                field="balance",
            )
        self.level = balance_level
        self.refine: nn.Module | None = None
        if make := REFINEMENTS[balance]:
            blocks = [make(channels) for _ in range(balance_blocks)]
            # the published names of a single block have no number
            self.refine = blocks[0] if balance_blocks == 1 else nn.Sequential(*blocks)

    def forward(self, levels: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Levels by name, finest first, (B, C, h, w) each, to the same."""
        middle, size = list(levels).index(self.level), size_of(levels[self.level])
        mean = torch.stack([
            functional.adaptive_max_pool2d(each, size)
            if place < middle
            else functional.interpolate(each, size, mode="nearest")
            for place, each in enumerate(levels.values())
        ]).mean(0)  # fmt: skip
        if self.refine is not None:
            mean = self.refine(mean)
        return {
            name: each
            + (
                functional.interpolate(mean, size_of(each), mode="nearest")
                if place < middle
                else functional.adaptive_max_pool2d(mean, size_of(each))
            )
            for place, (name, each) in enumerate(levels.items())
        }
