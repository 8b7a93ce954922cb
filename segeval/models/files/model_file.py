"""Models in and out of files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from segeval.brief import Brief
from segeval.errors import InputError
from segeval.findings import refusal
from segeval.models.categories import Categories
from segeval.models.config import Config, read_config
from segeval.models.config.ordinary import is_ordinary
from segeval.models.files.families import BACKBONES_ALONE, MMDETECTIONS, family_of, translated
from segeval.models.files.metadata import Metadata, read_metadata, require_same
from segeval.models.files.mmdetection_names import with_our_anchors
from segeval.models.files.res2net_names import averages_in_res2, require_average
from segeval.models.files.weights import (
    Advice,
    LoadReport,
    compared,
    load_into,
    no_advice,
    read_weights,
    require_weights,
    save_weights,
)
from segeval.models.networks.building import NO_ROOM, build
from segeval.models.networks.protocols import Model


@dataclass(frozen=True, repr=False)
class Loaded(Brief):
    """A model from a file.

    Attributes:
        model: in inference mode.
        config: of the model.
        categories: id and name of each class, in order; None if the file does not say.
        report: how the file's entries were used.
    """

    model: Model
    config: Config
    categories: Categories | None
    report: LoadReport


def load(path: str | Path, *, config: Config | str | Path | None = None) -> Loaded:
    """A model with the weights of a file.

    Args:
        path: of weights, `.safetensors`, `.pkl` or `.pth`.
        config: of the model; None to read it from the file, as ours allow.

    Raises:
        InputError: if there is no such file, or neither it nor the caller has a configuration.
        FormatError: if the file is damaged, needs a kind of part that is not registered, lacks
            weights of the model (random ones would predict something plausible), or has weights
            that are not finite.
        MismatchError: if the file says that its weights belong to another backbone or
            pyramid.

    Example:
        >>> import tempfile
        >>> from segeval.models import build
        >>> from segeval.models.config import config_from_dict
        >>> small = {"backbone": {"depth": 14, "base_channels": 8}, "pyramid": {"channels": 16}}
        >>> config = config_from_dict({"classes": 2, **small})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = f"{folder}/small.safetensors"
        ...     save(path, build(config), config, [(1, "cat"), (2, "dog")])
        ...     load(path).config.classes
        2
    """
    weights = read_weights(path)
    metadata = read_metadata(path)
    if config is None:
        config = metadata.config
        if config is None:
            raise InputError(
                f"{path}: holds no configuration of its model. Name one, such as "
                '`config="pointrend-r50"`.',
                code="no-config",
                path=str(path),
                option="config",
            )
    elif not isinstance(config, Config):
        config = read_config(config)
    if metadata.config is None:
        require_average(str(path), averages_in_res2(weights), config.backbone)
        weights = _under_our_names(weights, config)
    advice = partial(_advice, weights, metadata)
    _check_claims(config, weights, str(path), advice)
    model = build(config)
    report = load_into(model, weights, source=str(path), advice=advice)
    if metadata.config is not None:
        require_same("backbone", config, metadata.config.backbone, str(path))
        require_same("pyramid", config, metadata.config.pyramid, str(path))
    _require_finite(path, {name: weights[name] for name in report.found})
    return Loaded(model.eval(), config, metadata.categories(config.classes), report)


def _under_our_names(weights: dict[str, Tensor], config: Config) -> dict[str, Tensor]:
    """The weights of a whole model of another program under our names; any others as they are."""
    found = translated(weights)
    if found.family not in MMDETECTIONS:
        return weights
    unused = {name: weights[name] for name in found.unknown}
    return with_our_anchors(found.weights, config.proposals) | unused


def _check_claims(
    config: Config,
    weights: Mapping[str, Tensor],
    source: str,
    advice: Callable[[], Advice] = no_advice,
) -> None:
    """Refuse a configuration that does not fit the weights, before a model of its size is made.

    An ordinary one is left to the model itself, as PyTorch takes a second to prepare for shapes
    without numbers.

    Raises:
        FormatError: if a weight is missing or of another shape.
    """
    if is_ordinary(config):
        return
    try:
        with torch.device("meta"):  # shapes without numbers
            shapes = {name: tuple(each.shape) for name, each in build(config).state_dict().items()}
    except (RuntimeError, NotImplementedError):
        return  # a part of the user's own that needs numbers to be made
    except InputError as error:
        if error.code != NO_ROOM:
            raise
        hint, option = advice()
        raise refusal(
            source,
            "its configuration asks for weights beyond any memory",
            code="config",
            hint=hint,
            option=option,
        ) from None
    require_weights(compared(shapes, weights), source=source, advice=advice)


def save(
    path: str | Path, model: Model, config: Config, categories: Sequence[tuple[int, str]]
) -> None:
    """Write a model to a `.safetensors` file that `load` reads, whole or not at all.

    Args:
        path: of the file.
        model: whose weights are written.
        config: of the model.
        categories: id and name of each class, in order.

    Example:
        >>> import tempfile
        >>> from segeval.models import build
        >>> from segeval.models.config import config_from_dict
        >>> small = {"backbone": {"depth": 14, "base_channels": 8}, "pyramid": {"channels": 16}}
        >>> config = config_from_dict({"classes": 2, **small})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = f"{folder}/small.safetensors"
        ...     save(path, build(config), config, [(1, "cat"), (2, "dog")])
        ...     load(path).categories
        ((1, 'cat'), (2, 'dog'))
    """
    texts = {"config": json.dumps(config.to_dict()), "categories": json.dumps(list(categories))}
    save_weights(path, model.state_dict(), texts)


def _advice(weights: Mapping[str, Tensor], metadata: Metadata) -> Advice:
    """What to do about weights that do not fit."""
    if _fits_its_own(weights, metadata):
        return "The file holds the configuration of its model: leave yours out.", "config"
    family = family_of(weights)
    if family not in BACKBONES_ALONE:
        return "", None
    return f"The file holds a backbone alone ({family} names): a training can start from it.", None


def _fits_its_own(weights: Mapping[str, Tensor], metadata: Metadata) -> bool:
    """Whether a model of the file's own configuration takes its weights."""
    try:
        if metadata.config is None:
            return False
        _check_claims(metadata.config, weights, metadata.path)
        load_into(build(metadata.config), dict(weights), source=metadata.path)
    except InputError:
        return False
    return True


def _require_finite(path: str | Path, weights: Mapping[str, Tensor]) -> None:
    """Refuse weights that are not finite, with which a model would find nothing."""
    wrong = [name for name, each in weights.items() if not each.isfinite().all()]
    if wrong:
        raise refusal(
            str(path),
            f"{wrong[0]} has numbers that are not finite",
            code="weights",
            count=len(wrong),
            field=wrong[0],
            hint="Did the training diverge?",
        )
