"""Settings of RefineMask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from segeval.models.config.setting_types import Counted, NotNegative

Doublings = Annotated[int, Meta(ge=1, le=8)]


@dataclass(frozen=True, kw_only=True)
class RefineMaskConfig:
    """A mask head of several stages, each with twice the side of the one before.

    Attributes:
        kind: "refine".
        simple: the faster variant: no map of what is foreground and no loss of it, one sample for a
            cell, the mean of the features as a fourth branch, and the last stage doubles logits.
        agnostic_last: whether the last stage has one mask for all classes, as for LVIS.
        stages: number of doublings.
        pool: cells along each side of the features pooled from a box; masks have 2^stages as many.
        width: channels of the first stage, halved from stage to stage; None for those of the
            pyramid.
        instance_layers: 3x3 convolutions on the features of a box.
        semantic_layers: 3x3 convolutions on the finest level.
        semantic_weight: factor of the loss of what is foreground.
    """

    kind: str = "refine"
    simple: bool = False
    agnostic_last: bool = False
    stages: Doublings = 3
    pool: Counted = 14
    width: Counted | None = None
    instance_layers: Counted = 2
    semantic_layers: Counted = 4
    semantic_weight: NotNegative = 1.0
