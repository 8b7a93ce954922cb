"""What a model is made of, and how it is trained: frozen values.

The defaults are those of the published `pointrend_rcnn_R_50_FPN` for COCO.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from segeval.models.config.rules import require_possible


@dataclass(frozen=True, kw_only=True)
class BackboneConfig:
    """The network below the heads.

    Attributes:
        depth: of the ResNet, 50 or 101.
        groups: of the 3x3 convolutions: 1, or 32 or 64 in a ResNeXt.
        width_per_group: their channels per group in res2.
        norm: "frozen", "batch" or "group".
        stride_in_1x1: whether the first convolution of a block has its stride, else the 3x3 one.
        deformable: 0, or the version of the deformable convolutions.
        deformable_stages: where these are.
        deep_stem: three convolutions at the start, which DeepLab calls ResNet-103.
        output_stride: of the last stage: 32, or 16 or 8 by dilation.
        multi_grid: factors of the dilation in the blocks of the last stage.
        frozen_stages: how many are not trained if there are weights to begin with; the stem is the
            first.
    """

    depth: int = 50
    groups: int = 1
    width_per_group: int = 64
    norm: str = "frozen"
    stride_in_1x1: bool = True
    deformable: int = 0
    deformable_stages: tuple[str, ...] = ("res3", "res4", "res5")
    deep_stem: bool = False
    output_stride: int = 32
    multi_grid: tuple[int, int, int] = (1, 1, 1)
    frozen_stages: int = 2


@dataclass(frozen=True, kw_only=True)
class InputConfig:
    """What happens to an image before the network sees it.

    Attributes:
        order: of the colours, "BGR" or "RGB".
        mean: taken away from each colour, of 0 to 255, in that order.
        std: each colour is then divided by.
        train_sizes: short sides in pixels, one of which is drawn.
        train_range: whether any number between the first and the last is drawn instead.
        train_max: the long side is never longer, in pixels.
        test_size: short side in inference, in pixels.
        test_max: the long side is never longer, in pixels.
        test_flip: whether masks are averaged with those of the mirrored image.
        test_scales: more short sides whose masks are averaged.
        flip: whether half of the training images are mirrored.
        crop: (H, W) in pixels that is cut out in training; None for whole images.
        crop_scales: images are made smaller or larger before, by a factor between these two,
            instead of to one of `train_sizes`; None for those.
        crop_max_share: of the crop, that one class may cover; other places are tried.
        colour: whether brightness, contrast, saturation and hue are changed in training.
    """

    order: str = "BGR"
    mean: tuple[float, float, float] = (103.530, 116.280, 123.675)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    train_sizes: tuple[int, ...] = (640, 672, 704, 736, 768, 800)
    train_range: bool = False
    train_max: int = 1333
    test_size: int = 800
    test_max: int = 1333
    test_flip: bool = False
    test_scales: tuple[int, ...] = ()
    flip: bool = True
    crop: tuple[int, int] | None = None
    crop_scales: tuple[float, float] | None = None
    crop_max_share: float = 1.0
    colour: bool = False


@dataclass(frozen=True, kw_only=True)
class BoxConfig:
    """What the box head does, and which boxes are kept.

    Attributes:
        class_agnostic: one box per proposal for all classes.
        refined: whether masks are trained in boxes as the box head moves them, else in proposals.
        score_threshold: only higher probabilities are kept.
        nms_threshold: IoU beyond which the worse of two boxes of a class is left out.
        max_dets: best boxes of an image that stay.
    """

    class_agnostic: bool = False
    refined: bool = True
    score_threshold: float = 0.05
    nms_threshold: float = 0.5
    max_dets: int = 100


@dataclass(frozen=True, kw_only=True)
class MaskConfig:
    """The mask head of an instance model.

    Attributes:
        kind: "pointrend", or "conv" for the four convolutions of Mask R-CNN.
        levels: of the pyramid, that PointRend reads; several are put one after the other.
        grid: cells along each side that PointRend's coarse head reads, even; its mask has half as
            many.
        coarse_channels: of its convolutions.
        coarse_width: of its fully connected layers.
        coarse_layers: how many of these there are.
        point_width: of the point head's hidden layers.
        point_layers: how many of these there are.
        train_points: of a box.
        sampling: of these, "biased", "uniform" or "grid".
        oversample: how many times as many are drawn first.
        importance: part of them that is chosen by uncertainty.
        subdivision_steps: how often the side of the mask doubles.
        subdivision_points: the most in one step.
        output: side of the mask of "conv": 28, 56, 112 or 224.
        soft_targets: whether "conv" learns parts of cells instead of 0 and 1.
    """

    kind: str = "pointrend"
    levels: tuple[str, ...] = ("p2",)
    grid: int = 14
    coarse_channels: int = 256
    coarse_width: int = 1024
    coarse_layers: int = 2
    point_width: int = 256
    point_layers: int = 3
    train_points: int = 196
    sampling: str = "biased"
    oversample: float = 3.0
    importance: float = 0.75
    subdivision_steps: int = 5
    subdivision_points: int = 784
    output: int = 28
    soft_targets: bool = False


@dataclass(frozen=True, kw_only=True)
class SemanticConfig:
    """The head of a semantic model.

    Attributes:
        kind: "fpn" or "deeplab".
        levels: of the pyramid, that "fpn" reads.
        pointrend: whether points follow the coarse prediction.
        ignore: label that is not trained on.
        train_points: of an image.
        oversample: how many times as many are drawn first.
        importance: part of them that is chosen by uncertainty.
        subdivision_steps: how often the sides double; None until they are those of the image.
        subdivision_points: in one step.
        test_output_stride: of the backbone of "deeplab" in inference, by dilation.
    """

    kind: str = "fpn"
    levels: tuple[str, ...] = ("p2", "p3", "p4", "p5")
    pointrend: bool = False
    ignore: int = 255
    train_points: int = 2048
    oversample: float = 3.0
    importance: float = 0.75
    subdivision_steps: int | None = None
    subdivision_points: int = 8192
    test_output_stride: int = 16


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig:
    """How a model is trained: SGD with momentum.

    Attributes:
        batch: images of an update.
        learning_rate: after the warm-up.
        updates: in all.
        steps: updates after which the rate is multiplied by `factor`.
        factor: of each step.
        poly: power with which the rate falls to 0 instead of in steps; None for steps.
        warmup_updates: in which the rate rises.
        warmup_factor: what it begins with, as part of the rate.
        momentum: of SGD.
        weight_decay: of weights.
        norm_decay: of the weights of norms.
        head_rate: factor of the rate of everything but the backbone.
        clip: greatest norm of all gradients together; None for no limit.
    """

    batch: int = 16
    learning_rate: float = 0.02
    updates: int = 90_000
    steps: tuple[int, ...] = (60_000, 80_000)
    factor: float = 0.1
    poly: float | None = None
    warmup_updates: int = 1000
    warmup_factor: float = 0.001
    momentum: float = 0.9
    weight_decay: float = 1e-4
    norm_decay: float = 0.0
    head_rate: float = 1.0
    clip: float | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    """A model, and how it is trained.

    Attributes:
        name: of the preset, or of the file.
        task: "instance" or "semantic".
        classes: K, without background; the data set's, when there is one.

    Raises:
        FormatError: for a value that a setting cannot have.
    """

    name: str = "pointrend-r50"
    task: str = "instance"
    classes: int = 80
    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    input: InputConfig = field(default_factory=InputConfig)
    boxes: BoxConfig = field(default_factory=BoxConfig)
    mask: MaskConfig = field(default_factory=MaskConfig)
    semantic: SemanticConfig = field(default_factory=SemanticConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)

    def __post_init__(self) -> None:
        require_possible(vars(self), self.name)

    def to_dict(self) -> dict[str, Any]:
        """Plain values by section, as `config_from_dict` reads them."""
        return asdict(self)
