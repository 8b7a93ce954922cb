"""Settings of Cascade R-CNN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segeval.models.config.setting_types import Deltas, Factors, SomeShares

IOUS: SomeShares = (0.5, 0.6, 0.7)
DELTAS: Deltas = ((10, 10, 5, 5), (20, 20, 10, 10), (30, 30, 15, 15))
"""Of the three stages of the paper."""


@dataclass(frozen=True, kw_only=True)
class CascadeConfig:
    """Several box stages, each for the boxes moved by the last one, and one mask head.

    Attributes:
        kind: "cascade".
        ious: least IoU of a positive box with an object, of each stage.
        deltas: weights of dx, dy, dw, dh, of each stage.
        stage_weights: factors of the losses of each stage.
        score_weights: of each stage in the mean score.
        mean_of: what is averaged over the stages: "probabilities", or the "logits" before them.
    """

    kind: str = "cascade"
    ious: SomeShares = IOUS
    deltas: Deltas = DELTAS
    stage_weights: Factors = (1.0, 1.0, 1.0)
    score_weights: Factors = (1.0, 1.0, 1.0)
    mean_of: Literal["probabilities", "logits"] = "probabilities"
