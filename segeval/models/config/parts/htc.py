"""Settings of Hybrid Task Cascade and of its mask heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segeval.models.config.parts.cascade import DELTAS, IOUS
from segeval.models.config.setting_types import Counted, Deltas, Factors, Layers, SomeShares

THIRD = (1 / 0.033, 1 / 0.033, 1 / 0.067, 1 / 0.067)
"""Weights of the third stage's deltas: mmdetection divides by these standard deviations."""


@dataclass(frozen=True, kw_only=True)
class HTCConfig:
    """Several box stages, each with a mask head of its own; every stage draws its boxes anew.

    Attributes:
        kind: "htc".
        interleaved: whether the masks of a stage train in boxes drawn from those that the stage
            moved, as in HTC, or in the boxes that it looked at, as in Cascade Mask R-CNN.
        ious: least IoU of a positive box with an object, of each stage.
        deltas: weights of dx, dy, dw, dh, of each stage.
        stage_weights: factors of the losses of each stage.
        score_weights: of each stage in the mean score.
        mean_of: what is averaged over the stages: the "logits", or the "probabilities".
    """

    kind: str = "htc"
    interleaved: bool = True
    ious: SomeShares = IOUS
    deltas: Deltas = (*DELTAS[:2], THIRD)
    stage_weights: Factors = (1.0, 0.5, 0.25)
    score_weights: Factors = (1.0, 1.0, 1.0)
    mean_of: Literal["probabilities", "logits"] = "logits"


@dataclass(frozen=True, kw_only=True)
class HTCMaskConfig:
    """The mask heads of all stages.

    Attributes:
        kind: "htc".
        stages: number of heads, as many as the detector has box stages.
        flow: whether each head adds the last one's features to its input.
        pool: cells along each side of the features pooled from a box; masks have twice as many.
        layers: number of 3x3 convolutions of each head.
        normalised: whether the predictors scale weights and features to length 1 before their
            product.
        last: kind of the last head: "" for one like the others, "refine" for RefineMask's, whose
            masks are the final ones.
        agnostic_last: whether RefineMask's last stage has one mask for all classes, as for LVIS.
    """

    kind: str = "htc"
    stages: Counted = 3
    flow: bool = True
    pool: Counted = 14
    layers: Layers = 4
    normalised: bool = False
    last: Literal["", "refine"] = ""
    agnostic_last: bool = False
