"""Settings of task-aware spatial disentanglement."""

from __future__ import annotations

from dataclasses import dataclass

from segeval.models.config.setting_types import Counted, Layers, Positive, Share


@dataclass(frozen=True, kw_only=True)
class TSDConfig:
    """A box stage that looks for the class and for the edges of an object in different places.

    Attributes:
        kind: "tsd".
        margin: by which it shall be better than the ordinary head that learns beside it, in the
            probability of the class and in the IoU: 0.2 in the paper, 0.3 in its authors' code.
        hidden: width of the layers that say where to look.
        step: share of the box's sides that a number 1 of these layers stands for.
        samples: along each side of a moved cell; 0 for as many as it has pixels.
    """

    kind: str = "tsd"
    margin: Share = 0.2
    hidden: Counted = 256
    step: Positive = 0.1
    samples: Layers = 4
