"""Settings of what predicts how good masks are."""

from __future__ import annotations

from dataclasses import dataclass

from segeval.models.config.setting_types import Counted, Layers, Positive


@dataclass(frozen=True, kw_only=True)
class NoScoringConfig:
    """Scores are those of classes.

    Attributes:
        kind: "none".
    """

    kind: str = "none"


@dataclass(frozen=True, kw_only=True)
class MaskIoUConfig:
    """A head that predicts the IoU of a mask with its object; scores become products with it.

    Attributes:
        kind: "mask-iou".
        pool: cells along each side of the features pooled from a box.
        max_pool: whether a mask comes at twice that side and the larger of two cells counts, or at
            that side.
        layers: number of 3x3 convolutions; the last one halves the side.
        width: their channels.
        fc_layers: number of hidden fully connected layers.
        fc_width: their numbers.
        weight: factor of the loss.
    """

    kind: str = "mask-iou"
    pool: Counted = 14
    max_pool: bool = True
    layers: Counted = 4
    width: Counted = 256
    fc_layers: Layers = 2
    fc_width: Counted = 1024
    weight: Positive = 1.0
