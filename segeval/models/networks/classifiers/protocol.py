"""What a classifier of boxes is."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class BoxClassifier(Protocol):
    """What the numbers of a box mean: a module, with which a `BoxPredictor` is made."""

    @property
    def outputs(self) -> int:
        """Numbers of a box."""

    @property
    def normalised(self) -> bool:
        """Whether they come from a `NormalisedLinear`."""

    def chances(self, outputs: Tensor, /) -> Tensor:
        """Probabilities of the classes and of background, (N, K + 1), of (N, outputs)."""

    def losses(self, outputs: Tensor, classes: Tensor, /) -> dict[str, Tensor]:
        """Losses of training boxes by name; without boxes 0, with zero gradients.

        Args:
            outputs: (N, outputs).
            classes: 0 to K - 1, or K for background, int64, (N,).
        """
