"""The mask head of a model that finds boxes only."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segeval.models.config.parts.no_masks import NoMaskConfig
from segeval.models.networks.batches import MaskSample
from segeval.models.networks.protocols import Features, Pyramid


class NoMasks(nn.Module):
    """A `MaskHead` that draws nothing and has nothing to learn; its model is Faster R-CNN.

    Args:
        config: without settings.
        classes: K, which do not matter.
        pyramid: likewise.
    """

    numbers_per_box = 1

    def __init__(self, config: NoMaskConfig, classes: int, pyramid: Pyramid) -> None:
        super().__init__()

    def losses(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """None."""
        return {}

    def predict(
        self, features: Features, boxes: Sequence[Tensor], classes: Sequence[Tensor]
    ) -> Tensor:
        """Masks without cells, (N, 1, 0, 0)."""
        first = next(iter(features.values()))
        return first.new_zeros(sum(map(len, boxes)), 1, 0, 0)
