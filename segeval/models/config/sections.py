"""The sections of a configuration: what each part of a model is made of, and how all are trained.

The defaults are those of the published `pointrend_rcnn_R_50_FPN` for COCO; nothing else has them.
A setting's type says which values it may have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from segeval.models.config.setting_types import (
    BelowOne,
    Colour,
    Counted,
    CountedFrom0,
    Factor,
    Levels,
    NotNegative,
    Positive,
    PyramidLevels,
    Scales,
    Share,
    Sizes,
    SomeShare,
    Stages,
    Stride,
    Updates,
    Whole,
)


@dataclass(frozen=True, kw_only=True)
class BackboneConfig:
    """A ResNet or ResNeXt.

    Attributes:
        kind: "resnet".
        depth: 50 or 101.
        groups: of the 3x3 convolutions: 1, or 32 or 64 in a ResNeXt.
        width_per_group: their channels per group in res2, doubled from stage to stage.
        norm: "frozen", "batch" or "group".
        stride_in_1x1: whether a stage's stride is in its first 1x1 convolution, as in MSRA's
            models, else in the 3x3 one.
        deformable: version of the deformable convolutions, 0 for plain ones.
        deformable_stages: stages that have them.
        deep_stem: three 3x3 convolutions at the start; 101 becomes what DeepLab calls ResNet-103.
        output_stride: of res5, in pixels: 32, or 16 or 8 by dilation.
        multi_grid: factors of the dilation in the three blocks of res5, (1, 2, 4) in DeepLabV3.
        frozen_stages: stages that stay as the initial weights have them; the stem is the first.
    """

    ARCHITECTURE: ClassVar = (
        "depth", "groups", "width_per_group", "stride_in_1x1", "deformable", "deep_stem",
    )  # fmt: skip
    """Settings that decide what a weight means; it can move to a model that differs in others."""

    kind: str = "resnet"
    depth: Literal[50, 101] = 50
    groups: Counted = 1
    width_per_group: Counted = 64
    norm: Literal["frozen", "batch", "group"] = "frozen"
    stride_in_1x1: bool = True
    deformable: Literal[0, 1, 2] = 0
    deformable_stages: Stages = ("res3", "res4", "res5")
    deep_stem: bool = False
    output_stride: Stride = 32
    multi_grid: tuple[Counted, Counted, Counted] = (1, 1, 1)
    frozen_stages: Annotated[int, Meta(ge=0, le=5)] = 2

    @property
    def label(self) -> str:
        """What papers call it, "+D" with deformable convolutions.

        Example:
            >>> BackboneConfig(depth=101, groups=32, width_per_group=8).label
            'X101-32x8d'
        """
        depth = self.depth + (2 if self.deep_stem else 0)
        groups = f"-{self.groups}x{self.width_per_group}d" if self.groups > 1 else ""
        return f"{'X' if groups else 'R'}{depth}{groups}{'+D' if self.deformable else ''}"


@dataclass(frozen=True, kw_only=True)
class DetectorConfig:
    """How the parts of an instance model work together.

    Attributes:
        kind: "rcnn": proposals, then a class and a box for each, then masks.
    """

    kind: str = "rcnn"


@dataclass(frozen=True, kw_only=True)
class InputConfig:
    """What happens to an image before the network sees it.

    Attributes:
        order: of the colours, "BGR" or "RGB".
        mean: subtracted from each colour, in units of 0 to 255, in that order.
        std: what each colour is then divided by.
        train_sizes: short sides in pixels; each training image gets one of them at random.
        train_range: whether it gets any number from the first to the last instead.
        train_max: limit of the long side in training, in pixels.
        test_size: short side in inference, in pixels.
        test_max: limit of the long side in inference, in pixels.
        test_flip: whether masks are averaged with those of the mirrored image.
        test_scales: short sides of more views whose masks are averaged, in pixels.
        flip: whether half of the training images are mirrored.
        crop: (H, W) in pixels of the part to train on; None for whole images.
        crop_scales: range of the factor that resizes an image before it is cropped, in place of
            `train_sizes`; None for those.
        crop_max_share: share of a crop that one class may cover before another place is tried.
        colour: whether training changes brightness, contrast, saturation and hue.
    """

    order: Literal["BGR", "RGB"] = "BGR"
    mean: Colour = (103.530, 116.280, 123.675)
    std: tuple[Positive, Positive, Positive] = (1.0, 1.0, 1.0)
    train_sizes: Sizes = (640, 672, 704, 736, 768, 800)
    train_range: bool = False
    train_max: Counted = 1333
    test_size: Counted = 800
    test_max: Counted = 1333
    test_flip: bool = False
    test_scales: tuple[Counted, ...] = ()
    flip: bool = True
    crop: tuple[Counted, Counted] | None = None
    crop_scales: Scales | None = None
    crop_max_share: SomeShare = 1.0
    colour: bool = False


@dataclass(frozen=True, kw_only=True)
class BoxConfig:
    """The box head, and which of its boxes are kept.

    Attributes:
        class_agnostic: whether all classes share one box per proposal.
        refined: whether masks train in boxes that the box head has moved, as in inference, else in
            the proposals.
        score_threshold: boxes with a higher probability are kept.
        nms_threshold: IoU above which the worse of two boxes of a class is dropped.
        max_dets: best boxes of an image that are kept.
    """

    class_agnostic: bool = False
    refined: bool = True
    score_threshold: Share = 0.05
    nms_threshold: Share = 0.5
    max_dets: Whole = 100


@dataclass(frozen=True, kw_only=True)
class MaskConfig:
    """The mask head of an instance model.

    Attributes:
        kind: "pointrend", or "conv" for the four convolutions of Mask R-CNN.
        levels: levels of the pyramid that PointRend reads, concatenated.
        grid: cells along each side that PointRend's coarse head reads, even; its mask has half as
            many.
        coarse_channels: of the coarse head's convolutions.
        coarse_width: of its fully connected layers.
        coarse_layers: how many fully connected layers it has.
        point_width: of the point head's hidden layers.
        point_layers: how many hidden layers it has.
        train_points: per box.
        sampling: how training points are drawn: "biased" towards uncertain ones, "uniform", or on
            a "grid", which needs a square number of them.
        oversample: how many times as many points biased sampling draws first.
        importance: share of the points that is chosen by uncertainty.
        subdivision_steps: how often inference doubles the side of the mask.
        subdivision_points: limit per box and step.
        output: side of the mask of "conv": 28, 56, 112 or 224.
        soft_targets: whether "conv" learns the covered part of a cell instead of 0 or 1.
    """

    kind: str = "pointrend"
    levels: Levels = ("p2",)
    grid: Annotated[int, Meta(ge=2, multiple_of=2, description="an even number, 2 or more")] = 14
    coarse_channels: Counted = 256
    coarse_width: Counted = 1024
    coarse_layers: CountedFrom0 = 2
    point_width: Counted = 256
    point_layers: CountedFrom0 = 3
    train_points: Counted = 196
    sampling: Literal["biased", "uniform", "grid"] = "biased"
    oversample: Factor = 3.0
    importance: Share = 0.75
    subdivision_steps: CountedFrom0 = 5
    subdivision_points: Counted = 784
    output: Literal[28, 56, 112, 224] = 28
    soft_targets: bool = False


@dataclass(frozen=True, kw_only=True)
class SemanticConfig:
    """The head of a semantic model.

    Attributes:
        kind: "fpn" or "deeplab".
        levels: levels of the pyramid that "fpn" reads.
        pointrend: whether points refine the coarse prediction.
        ignore: label of pixels that are not trained on.
        train_points: per image.
        oversample: how many times as many points are drawn first.
        importance: share of the points that is chosen by uncertainty.
        subdivision_steps: how often points double the resolution; None: up to that of the image.
            The rest is bilinear.
        subdivision_points: limit per image and step.
        test_output_stride: of the backbone of "deeplab" in inference, by dilation.
    """

    kind: Literal["fpn", "deeplab"] = "fpn"
    levels: PyramidLevels = ("p2", "p3", "p4", "p5")
    pointrend: bool = False
    ignore: int = 255
    train_points: Counted = 2048
    oversample: Factor = 3.0
    importance: Share = 0.75
    subdivision_steps: CountedFrom0 | None = None
    subdivision_points: Counted = 8192
    test_output_stride: Stride = 16


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig:
    """How a model is trained.

    Attributes:
        optimiser: "sgd" with momentum, or "adamw".
        batch: images of an update.
        learning_rate: after the warm-up.
        updates: in all.
        steps: updates after which the rate is multiplied by `factor`.
        factor: of each step.
        poly: power with which the rate falls to 0 instead; None for steps.
        warmup_updates: over which the rate rises.
        warmup_factor: share of the rate that the warm-up starts from.
        momentum: of "sgd".
        betas: of "adamw", by which the two moments of the gradient decay.
        weight_decay: of all weights but those of norms.
        norm_decay: of the weights of norms.
        head_rate: factor of the rate of everything above the backbone.
        clip: limit of the norm of all gradients together; None for no limit.
    """

    optimiser: Literal["sgd", "adamw"] = "sgd"
    batch: Whole = 16
    learning_rate: Positive = 0.02
    updates: Whole = 90_000
    steps: Updates = (60_000, 80_000)
    factor: Positive = 0.1
    poly: Positive | None = None
    warmup_updates: CountedFrom0 = 1000
    warmup_factor: Share = 0.001
    momentum: BelowOne = 0.9
    betas: tuple[BelowOne, BelowOne] = (0.9, 0.999)
    weight_decay: NotNegative = 1e-4
    norm_decay: NotNegative = 0.0
    head_rate: Positive = 1.0
    clip: Positive | None = None
