"""Initial weights of training: from a file of any known family, or random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from segeval.brief import Brief
from segeval.errors import FormatError, Note
from segeval.models.config import BackboneConfig, Config, Settings, changed
from segeval.models.config.kinds import (
    FreezableSettings,
    NormSettings,
    keeps_others,
)
from segeval.models.config.presets.inputs import RGB
from segeval.models.files.families import (
    BACKBONE,
    HRNET,
    MMDETECTION_RES2NET,
    MMDETECTIONS,
    MSRA,
    OURS,
    RES2NET,
    TORCHVISION,
    Family,
    translated,
)
from segeval.models.files.metadata import read_metadata, require_same
from segeval.models.files.mmdetection_names import with_our_anchors
from segeval.models.files.res2net_names import averages_in_res2, require_average
from segeval.models.files.swin_names import OUTPUT_NORM, TABLE
from segeval.models.files.weights import load_into, read_weights
from segeval.models.networks.backbone.composite import COPIES, Composite
from segeval.models.networks.backbone.norms import EPSILON
from segeval.models.networks.building import build
from segeval.models.networks.protocols import Freezable, Model
from segeval.words import counted, more_like_it

NORMS = {"sync": "batch"}
"""Names of norms in notes where a configuration has others."""

ADDED = (".conv2_offset.", ".offsets.", ".context.")
"""Parts of the names of a ResNet or Res2Net which networks that classify images lack."""

FEW_IMAGES = 8
"""Least images at a time for batch norm; with fewer its statistics are too noisy."""

IN_RGB = (HRNET, TORCHVISION, RES2NET, MMDETECTION_RES2NET)
"""Families whose networks see red first, with the colour statistics of torchvision."""


@dataclass(frozen=True, repr=False)
class Initial(Brief):
    """Weights to start from.

    Attributes:
        path: of the file.
        family: of its names.
        weights: by our names; those of a bare backbone begin with "stem." or "res".
        unknown: names in the file without a counterpart here.
        classes: names of their classes; None if the file has none.
        backbone: settings of their backbone; None if the file has none.
        averages: whether their Res2Net averages in res2, see `averages_in_res2`.
    """

    path: Path
    family: Family
    weights: dict[str, Tensor]
    unknown: tuple[str, ...]
    classes: tuple[str, ...] | None = None
    backbone: Settings | None = None
    averages: bool | None = None


def read_initial(path: str | Path) -> Initial:
    """The weights of a file, under our names.

    Args:
        path: `.pkl`, `.pth`, `.pt` or `.safetensors`.

    Raises:
        InputError: if there is no such file.
        FormatError: if the file or its metadata is damaged, or no name is known.
    """
    weights = read_weights(path)
    metadata = read_metadata(path)
    # files of our own may hold parts of a user's with any names
    own = None if metadata.config is None else OURS
    found = translated(weights, own)
    if not found.weights:
        raise FormatError(
            f"{path}: none of its {counted(len(weights), 'weight')} has a known name; the first is "
            f"{next(iter(weights))!r}. Expected names of detectron2 or mmdetection, of MSRA's or "
            "torchvision's ResNets, of Res2Net, of HRNet, or of Microsoft's Swin transformers.",
            code="weights",
            path=str(path),
        )
    config = metadata.config
    categories = metadata.categories(None if config is None else config.classes)
    return Initial(
        Path(path),
        found.family,
        found.weights,
        found.unknown,
        None if categories is None else tuple(name for _, name in categories),
        None if config is None else config.backbone,
        averages_in_res2(weights),
    )


def config_for(
    config: Config, initial: Initial | None, *, share: int
) -> tuple[Config, tuple[Note, ...]]:
    """The configuration that fits the initial weights, and notes on the changes.

    Without weights nothing is frozen, and the norms train: on the batch, or on groups of channels
    if there are few images at a time. Weights of torchvision, Res2Net, HRNet and Swin transformers
    need other colours, those of torchvision the stride in the 3x3 convolutions, too.

    Args:
        config: as requested.
        initial: the weights; None for random ones.
        share: images at a time, over all processes.

    Raises:
        MismatchError: if the file says that its weights belong to another backbone.
        FormatError: if a Res2Net was trained with another `backbone.pool_first`.
    """
    backbone = config.backbone
    if initial is None:
        return _with_random_weights(config, share)
    require_average(str(initial.path), initial.averages, backbone)
    if initial.backbone is not None:
        return _with_norms_of(config, initial.backbone, initial.path)
    is_swin = any(name.endswith(TABLE) for name in initial.weights)
    if initial.family in IN_RGB or (initial.family != OURS and is_swin):
        seen = replace(config.input, **RGB)
        fitting = replace(config, input=seen)
        if isinstance(backbone, BackboneConfig) and initial.family == TORCHVISION:
            fitting = replace(fitting, backbone=replace(backbone, stride_in_1x1=False))
        if fitting == config:
            return config, ()
        text = f"{initial.path} has {initial.family}'s names: {_changes(config, fitting)}"
        code = "torchvision" if initial.family == TORCHVISION else "colours"
        return fitting, (Note(code, text),)
    if initial.family in (BACKBONE, *MMDETECTIONS) and isinstance(backbone, BackboneConfig):
        text = (
            f"{initial.path} does not say which input its weights expect: input.order is "
            f"{config.input.order}, input.mean {_listed(config.input.mean)}, and "
            f"backbone.stride_in_1x1 {str(backbone.stride_in_1x1).lower()}; if they come from "
            'torchvision, change these (`input.order="RGB"` and so on)'
        )
        return config, (Note("colours", text),)
    return config, ()


def _changes(old: Config, new: Config) -> str:
    """What another input and backbone have changed, such as "input.order is now RGB"."""
    found: list[str] = []
    for section in ("input", "backbone"):
        had, has = asdict(getattr(old, section)), asdict(getattr(new, section))
        for name in (name for name in has if has[name] != had[name]):
            value = has[name]
            shown = _listed(value) if isinstance(value, tuple) else str(value)
            shown = shown.lower() if isinstance(value, bool) else shown
            found.append(f"{section}.{name} {shown if found else f'is now {shown}'}")
    *first, last = found
    return f"{', '.join(first)}, and {last}" if first else last


def _with_random_weights(config: Config, share: int) -> tuple[Config, tuple[Note, ...]]:
    """The configuration with trainable norms and nothing frozen."""
    own, text = config.backbone, "no `initial`: all weights start at random"
    new: dict[str, Any] = {"frozen_stages": 0} if isinstance(own, FreezableSettings) else {}
    norms = own.norm if isinstance(own, NormSettings) else ""
    if norms in ("frozen", "statistics"):  # of which there are none
        new["norm"] = norms = "sync" if share >= FEW_IMAGES else "group"
    fitting = changed(config, config.name, backbone=new)
    if keeps_others(config.detector):
        text += (
            ", and the backbone and the mask head never train: begin with those of a trained model"
        )
    elif fitting != config:
        text += ", no layer is frozen"
    if fitting != config and norms and not keeps_others(config.detector):
        known = NORMS.get(norms, norms)
        text += f" and the norms train ({known} norm for {counted(share, 'image')} at a time)"
    return fitting, (Note("random-weights", text, option="initial"),)


def _with_norms_of(config: Config, theirs: Settings, path: Path) -> tuple[Config, tuple[Note, ...]]:
    """The configuration with the norms of the initial weights.

    Raises:
        MismatchError: if the weights belong to another backbone.
    """
    require_same("backbone", config, theirs, str(path))
    own = config.backbone
    if not isinstance(own, NormSettings) or not isinstance(theirs, NormSettings):
        return config, ()
    if (theirs.norm == "group") == (own.norm == "group"):  # both have statistics, or neither
        return config, ()
    note = f"{path} has {theirs.norm} norms, so this model has them too (not {own.norm} ones)"
    fitting = changed(config, config.name, backbone={"norm": theirs.norm})
    return fitting, (Note("norms", note),)


def new_model(
    config: Config,
    initial: Initial | None,
    *,
    seed: int,
    categories: Sequence[tuple[int, str]] = (),
) -> tuple[Model, tuple[Note, ...]]:
    """A model to train, and notes on its weights.

    Args:
        config: from `config_for`.
        initial: the weights; None for random ones.
        seed: of the random weights.
        categories: id and name of each class, to compare with the file's; () for no comparison.

    Raises:
        FormatError: if the file lacks weights of the backbone, or belongs to another one.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build(config)
    notes: tuple[Note, ...] = ()
    if initial is not None:
        if initial.family in MMDETECTIONS:
            ordered = with_our_anchors(initial.weights, config.proposals)
            initial = replace(initial, weights=ordered)
        notes = (load_initial(model, initial),)
        names = tuple(name for _, name in categories)
        if names and initial.classes is not None and len(initial.classes) == len(names):
            notes += tuple(_other_classes(initial.path, initial.classes, names))
    backbone, settings = bottom_up_of(model), config.backbone
    if isinstance(backbone, Freezable) and isinstance(settings, FreezableSettings):
        backbone.freeze(settings.frozen_stages)
    return model, notes


def load_initial(model: nn.Module, initial: Initial) -> Note:
    """Copy initial weights into a model.

    Args:
        model: a new one.
        initial: weights of the whole model or of its backbone.

    Returns:
        A note on how many were found.

    Raises:
        FormatError: if a weight of the backbone is missing or of another shape. The stem, offsets
            and context blocks of a ResNet and the norms of a Swin transformer's outputs may be
            missing, since not every backbone of the kind has them.
    """
    own, weights = model.state_dict(), initial.weights
    first, *others = prefixes = backbone_prefixes(model)
    if not initial.family.is_whole:
        whole = {first + name: each for name, each in weights.items()}
        # a second backbone lacks what the first one runs for both
        again = {prefix + name: each for prefix in others for name, each in weights.items()}
        weights = whole | {name: each for name, each in again.items() if name in own}
    for name in own:
        # MSRA's files fold the statistics into the weights of the norms. A norm divides by the root
        # of variance + EPSILON, which this variance makes exactly 1.
        is_statistic = name.endswith(("norm.running_mean", "norm.running_var"))
        norm = f"{name.rpartition('.')[0]}.weight"
        is_folded = initial.family == MSRA and is_statistic
        if is_folded and name not in weights and norm in weights:
            value = 1 - EPSILON if name.endswith("var") else 0.0
            weights = weights | {name: torch.full_like(own[name], value)}
    needed = partial(_is_needed, prefixes=prefixes)
    path = str(initial.path)
    report = load_into(model, weights, required=needed, part="backbone", source=path)
    random = (*report.missing, *report.wrong_shape)
    text = f"{initial.path}: {report}"
    if initial.unknown or initial.family != OURS:
        text += f" ({initial.family} names)"
    if random:
        text += f"; the other {len(random)} start at random"
    return Note("init", text, len(report.found))


def _other_classes(path: Path, old: Sequence[str], new: Sequence[str]) -> Iterator[Note]:
    """A note if the weights of a class start from another class."""
    differs = [(had, has) for had, has in zip(old, new, strict=True) if had != has]
    if differs:
        had, has = differs[0]
        text = (
            f"{path} has other classes: {has!r} starts from the weights of {had!r}"
            f"{more_like_it(len(differs))}"
        )
        yield Note("classes", text, len(differs))


def bottom_up_of(model: nn.Module) -> Any:
    """The backbone of a model, without a pyramid on top of it."""
    return getattr(model.backbone, "bottom_up", model.backbone)


def backbone_prefixes(model: nn.Module) -> tuple[str, ...]:
    """Prefixes of the names of the backbone's weights; a composite has one for each backbone."""
    prefix = "backbone.bottom_up." if hasattr(model.backbone, "bottom_up") else "backbone."
    if isinstance(bottom_up_of(model), Composite):
        return tuple(f"{prefix}{part}." for part in COPIES)
    return (prefix,)


def _is_needed(name: str, prefixes: Sequence[str]) -> bool:
    """Whether the file must have a weight."""
    inner = next((name.removeprefix(each) for each in prefixes if name.startswith(each)), None)
    if inner is None:
        return False
    is_stem, is_output_norm = inner.startswith("stem."), OUTPUT_NORM.fullmatch(inner)
    is_added = any(part in inner for part in ADDED)
    return not (is_stem or is_output_norm or is_added)


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
