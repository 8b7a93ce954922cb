"""Models from configurations, the built-in kinds of parts, and components by name.

Whoever imports this module has every built-in kind and component at hand.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, cast

from segeval.errors import InputError
from segeval.models.config import (
    BackboneConfig,
    Config,
    DetectorConfig,
    MaskConfig,
    PyramidConfig,
    SemanticConfig,
    read_config,
)
from segeval.models.config.parts.cascade import CascadeConfig
from segeval.models.config.parts.concat import ConcatConfig
from segeval.models.config.parts.crops import CropConfig
from segeval.models.config.parts.hrnet import HRNetConfig
from segeval.models.config.parts.htc import HTCConfig, HTCMaskConfig
from segeval.models.config.parts.no_masks import NoMaskConfig
from segeval.models.config.parts.refine import RefineMaskConfig
from segeval.models.config.parts.regressor import RegressorConfig
from segeval.models.config.parts.res2net import Res2NetConfig
from segeval.models.config.parts.scoring import MaskIoUConfig, NoScoringConfig
from segeval.models.config.parts.seesaw import SeesawConfig
from segeval.models.config.parts.softmax import SoftmaxConfig
from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.config.parts.swin import SwinConfig
from segeval.models.config.parts.tsd import TSDConfig
from segeval.models.devices import is_full_memory
from segeval.models.networks.backbone import FPN, Balance, HRNet, Res2Net, ResNet, Swin
from segeval.models.networks.box_stage import box_stage
from segeval.models.networks.cascade import CascadeRCNN, box_stages
from segeval.models.networks.classifiers import Seesaw, Softmax
from segeval.models.networks.components import component, public_names, register_component
from segeval.models.networks.crop_segmenter import CropSegmenter
from segeval.models.networks.htc import HTC
from segeval.models.networks.mask_heads import (
    ConvHead,
    HTCHeads,
    NoMasks,
    PointRendHead,
    RefineMaskHead,
    htc_mask_heads,
)
from segeval.models.networks.mask_scorers import MaskIoUHead, no_scorer
from segeval.models.networks.protocols import (
    Backbone,
    Maps,
    Model,
    PyramidNetwork,
    SemanticHead,
    TrainsLevels,
    known_levels,
)
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.registry import (
    make_backbone,
    make_classifier,
    make_detector,
    make_mask_head,
    make_pyramid,
    make_scorer,
    make_semantic_head,
    register_backbone,
    register_classifier,
    register_detector,
    register_mask_head,
    register_mask_scorer,
    register_pyramid,
    register_semantic_head,
)
from segeval.models.networks.regressor import BoxRegressor
from segeval.models.networks.rpn import RPN
from segeval.models.networks.semantic import SemanticModel
from segeval.models.networks.semantic_heads import (
    ConcatHead,
    DeepLabHead,
    SemanticFPNHead,
    SemanticPointRendHead,
)
from segeval.models.networks.solo.model import SOLO
from segeval.models.networks.tsd.stage import tsd_stage

__all__ = [
    "NO_ROOM",
    "build",
    "component",
    "mask_rcnn",
    "public_names",
    "register_component",
    "semantic_model",
]

NO_ROOM = "model-memory"
"""Code of the error for a model that no memory holds."""

BEYOND_NUMBERS = "overflow"
"""Word of PyTorch's errors for sizes that 64 bits do not hold."""

register_backbone("resnet", BackboneConfig)(ResNet)
register_backbone("res2net", Res2NetConfig)(Res2Net)
register_backbone("swin", SwinConfig)(Swin)
register_backbone("hrnet", HRNetConfig)(HRNet)
register_mask_head("pointrend", MaskConfig)(PointRendHead)
register_mask_head("conv", MaskConfig)(ConvHead)
register_classifier("softmax", SoftmaxConfig)(Softmax)
register_classifier("seesaw", SeesawConfig)(Seesaw)
register_mask_head("htc", HTCMaskConfig)(htc_mask_heads)
register_mask_head("refine", RefineMaskConfig)(RefineMaskHead)
register_mask_head("none", NoMaskConfig)(NoMasks)
register_semantic_head("concat", ConcatConfig)(ConcatHead)
register_mask_scorer("none", NoScoringConfig)(no_scorer)
register_mask_scorer("mask-iou", MaskIoUConfig)(MaskIoUHead)


@register_detector("rcnn", DetectorConfig)
def mask_rcnn(config: Config) -> MaskRCNN:
    """Mask R-CNN on a feature pyramid."""
    pyramid, classifier = pyramid_of(config), make_classifier(config)
    head, found = make_mask_head(config, pyramid), _found_in(pyramid, config)
    # last, as in the first version, so that a seed draws the same weights
    stage = box_stage(pyramid, config.boxes, classes=config.classes, classifier=classifier)
    return MaskRCNN(pyramid, head, config.boxes, stages=[stage], **found)


@register_detector("tsd", TSDConfig)
def tsd(config: Config) -> MaskRCNN:
    """Mask R-CNN on a feature pyramid, with the box stage of TSD."""
    pyramid = pyramid_of(config)
    stage = tsd_stage(
        pyramid,
        config.boxes,
        cast("TSDConfig", config.detector),
        classes=config.classes,
        classifier=partial(make_classifier, config),
    )
    head = make_mask_head(config, pyramid)
    return MaskRCNN(pyramid, head, config.boxes, stages=[stage], **_found_in(pyramid, config))


@register_detector("cascade", CascadeConfig)
def cascade_rcnn(config: Config) -> CascadeRCNN:
    """Cascade R-CNN on a feature pyramid."""
    pyramid, settings = pyramid_of(config), cast("CascadeConfig", config.detector)
    return CascadeRCNN(
        pyramid,
        make_mask_head(config, pyramid),
        config.boxes,
        stages=box_stages(
            pyramid,
            config.boxes,
            settings,
            classes=config.classes,
            classifier=partial(make_classifier, config),
            gradient=1 / len(settings.ious),
        ),
        score_weights=settings.score_weights,
        mean_of=settings.mean_of,
        **_found_in(pyramid, config),
    )


@register_detector("htc", HTCConfig)
def htc(config: Config) -> HTC:
    """Hybrid Task Cascade on a feature pyramid."""
    pyramid, settings = pyramid_of(config), cast("HTCConfig", config.detector)
    return HTC(
        pyramid,
        cast("HTCHeads", make_mask_head(config, pyramid)),
        config.boxes,
        settings,
        stages=box_stages(
            pyramid,
            config.boxes,
            settings,
            classes=config.classes,
            classifier=partial(make_classifier, config),
        ),
        **_found_in(pyramid, config),
    )


@register_detector("regressor", RegressorConfig)
def regressor(config: Config) -> BoxRegressor:
    """A cascade that moves given boxes, on a feature pyramid."""
    pyramid, settings = pyramid_of(config), cast("RegressorConfig", config.detector)
    head = make_mask_head(config, pyramid)
    return BoxRegressor(pyramid, head, config.boxes, settings, classes=config.classes)


def pyramid_of(config: Config) -> PyramidNetwork:
    """The pyramid of a configuration on its backbone."""
    return make_pyramid(config, make_backbone(config))


@register_pyramid("fpn", PyramidConfig)
def feature_pyramid(settings: PyramidConfig, bottom_up: Backbone) -> FPN:
    """FPN, balanced or not."""
    balance = partial(
        Balance,
        balance=settings.balance,
        balance_level=settings.balance_level,
        balance_blocks=settings.balance_blocks,
    )
    return FPN(
        bottom_up,
        channels=settings.channels,
        balance=None if settings.balance == "none" else balance,
    )


@register_detector("solo", SOLOConfig)
def solo(config: Config) -> SOLO:
    """SOLOv2 on a feature pyramid."""
    pyramid = pyramid_of(config)
    return SOLO(pyramid, cast("SOLOConfig", config.detector), classes=config.classes)


@register_detector("crops", CropConfig)
def crop_segmenter(config: Config) -> CropSegmenter:
    """The head of HRNetV2 on a backbone, for crops around given boxes."""
    return CropSegmenter(make_backbone(config))


def _found_in(pyramid: PyramidNetwork, config: Config) -> dict[str, Any]:
    """Arguments that all detectors share: classes, the first boxes, and what scores masks."""
    proposals = RPN(pyramid.channels, config.proposals, strides=pyramid.strides)
    scorer = make_scorer(config, pyramid)
    return {"classes": config.classes, "proposals": proposals, "scorer": scorer}


@register_semantic_head("fpn", SemanticConfig)
def semantic_fpn(
    config: SemanticConfig,
    classes: int,
    maps: Maps,
    *,
    norm: str = "group",
    fine_levels: tuple[str, ...] = (),
) -> SemanticHead:
    """SemanticFPN, with PointRend or without.

    Args:
        config: its levels, its points, and the ignored label.
        classes: K, 2 or more.
        maps: levels of the pyramid.
        norm: of `norm_of`.
        fine_levels: levels that points read; () for the finest.

    Raises:
        InputError: for an unknown level.
    """
    head = SemanticFPNHead(
        classes,
        levels=known_levels("semantic.levels", config.levels, maps.strides),
        channels=maps.channels[config.levels[0]],
        norm=norm,
        ignore=config.ignore,
    )
    return _refined(head, config, classes, maps, fine_levels)


@register_semantic_head("deeplab", SemanticConfig)
def deeplab(
    config: SemanticConfig,
    classes: int,
    maps: Maps,
    *,
    norm: str = "sync",
    fine_levels: tuple[str, ...] = (),
) -> SemanticHead:
    """DeepLabV3 on the last stage of a backbone; arguments as of `semantic_fpn`.

    Batch norm needs many images in a batch.
    """
    coarsest = list(maps.channels)[-1]
    head = DeepLabHead(
        classes,
        level=coarsest,
        channels=maps.channels[coarsest],
        stride=maps.strides[coarsest],
        norm=norm,
        ignore=config.ignore,
    )
    return _refined(head, config, classes, maps, fine_levels)


def _refined(
    head: SemanticFPNHead | DeepLabHead,
    config: SemanticConfig,
    classes: int,
    maps: Maps,
    fine_levels: tuple[str, ...],
) -> SemanticHead:
    """A head, with PointRend if the configuration says so."""
    if not config.pointrend:
        return head
    names = fine_levels or tuple(maps.channels)[:1]
    levels = known_levels("fine_levels", names, maps.channels)
    return SemanticPointRendHead(head, config, classes, levels=levels)


def semantic_model(config: Config, **options: Any) -> SemanticModel:
    """A semantic head on the stages of a backbone or on a pyramid, as its settings say.

    Args:
        config: of the model.
        options: of the head's maker, such as `norm`.

    Raises:
        InputError: if there are fewer than two classes.

    Example:
        >>> model = semantic_model(read_config("semantic-fpn-r101-pointrend"))
        >>> sum(each.numel() for each in model.parameters())
        47572582
    """
    if config.classes < 2:
        raise InputError(
            f"The number of classes is {config.classes}, expected 2 or more.",
            code="classes",
            field="classes",
        )
    bottom_up, settings = make_backbone(config), config.semantic
    stride = getattr(settings, "test_output_stride", None)
    if not settings.pyramid:
        maps = Maps(bottom_up.channels, bottom_up.strides)
        return SemanticModel(
            bottom_up, make_semantic_head(config, maps, **options), test_stride=stride
        )
    pyramid = make_pyramid(config, bottom_up)
    strides = dict(list(pyramid.strides.items())[:-1])
    maps = Maps(dict.fromkeys(strides, pyramid.channels), strides)
    head = make_semantic_head(config, maps, **options)
    if isinstance(pyramid, TrainsLevels):
        pyramid.train_only(head.levels)
    return SemanticModel(pyramid, head)


def build(config: Config | str | Path) -> Model:
    """A model with random weights, in training mode.

    Args:
        config: a configuration, the name of a preset, or a TOML file.

    Raises:
        InputError: if there is no such preset or file, or no memory for so many weights
            (`NO_ROOM`).
        FormatError: if the file is not a configuration.

    Example:
        >>> model = build("maskrcnn-r50")
        >>> tuple(model.roi_heads.mask_head.predictor.weight.shape)
        (80, 256, 1, 1)
    """
    if not isinstance(config, Config):
        config = read_config(config)
    try:
        return make_detector(config) if config.task == "instance" else semantic_model(config)
    except (RuntimeError, TypeError, MemoryError) as error:
        if not is_full_memory(error) and BEYOND_NUMBERS not in str(error).lower():
            raise
        raise InputError(
            f"{config.name}: its settings ask for more weights than the memory holds. Choose "
            "smaller ones: widths, channels, sides of what is pooled, numbers of layers.",
            code=NO_ROOM,
            field="config",
        ) from None
