"""Models from configurations, and in and out of files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from segeval.errors import FormatError, InputError
from segeval.models.backbone import FPN, ResNet
from segeval.models.config import BackboneConfig, Config, config_from_dict, read_config
from segeval.models.mask_heads import ConvHead, PointRendHead
from segeval.models.rcnn import MaskRCNN
from segeval.models.semantic import SemanticModel
from segeval.models.weights import LoadReport, load_into, read_metadata, read_weights, save_weights
from segeval.words import counted, more_like_it

Model = MaskRCNN | SemanticModel
Categories = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Loaded:
    """A model from a file.

    Attributes:
        model: in inference mode.
        config: what it is made of.
        categories: id and name of each class, in their order; None if the file does not say.
        report: what became of the entries of the file.
    """

    model: Model
    config: Config
    categories: Categories | None
    report: LoadReport


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


def load(path: str | Path, *, config: Config | str | Path | None = None) -> Loaded:
    """A model with the weights of a file.

    Args:
        path: of weights, `.safetensors`, `.pkl` or `.pth`.
        config: what the model is made of; None if the file says so itself, as ours do.

    Raises:
        InputError: if there is no such file, or neither it nor you say what the model is made of.
        FormatError: if the file is damaged, weights of the model are not in it (random ones would
            predict something, plausibly), or some are not finite.
    """
    weights = read_weights(path)
    texts = read_metadata(path) if Path(path).suffix == ".safetensors" else {}
    if config is None:
        if "config" not in texts:
            raise InputError(
                f"{path}: does not say what its model is made of. Name its configuration, such as "
                "--config pointrend-r50.",
                code="no-config",
                path=str(path),
            )
        values = _json(path, texts, "config")
        if not isinstance(values, dict):
            raise _unreadable(path, "config")
        config = config_from_dict(values, source=str(path))
    elif not isinstance(config, Config):
        config = read_config(config)
    model = build(config)
    try:
        report = load_into(model, weights, required=("",), source=str(path))
    except FormatError as error:
        if "config" not in texts or _json(path, texts, "config") == config.to_dict():
            raise
        advice = "The file says itself what its model is made of: leave the configuration out."
        raise FormatError(
            f"{error} {advice}", code=error.code, path=str(path), field=error.field
        ) from None
    _require_finite(path, {name: weights[name] for name in report.found})
    return Loaded(model.eval(), config, _categories(path, texts, config), report)


def save(
    path: str | Path, model: Model, config: Config, categories: Sequence[tuple[int, str]]
) -> None:
    """Write a model to a `.safetensors` file that `load` reads, whole or not at all.

    Args:
        path: of the file.
        model: whose weights are written.
        config: what it is made of.
        categories: id and name of each class, in their order.
    """
    texts = {"config": json.dumps(config.to_dict()), "categories": json.dumps(list(categories))}
    save_weights(path, model.state_dict(), texts)


def _require_finite(path: str | Path, weights: Mapping[str, Tensor]) -> None:
    """Raise for weights with which nothing is found: no score is above any threshold."""
    wrong = [name for name, each in weights.items() if not each.isfinite().all()]
    if wrong:
        raise FormatError(
            f"{path}: {wrong[0]} has numbers that are not finite.{more_like_it(len(wrong))} Did "
            "the training diverge?",
            code="weights",
            path=str(path),
            field=wrong[0],
            count=len(wrong),
        )


def _json(path: str | Path, texts: dict[str, str], entry: str) -> Any:
    try:
        return json.loads(texts[entry])
    except json.JSONDecodeError:
        raise _unreadable(path, entry) from None


def _unreadable(path: str | Path, entry: str) -> FormatError:
    return FormatError(
        f"{path}: its {entry} cannot be read.", code="config", path=str(path), field=entry
    )


def _categories(path: str | Path, texts: dict[str, str], config: Config) -> Categories | None:
    if "categories" not in texts:
        return None
    try:
        listed = [(int(key), str(name)) for key, name in _json(path, texts, "categories")]
    except (TypeError, ValueError):
        raise _unreadable(path, "categories") from None
    if len(dict(listed)) != config.classes or len(listed) != config.classes:
        raise FormatError(
            f"{path}: has {counted(len(dict(listed)), 'category', 'categories')}, its model "
            f"{config.classes}.",
            code="categories",
            path=str(path),
        )
    return tuple(listed)


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
