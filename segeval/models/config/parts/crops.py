"""Settings of the model that looks at crops around given boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from segeval.models.config.setting_types import SomeShare

BelowHalf = Annotated[float, Meta(ge=0, lt=0.5)]


@dataclass(frozen=True, kw_only=True)
class CropConfig:
    """A semantic network of two classes, which sees a crop around each box: object or not.

    `input` has the sizes of crops. The network is `backbone`, read by the head of HRNetV2.

    Attributes:
        kind: "crops".
        jitter: by how much each edge of a true box moves at most in training, as a share of its
            width or height; boxes of a file stay where they are.
        iou: least IoU of a box of a file with an object of its class, to be trained on it.
    """

    NEEDS_BOXES: ClassVar[bool] = True
    CUTS_OUT_BOXES: ClassVar[bool] = True
    """Whether boxes are cut out of photographs; true ones are enough to learn from."""

    UNREAD: ClassVar[tuple[str, ...]] = (
        "pyramid", "proposals", "boxes", "classifier", "mask", "scoring", "semantic",
    )  # fmt: skip
    """Sections of the configuration for parts that the model lacks."""

    kind: str = "crops"
    jitter: BelowHalf = 0.1
    iou: SomeShare = 0.5
