"""What backbones share that run stage by stage."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from segeval.errors import InputError


class StagedNetwork(nn.Module):
    """A stem and four stages, res2 to res5; a backbone that is `Staged` and `Freezable`.

    Attributes:
        channels: of each stage's output, by name.
        strides: of each stage's output, in pixels, by name.
    """

    stem: Any
    channels: dict[str, int]
    strides: dict[str, int]

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """From (B, 3, H, W) to maps {"res2": (B, C, H/4, W/4), ..., "res5": (B, 8 C, ...)}."""
        x = self.stem(image)
        maps = {}
        for number, name in enumerate(self.channels):
            maps[name], x = self.stage(number, x)
        return maps

    @abstractmethod
    def stage(self, number: int, x: Tensor) -> tuple[Tensor, Tensor]:
        """Run a stage, see `Staged`."""

    def freeze(self, stages: int) -> None:
        """Freeze the first stages.

        Args:
            stages: 0 for none, 1 for the stem, 2 for the first stage as well, and so on to 5.

        Raises:
            InputError: if there are fewer stages.
        """
        if not 0 <= stages <= 5:
            raise InputError(
                f"The number of frozen stages is {stages!r}, expected 0 to 5.",
                code="unknown-stage",
                field="stages",
            )
        for part in self.parts()[:stages]:
            if part is not None:
                part.requires_grad_(requires_grad=False)
                self.still(part)

    @abstractmethod
    def parts(self) -> Sequence[nn.Module | None]:
        """The stem and the stages in order; None for those that an assistant runs."""

    @abstractmethod
    def still(self, part: nn.Module) -> None:
        """Let a frozen part give in training what it gives in inference."""
