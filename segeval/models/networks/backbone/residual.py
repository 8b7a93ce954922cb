"""Residual networks: a stem and four stages of blocks, each half the last one's width.

Source: He et al. 2016, Deep Residual Learning, table 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.backbone.norms import freeze_norms
from segeval.models.networks.backbone.staged import StagedNetwork

BlockMaker = Callable[[int, int, int], nn.Module]
"""From the number of a stage, 0 to 3, and the channels of input and output to a block; the first
block of a stage changes the number of channels."""


class ResidualNetwork(StagedNetwork):
    """A stem and four stages of blocks, res2 to res5.

    Args:
        stem: from (B, 3, H, W) to (B, C, H/4, W/4); its `channels` are C.
        blocks: their number in each stage.
        block: makes a block.
        base: a quarter of the channels of res2.
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

    def parts(self) -> list[nn.Module | None]:
        """The stem and the stages in order; None for those that an assistant runs."""
        return [getattr(self, name, None) for name in ("stem", *self.channels)]

    def still(self, part: nn.Module) -> None:
        """Freeze the norms of a part."""
        freeze_norms(part)
