"""Settings of models that find boxes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class NoMaskConfig:
    """No mask head: Faster R-CNN.

    Attributes:
        kind: "none".
    """

    DRAWS_MASKS: ClassVar[bool] = False
    """Whether predictions have masks."""

    kind: str = "none"
