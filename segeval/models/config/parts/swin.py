"""Settings of the Swin transformer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from segeval.models.config.parts.cbnet import ComposableConfig
from segeval.models.config.setting_types import BelowOne, Counted, FrozenStages, SomeLayers

Window = Annotated[int, Meta(ge=2, le=64)]

Four = tuple[int, int, int, int]

SIZES: dict[str, tuple[int, Four, Four]] = {
    "t": (96, (2, 2, 6, 2), (3, 6, 12, 24)),
    "s": (96, (2, 2, 18, 2), (3, 6, 12, 24)),
    "b": (128, (2, 2, 18, 2), (4, 8, 16, 32)),
    "l": (192, (2, 2, 18, 2), (6, 12, 24, 48)),
}
"""Channels of the first stage, blocks and heads of each stage, by name.

Source: Liu et al. 2021, Swin Transformer, section 3.3.
"""


@dataclass(frozen=True, kw_only=True)
class SwinConfig(ComposableConfig):
    """A Swin transformer.

    Attributes:
        kind: "swin".
        swin: its size, "t", "s", "b" or "l", which is tiny, small, base or large.
        embed: channels of the first stage, doubled from stage to stage; None for those of the size.
        depths: blocks of each of the four stages; None for those of the size.
        heads: of attention in each stage, divisors of its channels; None for those of the size.
        window: side of the windows in which places see each other: 7, or 12 in some files.
        drop_path: chance in training that an image skips a part of the last block; it grows
            evenly from 0 in the first block.
        frozen_stages: number of first stages that keep their initial weights; the patch embedding
            is one.
    """

    ARCHITECTURE: ClassVar = ("swin", "embed", "depths", "heads", "window", "copies")
    """Settings that weights depend on; weights fit a model that differs in the others."""

    kind: str = "swin"
    swin: Literal["t", "s", "b", "l"] = "t"
    embed: Counted | None = None
    depths: tuple[SomeLayers, SomeLayers, SomeLayers, SomeLayers] | None = None
    heads: tuple[Counted, Counted, Counted, Counted] | None = None
    window: Window = 7
    drop_path: BelowOne = 0.2
    frozen_stages: FrozenStages = 0

    @property
    def sizes(self) -> tuple[int, Four, Four]:
        """Channels of the first stage, blocks and heads of each stage.

        Example:
            >>> SwinConfig(swin="s", embed=48).sizes
            (48, (2, 2, 18, 2), (3, 6, 12, 24))
        """
        embed, depths, heads = SIZES[self.swin]
        return self.embed or embed, self.depths or depths, self.heads or heads

    @property
    def label(self) -> str:
        """Its name in papers; one of free sizes has the channels of the first stage.

        Example:
            >>> SwinConfig(swin="b").label, SwinConfig(embed=32).label
            ('Swin-B', 'Swin-32')
        """
        is_named = self.sizes == SIZES[self.swin]
        return self.named(f"Swin-{self.swin.upper() if is_named else self.sizes[0]}")
