"""Settings of the regressor of given boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from segeval.models.config.parts.cascade import DELTAS, IOUS
from segeval.models.config.setting_types import Deltas, Factors, SomeShares


@dataclass(frozen=True, kw_only=True)
class RegressorConfig:
    """Stages that move given boxes onto objects; nothing else is trained.

    Attributes:
        kind: "regressor".
        ious: least IoU of a box with an object of its class to be trained on it, of each stage.
        deltas: weights of dx, dy, dw, dh, of each stage.
        stage_weights: factors of the losses of each stage.
    """

    NEEDS_BOXES: ClassVar[bool] = True
    """Whether the model needs boxes, in training and in inference."""

    KEEPS_OTHERS: ClassVar[bool] = True
    """Whether the backbone and the mask head keep their initial weights."""

    kind: str = "regressor"
    ious: SomeShares = IOUS
    deltas: Deltas = DELTAS
    stage_weights: Factors = (1.0, 1.0, 1.0)
