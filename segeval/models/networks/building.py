"""Models from configurations."""

from __future__ import annotations

from pathlib import Path

from segeval.models.config import BackboneConfig, Config, read_config
from segeval.models.networks.backbone import FPN, ResNet
from segeval.models.networks.mask_heads import ConvHead, PointRendHead
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.semantic import SemanticModel

Model = MaskRCNN | SemanticModel


def build(config: Config | str | Path) -> Model:
    """A model with random weights, in training mode.

    Args:
        config: a configuration, the name of a preset, or a TOML file.

    Raises:
        InputError: if there is neither a preset nor a file of that name.
        FormatError: if the file does not hold a configuration.

    Example:
        >>> model = build("maskrcnn-r50")
        >>> tuple(model.roi_heads.mask_head.predictor.weight.shape)
        (80, 256, 1, 1)
    """
    if not isinstance(config, Config):
        config = read_config(config)
    return _semantic_model(config) if config.task == "semantic" else _instance_model(config)


def _bottom_up(config: BackboneConfig) -> ResNet:
    return ResNet(
        config.depth,
        groups=config.groups,
        width_per_group=config.width_per_group,
        norm=config.norm,
        stride_in_1x1=config.stride_in_1x1,
        deformable=config.deformable,
        deformable_stages=config.deformable_stages,
        deep_stem=config.deep_stem,
        output_stride=config.output_stride,
        multi_grid=config.multi_grid,
    )


def _instance_model(config: Config) -> MaskRCNN:
    backbone = FPN(_bottom_up(config.backbone))
    return MaskRCNN(
        backbone,
        classes=config.classes,
        mask_head=_mask_head(config, backbone),
        class_agnostic=config.boxes.class_agnostic,
        refined=config.boxes.refined,
        score=config.boxes.score_threshold,
        nms=config.boxes.nms_threshold,
        max_dets=config.boxes.max_dets,
    )


def _mask_head(config: Config, backbone: FPN) -> PointRendHead | ConvHead:
    mask = config.mask
    if mask.kind == "conv":
        return ConvHead(
            config.classes,
            output=mask.output,
            channels=backbone.channels,
            soft_targets=mask.soft_targets,
        )
    return PointRendHead(
        config.classes,
        levels={name: backbone.strides[name] for name in mask.levels},
        channels=backbone.channels,
        grid=mask.grid,
        coarse_channels=mask.coarse_channels,
        coarse_width=mask.coarse_width,
        coarse_layers=mask.coarse_layers,
        point_width=mask.point_width,
        point_layers=mask.point_layers,
        train_points=mask.train_points,
        sampling=mask.sampling,
        oversample=mask.oversample,
        importance=mask.importance,
        steps=mask.subdivision_steps,
        points=mask.subdivision_points,
    )


def _semantic_model(config: Config) -> SemanticModel:
    semantic = config.semantic
    return SemanticModel(
        _bottom_up(config.backbone),
        classes=config.classes,
        kind=semantic.kind,
        levels=semantic.levels,
        pointrend=semantic.pointrend,
        ignore=semantic.ignore,
        train_points=semantic.train_points,
        oversample=semantic.oversample,
        importance=semantic.importance,
        steps=semantic.subdivision_steps,
        points=semantic.subdivision_points,
        test_output_stride=semantic.test_output_stride,
    )
