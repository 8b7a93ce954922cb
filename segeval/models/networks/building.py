"""Models from configurations, and the built-in kinds of parts."""

from __future__ import annotations

from pathlib import Path

from segeval.models.config import (
    BackboneConfig,
    Config,
    DetectorConfig,
    MaskConfig,
    read_config,
)
from segeval.models.networks.backbone import FPN, ResNet
from segeval.models.networks.mask_heads import ConvHead, PointRendHead
from segeval.models.networks.protocols import Model
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.registry import (
    make_backbone,
    make_detector,
    make_mask_head,
    register_backbone,
    register_detector,
    register_mask_head,
)
from segeval.models.networks.semantic import SemanticModel

register_backbone("resnet", BackboneConfig)(ResNet)
register_mask_head("pointrend", MaskConfig)(PointRendHead)
register_mask_head("conv", MaskConfig)(ConvHead)


@register_detector("rcnn", DetectorConfig)
def mask_rcnn(config: Config) -> MaskRCNN:
    """Mask R-CNN on a feature pyramid."""
    pyramid = FPN(make_backbone(config))
    head = make_mask_head(config, pyramid)
    return MaskRCNN(pyramid, head, config.boxes, classes=config.classes)


def build(config: Config | str | Path) -> Model:
    """A model with random weights, in training mode.

    Args:
        config: a configuration, the name of a preset, or a TOML file.

    Raises:
        InputError: if there is no such preset or file.
        FormatError: if the file is not a configuration.

    Example:
        >>> model = build("maskrcnn-r50")
        >>> tuple(model.roi_heads.mask_head.predictor.weight.shape)
        (80, 256, 1, 1)
    """
    if not isinstance(config, Config):
        config = read_config(config)
    if config.task == "instance":
        return make_detector(config)
    return SemanticModel(make_backbone(config), config.semantic, classes=config.classes)
