"""Settings of backbones that can lead another one like them, as in CBNetV2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segeval.models.config.setting_types import Share


@dataclass(frozen=True, kw_only=True)
class ComposableConfig:
    """What all backbones that can lead another one have in common.

    Attributes:
        kind: its name.
        copies: 1 for the backbone alone, 2 for one whose stages also read the maps of an assistant.
        assist_weight: factor in training of the losses of heads on the assistant's maps.
    """

    kind: str = ""
    copies: Literal[1, 2] = 1
    assist_weight: Share = 0.5

    def named(self, alone: str) -> str:
        """The name of the backbone in papers, "DB" for two.

        Args:
            alone: its name without an assistant.
        """
        return f"DB-{alone}" if self.copies > 1 else alone
