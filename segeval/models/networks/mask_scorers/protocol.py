"""What mask scoring requires of mask heads, and models of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from segeval.models.networks.batches import MaskSample
from segeval.models.networks.protocols import Features


@runtime_checkable
class LearnsMasks(Protocol):
    """A `MaskHead` that shows the masks which it learns, so that they can be scored."""

    def learn(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Losses as `MaskHead.losses`, and the mask logits of each box's class, (N, 1, S, S).

        Args:
            features: levels of B images.
            sample: boxes on objects of these images.
            generator: of all random numbers.
        """


class MaskScorer(Protocol):
    """A module that predicts how good masks are."""

    @property
    def numbers_per_box(self) -> int:
        """Size of the largest tensor in `predict` per box."""

    def losses(self, features: Features, sample: MaskSample, logits: Tensor) -> dict[str, Tensor]:
        """Losses of boxes by name; without boxes 0, with zero gradients.

        Args:
            features: levels of B images.
            sample: boxes on objects of these images.
            logits: of their masks, with gradient, (N, 1, S, S).
        """

    def predict(
        self,
        features: Features,
        boxes: Sequence[Tensor],
        classes: Sequence[Tensor],
        logits: Tensor,
    ) -> Tensor:
        """How good the masks of the boxes are, image by image, from 0 to 1, (N,).

        Args:
            features: levels of B images.
            boxes: of each image, (n, 4).
            classes: predicted for each image's boxes, int64, (n,).
            logits: of their masks, (N, V, S, S).
        """
