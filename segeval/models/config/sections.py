"""The sections of a configuration: the parts of a model, its input and its training.

The defaults are those of the published `pointrend_rcnn_R_50_FPN` for COCO; they stand only here.
A setting's type says which values are possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from segeval.models.config.parts.cbnet import ComposableConfig
from segeval.models.config.setting_types import (
    BelowOne,
    Colour,
    Context,
    Counted,
    CountedFrom0,
    Deformable,
    Degrees,
    Dilation,
    Factor,
    Factors,
    FrozenStages,
    Label,
    Layers,
    Level,
    Levels,
    Merge,
    Norm,
    NotNegative,
    Positive,
    PyramidLevels,
    Scales,
    Share,
    Sizes,
    SomeLayers,
    SomeShare,
    Stages,
    Steps,
    Stride,
    Updates,
    Whole,
)


@dataclass(frozen=True, kw_only=True)
class BackboneConfig(ComposableConfig):
    """A ResNet or ResNeXt.

    Attributes:
        kind: "resnet".
        depth: 50, 101 or 152; 14 or 26 with one or two blocks in each stage, for small data.
        groups: of the 3x3 convolutions: 1, or 32 or 64 in a ResNeXt.
        width_per_group: their channels per group in res2, doubled from stage to stage.
        base_channels: of the stem; res2 has four times as many, and each later stage twice those
            of the last. Fewer, and as few `width_per_group`, make a small model.
        norm: "frozen"; "statistics" for frozen statistics with a trained weight and bias; "batch"
            for statistics of a process's images, "sync" for those of the images of all processes;
            or "group", of 32 groups, or fewer in narrow layers.
        stride_in_1x1: whether a stage strides in its first 1x1 convolution, as in MSRA's models,
            or in the 3x3 one.
        deformable: version of the deformable convolutions, 0 for plain ones.
        deformable_stages: stages with deformable convolutions.
        deep_stem: start with three 3x3 convolutions; DeepLab calls a ResNet-101 then ResNet-103.
        context: divisor of the channels of global context blocks, 4 or 16; 0 for none.
        context_stages: stages with such blocks.
        output_stride: of res5, in pixels: 32, or 16 or 8 by dilation.
        multi_grid: factors of the dilation in the three blocks of res5, (1, 2, 4) in DeepLabV3.
        frozen_stages: number of first stages that keep their initial weights; the stem is one.
    """

    ARCHITECTURE: ClassVar = (
        "depth", "groups", "width_per_group", "stride_in_1x1", "deformable", "deep_stem",
        "base_channels", "context", "copies",
    )  # fmt: skip
    """Settings that weights depend on; weights fit a model that differs in the others."""

    kind: str = "resnet"
    depth: Literal[14, 26, 50, 101, 152] = 50
    groups: Counted = 1
    width_per_group: Counted = 64
    base_channels: Counted = 64
    norm: Norm = "frozen"
    stride_in_1x1: bool = True
    deformable: Deformable = 0
    deformable_stages: Stages = ("res3", "res4", "res5")
    deep_stem: bool = False
    context: Context = 0
    context_stages: Stages = ("res3", "res4", "res5")
    output_stride: Stride = 32
    multi_grid: tuple[Dilation, Dilation, Dilation] = (1, 1, 1)
    frozen_stages: FrozenStages = 2

    @property
    def label(self) -> str:
        """Its name in papers.

        "+D" is for deformable convolutions, "+GC" for global context, "DB-" for two backbones.

        Example:
            >>> BackboneConfig(depth=101, groups=32, width_per_group=8).label
            'X101-32x8d'
        """
        depth = self.depth + (2 if self.deep_stem else 0)
        groups = f"-{self.groups}x{self.width_per_group}d" if self.groups > 1 else ""
        added = f"{'+D' if self.deformable else ''}{'+GC' if self.context else ''}"
        return self.named(f"{'X' if groups else 'R'}{depth}{groups}{added}")


@dataclass(frozen=True, kw_only=True)
class PyramidConfig:
    """The feature pyramid.

    Attributes:
        kind: "fpn".
        channels: of every level.
        balance: what each level gets from all of them, as in Libra R-CNN: "none"; their "average";
            or that average refined by a convolution, "conv", or by a "non-local" block.
        balance_level: level whose size the average has.
        balance_blocks: convolutions or blocks, one after another.
    """

    kind: str = "fpn"
    channels: Counted = 256
    balance: Literal["none", "average", "conv", "non-local"] = "none"
    balance_level: Level = "p4"
    balance_blocks: Annotated[int, Meta(ge=1, le=100)] = 1


@dataclass(frozen=True, kw_only=True)
class DetectorConfig:
    """The kind of an instance model.

    Attributes:
        kind: "rcnn": proposals, then a class and a box for each, then masks.
    """

    kind: str = "rcnn"


@dataclass(frozen=True, kw_only=True)
class InputConfig:
    """How images become input of the network.

    Attributes:
        order: of the colours, "BGR" or "RGB".
        mean: subtracted from each colour, in units of 0 to 255, in that order.
        std: divisor of each colour afterwards.
        train_sizes: short sides in pixels; each training image gets a random one.
        train_range: draw from the whole range from the first to the last size instead.
        train_max: limit of the long side in training, in pixels.
        test_size: short side in inference, in pixels.
        test_max: limit of the long side in inference, in pixels.
        test_flip: whether predictions are averaged with those of the mirrored image.
        test_scales: short sides of further views, in pixels; their long sides grow along.
        test_views: further views by their short side and the limit of the long one, in pixels.
        test_merge: strategy of `segeval.ensemble` that merges what each view finds by itself; "" to
            look at the same boxes in all views and average what they say.
        flip: whether half of the training images are mirrored.
        crop: (H, W) in pixels of training crops; None for whole images.
        crop_scales: range of the factor that resizes an image before the crop; None uses
            `train_sizes`.
        crop_max_share: largest share of a crop that one class may cover; above, another place is
            tried.
        colour: whether training changes brightness, contrast, saturation and hue.
        copy_paste: share of training images that get objects of another one, all classes equally
            often; 0 for none.
        mosaic: share of training images that are put together from four; 0 for none.
        rotate: largest angle in degrees by which training images are turned; 0 for none. With it,
            images turn up to 45 degrees if a class in them is long: the median ratio of the sides
            of its boxes is beyond 4 to 1.
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
    test_views: tuple[tuple[Counted, Counted], ...] = ()
    test_merge: Merge = ""
    flip: bool = True
    crop: tuple[Counted, Counted] | None = None
    crop_scales: Scales | None = None
    crop_max_share: SomeShare = 1.0
    colour: bool = False
    copy_paste: Share = 0.0
    mosaic: Share = 0.0
    rotate: Degrees = 0.0


@dataclass(frozen=True, kw_only=True)
class ProposalConfig:
    """The region proposal network.

    Attributes:
        scales: square roots of the areas of the anchors, in cells of their level.
        ratios: height / width of the anchors.
        before_nms: best anchors per level that become boxes, in training and in inference.
        after_nms: best boxes kept per image, in training and in inference.
        nms_threshold: IoU above which the worse of two boxes of a level is dropped.
        negative: anchors with a smaller IoU are background.
        positive: anchors with at least this IoU are objects, as are those that overlap an object
            most.
        train_anchors: drawn per training image.
        train_positive: largest share of them that are objects.
        beta: half width of the quadratic part of the loss of the deltas (smooth L1); 0 for L1.
        inside: whether only anchors train that lie wholly inside of their image.
        whole: whether anchors stand in the middle of their cell and have whole corners, as in
            mmdetection 1, or exact ones around its top left corner.
    """

    scales: Factors = (8.0,)
    ratios: Factors = (0.5, 1.0, 2.0)
    before_nms: tuple[Whole, Whole] = (2000, 1000)
    after_nms: tuple[Whole, Whole] = (1000, 1000)
    nms_threshold: Share = 0.7
    negative: Share = 0.3
    positive: Share = 0.7
    train_anchors: Whole = 256
    train_positive: Share = 0.5
    beta: NotNegative = 0.0
    inside: bool = False
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class BoxConfig:
    """The box head, and the selection of its boxes.

    Attributes:
        side: cells along each side of the features pooled from a box.
        layers: number of fully connected layers.
        width: of each of them.
        samples: along each side of a cell, of the pooled features; 0 for as many as it has pixels.
        class_agnostic: whether all classes share one box per proposal.
        train_boxes: drawn per training image.
        train_positive: largest share of them that show an object.
        refined: whether masks train in boxes moved by the box head, as in inference, or in the
            proposals.
        score_threshold: boxes need a higher probability than this.
        nms_threshold: IoU above which the worse of two boxes of a class is dropped.
        max_dets: number of best boxes kept per image.
        beta: half width of the quadratic part of the loss of the deltas (smooth L1); 0 for L1.
        weight: factor of the losses of classes and boxes; in a cascade also of every stage's.
    """

    side: Whole = 7
    layers: SomeLayers = 2
    width: Counted = 1024
    samples: Layers = 0
    class_agnostic: bool = False
    train_boxes: Whole = 512
    train_positive: Share = 0.25
    refined: bool = True
    score_threshold: Share = 0.05
    nms_threshold: Share = 0.5
    max_dets: Whole = 100
    beta: NotNegative = 0.0
    weight: Positive = 1.0


@dataclass(frozen=True, kw_only=True)
class MaskConfig:
    """The mask head of an instance model.

    Attributes:
        kind: "pointrend", or "conv" for the four convolutions of Mask R-CNN.
        levels: levels of the pyramid that PointRend reads, concatenated.
        grid: cells along each side of PointRend's coarse input, even; the coarse mask has half as
            many.
        coarse_channels: of the coarse head's convolutions.
        coarse_width: of its fully connected layers.
        coarse_layers: number of its fully connected layers.
        point_width: of the point head's hidden layers.
        point_layers: number of its hidden layers.
        train_points: per box.
        sampling: of training points: "biased" towards uncertain ones, "uniform", or on a "grid",
            which needs a square number.
        oversample: candidates per point in biased sampling.
        importance: share of the points chosen by uncertainty.
        subdivision_steps: number of times that inference doubles the side of the mask.
        subdivision_points: limit per box and step.
        output: side of the mask of "conv": 28, 56, 112 or 224.
        soft_targets: whether "conv" learns the covered share of a cell instead of 0 or 1.
        normalised: whether the predictor of "conv" scales weights and features to length 1 before
            their product.
    """

    kind: str = "pointrend"
    levels: Levels = ("p2",)
    grid: Annotated[
        int,
        Meta(
            ge=2, le=1000, multiple_of=2, description="an even number, 2 or more, and at most 1,000"
        ),
    ] = 14
    coarse_channels: Counted = 256
    coarse_width: Counted = 1024
    coarse_layers: Layers = 2
    point_width: Counted = 256
    point_layers: Layers = 3
    train_points: Counted = 196
    sampling: Literal["biased", "uniform", "grid"] = "biased"
    oversample: Factor = 3.0
    importance: Share = 0.75
    subdivision_steps: Steps = 5
    subdivision_points: Counted = 784
    output: Literal[28, 56, 112, 224] = 28
    soft_targets: bool = False
    normalised: bool = False


@dataclass(frozen=True, kw_only=True)
class SemanticConfig:
    """The head of a semantic model.

    Attributes:
        kind: "fpn" or "deeplab".
        levels: levels of the pyramid that "fpn" reads.
        pointrend: whether points refine the coarse prediction.
        ignore: label of pixels without loss.
        train_points: per image.
        oversample: candidates per point.
        importance: share of the points chosen by uncertainty.
        subdivision_steps: number of times that points double the resolution; None for up to the
            image's. The rest is bilinear.
        subdivision_points: limit per image and step.
        test_output_stride: of the backbone of "deeplab" in inference, by dilation.
    """

    kind: str = "fpn"
    levels: PyramidLevels = ("p2", "p3", "p4", "p5")
    pointrend: bool = False
    ignore: Label = 255
    train_points: Counted = 2048
    oversample: Factor = 3.0
    importance: Share = 0.75
    subdivision_steps: Steps | None = None
    subdivision_points: Counted = 8192
    test_output_stride: Stride = 16

    @property
    def pyramid(self) -> bool:
        """Whether the head reads a feature pyramid or the stages of the backbone."""
        return self.kind == "fpn"


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig:
    """The optimiser and its learning rate.

    Attributes:
        optimiser: "sgd" with momentum, or "adamw".
        batch: images per update.
        learning_rate: after the warm-up.
        updates: in all.
        steps: updates after which the rate is multiplied by `factor`.
        factor: of each step.
        poly: power of a polynomial fall to 0 in place of steps; None for steps.
        warmup_updates: length of the warm-up.
        warmup_factor: share of the rate that the warm-up starts from.
        momentum: of "sgd".
        betas: of "adamw": decay of the two moments of the gradient.
        weight_decay: of all weights except those of norms.
        norm_decay: weight decay of norms.
        head_rate: factor of the rate above the backbone; a point head keeps the rate itself.
        clip: limit of the norm of the whole gradient; None for no limit.
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
