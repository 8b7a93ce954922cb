"""Settings of SOLOv2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from segeval.models.config.setting_types import (
    MOST,
    Counted,
    Deformable,
    Layers,
    NotNegative,
    Positive,
    Share,
    Whole,
)

Channels = Annotated[
    int,
    Meta(ge=32, le=MOST, multiple_of=32, description="a multiple of 32, for norms of 32 groups"),
]
Grid = Annotated[int, Meta(ge=1, le=1000)]
Range = tuple[NotNegative, NotNegative]


@dataclass(frozen=True, kw_only=True)
class SOLOConfig:
    """Objects by the cell of a grid that their centre is in: no boxes, masks of the whole image.

    Attributes:
        kind: "solo".
        grids: cells along each side of the image on each of the five levels.
        scales: smallest and largest square root of the area of an object's box on each level, in
            pixels, both included; ranges overlap, so that an object may be on two levels.
        sigma: side of the middle of an object, whose cells learn it, as a share of its box's.
        layers: number of 3x3 convolutions in the branch of classes and in that of kernels.
        channels: of these convolutions.
        mask_channels: of the convolutions of the mask feature.
        kernels: channels of the mask feature, as many as the numbers of a kernel.
        deformable: version of the deformable convolutions in place of all these, 0 for plain ones.
        alpha: weight of cells with an object in the focal loss; that of the others is 1 - alpha.
        gamma: power by which the focal loss weighs down what is right already.
        mask_weight: factor of the Dice loss.
        candidate_score: a cell needs a higher probability of a class than this to get a mask.
        before_nms: best masks that go into matrix NMS.
        decay: "gaussian" or "linear": how matrix NMS lowers scores.
        decay_sigma: factor of the squared IoU in the exponent of the Gaussian.
        score_threshold: least score after matrix NMS.
        max_dets: number of best objects kept per image.
    """

    WHOLE_MASKS: ClassVar[bool] = True
    """Whether masks are of the whole image; views of an image cannot be averaged in boxes."""

    UNREAD: ClassVar[tuple[str, ...]] = ("proposals", "boxes", "classifier", "mask", "scoring")
    """Sections of the configuration for parts that the model lacks."""

    kind: str = "solo"
    grids: tuple[Grid, Grid, Grid, Grid, Grid] = (40, 36, 24, 16, 12)
    scales: tuple[Range, Range, Range, Range, Range] = (
        (1, 96),
        (48, 192),
        (96, 384),
        (192, 768),
        (384, 2048),
    )
    sigma: Share = 0.2
    layers: Layers = 4
    channels: Channels = 512
    mask_channels: Channels = 128
    kernels: Channels = 256
    deformable: Deformable = 0
    alpha: Share = 0.25
    gamma: NotNegative = 2.0
    mask_weight: Positive = 3.0
    candidate_score: Share = 0.1
    before_nms: Whole = 500
    decay: Literal["gaussian", "linear"] = "gaussian"
    decay_sigma: Positive = 2.0
    score_threshold: Share = 0.05
    max_dets: Counted = 100
