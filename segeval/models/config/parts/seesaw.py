"""Settings of the Seesaw loss."""

from __future__ import annotations

from dataclasses import dataclass

from segeval.models.config.setting_types import NotNegative


@dataclass(frozen=True, kw_only=True)
class SeesawConfig:
    """A logit for each class, and two for object and background, trained with the Seesaw loss.

    Attributes:
        kind: "seesaw".
        normalised: whether weights and features are scaled to length 1 before their product.
        mitigation: p, power of the ratio of two classes' counts; 0 spares no rare class.
        compensation: q, power of the ratio of two classes' probabilities; 0 punishes none more.
    """

    kind: str = "seesaw"
    normalised: bool = False
    mitigation: NotNegative = 0.8
    compensation: NotNegative = 2.0
