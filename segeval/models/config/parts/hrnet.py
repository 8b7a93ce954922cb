"""Settings of HRNet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from segeval.models.config.setting_types import Counted, SomeLayers, TrainedNorm


@dataclass(frozen=True, kw_only=True)
class HRNetConfig:
    """HRNet: one to four branches side by side, which see each other after every module.

    Attributes:
        kind: "hrnet".
        width: channels C of the branch of stride 4; those of strides 8, 16 and 32 have 2, 4 and 8
            times as many. Published ones have 18, 32 or 48.
        modules: their number in the stages of two, three and four branches.
        blocks: residual blocks of each branch in a module.
        bottlenecks: blocks of the first stage, which has one branch.
        norm: "sync", with the statistics of the images of all processes, or "batch", of each.
    """

    ARCHITECTURE: ClassVar = ("width", "modules", "blocks", "bottlenecks")
    """Settings that weights depend on; weights fit a model that differs in the others."""

    kind: str = "hrnet"
    width: Counted = 48
    modules: tuple[SomeLayers, SomeLayers, SomeLayers] = (1, 4, 3)
    blocks: SomeLayers = 4
    bottlenecks: SomeLayers = 4
    norm: TrainedNorm = "sync"

    @property
    def label(self) -> str:
        """Its name in papers.

        Example:
            >>> HRNetConfig(width=18).label
            'HRNet-W18'
        """
        return f"HRNet-W{self.width}"
