"""Residual networks: a stem and four stages of blocks, each half the last one's width.

Source: He et al. 2016, Deep Residual Learning, table 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from segeval.errors import InputError
from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.backbone.norms import freeze_norms

BlockMaker = Callable[[int, int, int], nn.Module]
"""From the number of a stage, 0 to 3, and the channels of input and output to a block; the first
block of a stage changes the number of channels."""


class ResidualNetwork(nn.Module):
    """A stem and four stages of blocks, res2 to res5.

    Args:
        stem: from (B, 3, H, W) to (B, C, H/4, W/4); its `channels` are C.
        blocks: their number in each stage.
        block: makes a block.
        base: a quarter of the channels of res2.

    Attributes:
        channels: of each stage's output, by name.
        strides: of each stage's output, in pixels, by name.
    """

    res2: nn.Sequential
    res3: nn.Sequential
    res4: nn.Sequential
    res5: nn.Sequential

    def __init__(
        self, stem: nn.Module, blocks: Sequence[int], block: BlockMaker, *, base: int = 64
    ) -> None:
        super().__init__()
        self.channels = {f"res{2 + k}": 4 * base << k for k in range(4)}
        self.strides = {f"res{2 + k}": 4 << k for k in range(4)}
        self.stem = stem
        inputs: int = stem.channels  # type: ignore[assignment]
        for stage, (name, outputs) in enumerate(self.channels.items()):
            layers = nn.Sequential()
            for _ in range(blocks[stage]):
                layers.append(block(stage, inputs, outputs))
                inputs = outputs
            self.add_module(name, layers)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """From (B, 3, H, W) to maps {"res2": (B, 256, H/4, W/4), ..., "res5": (B, 2048, ...)}."""
        x = self.stem(image)
        maps = {}
        for stage, name in enumerate(self.channels):
            maps[name], x = self.stage(stage, x)
        return maps

    def stage(self, number: int, x: Tensor) -> tuple[Tensor, Tensor]:
        """Run a stage, see `Staged`; its map is the input of the next one.

        Args:
            number: 0 for res2, and so on to 3.
            x: from the stem, or from the stage before.
        """
        x = self.get_submodule(f"res{2 + number}")(x)
        return x, x

    def leave_first(self) -> int:
        """Drop the stem and res2, which an assistant runs for both, see `Composable`."""
        del self.stem, self.res2
        return 1

    def link(self, source: int, number: int) -> Conv:
        """A 1x1 convolution with a norm of constant statistics, see `Composable`.

        Args:
            source: stage of the map, 0 for res2.
            number: stage that it is for, 1 or more.
        """
        channels = list(self.channels.values())
        layer = Conv(channels[source], channels[number - 1], 1, norm="statistics")
        nn.init.zeros_(layer.get_parameter("norm.weight"))
        return layer

    def freeze(self, stages: int) -> None:
        """Freeze the first stages with their norms.

        Args:
            stages: 0 for none, 1 for the stem, 2 for res2 as well, and so on to 5.

        Raises:
            InputError: if there are fewer stages.
        """
        if not 0 <= stages <= 5:
            raise InputError(
                f"The number of frozen stages is {stages!r}, expected 0 to 5.",
                code="unknown-stage",
                field="stages",
            )
        for name in ("stem", *self.channels)[:stages]:
            if (part := getattr(self, name, None)) is not None:  # a lead has fewer
                part.requires_grad_(requires_grad=False)
                freeze_norms(part)
