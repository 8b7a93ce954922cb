"""Settings of the semantic head of HRNetV2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from segeval.models.config.setting_types import Label, TrainedNorm


@dataclass(frozen=True, kw_only=True)
class ConcatConfig:
    """A semantic head on all maps of a backbone at once.

    Attributes:
        kind: "concat".
        ignore: label of pixels without loss.
        norm: "sync", with the statistics of the images of all processes, or "batch", of each.
    """

    pyramid: ClassVar[bool] = False
    """It reads the stages of the backbone."""

    kind: str = "concat"
    ignore: Label = 255
    norm: TrainedNorm = "sync"
