"""Settings of the softmax classifier of boxes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SoftmaxConfig:
    """A logit for each class and for background.

    Attributes:
        kind: "softmax".
        normalised: whether weights and features are scaled to length 1 before their product.
    """

    kind: str = "softmax"
    normalised: bool = False
