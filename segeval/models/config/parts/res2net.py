"""Settings of Res2Net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from segeval.models.config.setting_types import (
    Context,
    Counted,
    Deformable,
    FrozenStages,
    Norm,
    Stages,
)


@dataclass(frozen=True, kw_only=True)
class Res2NetConfig:
    """A Res2Net, version 1b.

    Attributes:
        kind: "res2net".
        depth: 50 or 101; 14 or 26 with one or two blocks in each stage, for small data.
        scales: parts of the channels of a block, all but the last with a 3x3 convolution.
        scale_width: channels of a part in res2, doubled from stage to stage; of 64 base channels.
        base_channels: of the stem; res2 has four times as many, and each later stage twice those
            of the last. Fewer make a small model, with fewer channels in the parts, too.
        pool_first: whether the first block of res2 averages its last part as those of other stages
            do: the weights of the authors expect it, those of mmdetection's models do not.
        norm: as of a ResNet; "group" has fewer groups than 32 in narrow parts.
        deformable: version of the deformable convolutions, 0 for plain ones.
        deformable_stages: stages with deformable convolutions.
        context: divisor of the channels of global context blocks, 4 or 16; 0 for none.
        context_stages: stages with such blocks.
        frozen_stages: number of first stages that keep their initial weights; the stem is one.
    """

    ARCHITECTURE: ClassVar = (
        "depth", "scales", "scale_width", "base_channels", "pool_first", "deformable", "context",
    )  # fmt: skip
    """Settings that weights depend on; weights fit a model that differs in the others."""

    kind: str = "res2net"
    depth: Literal[14, 26, 50, 101] = 50
    scales: Annotated[int, Meta(ge=2, le=64)] = 4
    scale_width: Counted = 26
    base_channels: Counted = 64
    pool_first: bool = True
    norm: Norm = "frozen"
    deformable: Deformable = 0
    deformable_stages: Stages = ("res3", "res4", "res5")
    context: Context = 0
    context_stages: Stages = ("res3", "res4", "res5")
    frozen_stages: FrozenStages = 2

    @property
    def label(self) -> str:
        """Its name in papers, with "+D" for deformable convolutions, "+GC" for global context.

        Example:
            >>> Res2NetConfig(depth=101, deformable=1).label
            'R2-101+D'
            >>> Res2NetConfig(scale_width=14, scales=8).label
            'R2-50-14wx8s'
        """
        is_named = (self.scales, self.scale_width) == (4, 26)
        parts = "" if is_named else f"-{self.scale_width}wx{self.scales}s"
        added = f"{'+D' if self.deformable else ''}{'+GC' if self.context else ''}"
        return f"R2-{self.depth}{parts}{added}"
