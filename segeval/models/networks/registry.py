"""Backbones, heads and detectors by kind: built-in ones and yours.

A kind is a name, a frozen dataclass for its section of the configuration, and a class or function
that makes the part from that section. Files of `segeval train` and `save` can be loaded wherever
their kinds are registered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from segeval.models.config import Config, Settings
from segeval.models.config.kinds import SETTINGS, SemanticSettings, add_kind
from segeval.models.config.parts.cbnet import ComposableConfig
from segeval.models.networks.backbone.composite import Composite
from segeval.models.networks.classifiers.protocol import BoxClassifier
from segeval.models.networks.mask_scorers.protocol import MaskScorer
from segeval.models.networks.protocols import (
    Backbone,
    Maps,
    MaskHead,
    Model,
    Pyramid,
    PyramidNetwork,
    SemanticHead,
)

Maker = TypeVar("Maker", bound=Callable[..., Any])

MAKERS: dict[str, dict[str, Callable[..., Any]]] = {section: {} for section in SETTINGS}
"""Makers of parts, by section of the configuration and kind."""


def register_backbone(kind: str, settings: type[Settings]) -> Callable[[Maker], Maker]:
    """Decorate a class or function that makes a `Backbone` from its section of the configuration.

    Args:
        kind: `backbone.kind` in configurations.
        settings: frozen dataclass of the section, with a default for every setting, `kind` among
            them.

    Raises:
        InputError: if the kind is taken, or the class cannot hold settings.

    Example:
        @dataclass(frozen=True, kw_only=True)
        class PlainConfig:
            kind: str = "plain"
            width: int = 64


        @register_backbone("plain", PlainConfig)
        class Plain(nn.Module):  # a `Backbone`
            def __init__(self, config: PlainConfig) -> None: ...


        config = changed(Config(), "mine", backbone={"kind": "plain", "width": 32})
    """
    return _register("backbone", kind, settings)


def register_pyramid(kind: str, settings: type[Settings]) -> Callable[[Maker], Maker]:
    """Decorate a maker of a `PyramidNetwork` from its section and a `Backbone`.

    Args:
        kind: `pyramid.kind` in configurations.
        settings: as in `register_backbone`.

    Raises:
        InputError: as in `register_backbone`.

    Example:
        @register_pyramid("flat", FlatConfig)
        class Flat(nn.Module):  # a `PyramidNetwork`
            def __init__(self, config: FlatConfig, backbone: Backbone) -> None: ...
    """
    return _register("pyramid", kind, settings)


def register_mask_head(kind: str, settings: type[Settings]) -> Callable[[Maker], Maker]:
    """Decorate a maker of a `MaskHead` from its section, the number of classes, and a `Pyramid`.

    Args:
        kind: `mask.kind` in configurations.
        settings: as in `register_backbone`.

    Raises:
        InputError: as in `register_backbone`.

    Example:
        @register_mask_head("plain", PlainConfig)
        class Plain(nn.Module):  # a `MaskHead`
            def __init__(self, config: PlainConfig, classes: int, pyramid: Pyramid) -> None: ...
    """
    return _register("mask", kind, settings)


def register_semantic_head(kind: str, settings: type[SemanticSettings]) -> Callable[[Maker], Maker]:
    """Decorate what makes a `SemanticHead` from its section, the number of classes, and `Maps`.

    Args:
        kind: `semantic.kind` in configurations.
        settings: as of `register_backbone`, with `ignore`, the ignored label, and `pyramid`,
            whether the head reads a pyramid or the stages of the backbone.

    Raises:
        InputError: as `register_backbone`.

    Example:
        @register_semantic_head("plain", PlainConfig)
        class Plain(nn.Module):  # a `SemanticHead`
            def __init__(self, config: PlainConfig, classes: int, maps: Maps) -> None: ...
    """
    return _register("semantic", kind, settings)


def register_detector(kind: str, settings: type[Settings]) -> Callable[[Maker], Maker]:
    """Decorate a class or function that makes an instance `Model` from a whole configuration.

    Args:
        kind: `detector.kind` in configurations.
        settings: as in `register_backbone`.

    Raises:
        InputError: as in `register_backbone`.

    Example:
        @register_detector("mine", MineConfig)
        class Mine(nn.Module):  # a `Model`
            def __init__(self, config: Config) -> None: ...
    """
    return _register("detector", kind, settings)


def register_classifier(kind: str, settings: type[Settings]) -> Callable[[Maker], Maker]:
    """Decorate a maker of a `BoxClassifier` from its section and the number of classes.

    Args:
        kind: `classifier.kind` in configurations.
        settings: as in `register_backbone`.

    Raises:
        InputError: as in `register_backbone`.
    """
    return _register("classifier", kind, settings)


def register_mask_scorer(kind: str, settings: type[Settings]) -> Callable[[Maker], Maker]:
    """Decorate a maker of a `MaskScorer` from its section, the number of classes, and a `Pyramid`.

    Args:
        kind: `scoring.kind` in configurations.
        settings: as in `register_backbone`.

    Raises:
        InputError: as in `register_backbone`.

    Example:
        @register_mask_scorer("plain", PlainConfig)
        class Plain(nn.Module):  # a `MaskScorer`
            def __init__(self, config: PlainConfig, classes: int, pyramid: Pyramid) -> None: ...
    """
    return _register("scoring", kind, settings)


def make_backbone(config: Config) -> Backbone:
    """The backbone of a configuration, without a pyramid; two if its settings say so."""
    make, settings = MAKERS["backbone"][config.backbone.kind], config.backbone
    if not isinstance(settings, ComposableConfig) or settings.copies == 1:
        backbone: Backbone = make(settings)
        return backbone
    return Composite(make(settings), make(settings), assist_weight=settings.assist_weight)


def make_pyramid(config: Config, bottom_up: Backbone) -> PyramidNetwork:
    """The pyramid of a configuration, on a backbone."""
    make = MAKERS["pyramid"][config.pyramid.kind]
    pyramid: PyramidNetwork = make(config.pyramid, bottom_up)
    return pyramid


def make_mask_head(config: Config, pyramid: Pyramid) -> MaskHead:
    """The mask head of a configuration, for a pyramid."""
    head: MaskHead = MAKERS["mask"][config.mask.kind](config.mask, config.classes, pyramid)
    return head


def make_classifier(config: Config) -> BoxClassifier:
    """The classifier of boxes of a configuration."""
    make = MAKERS["classifier"][config.classifier.kind]
    classifier: BoxClassifier = make(config.classifier, config.classes)
    return classifier


def make_scorer(config: Config, pyramid: Pyramid) -> MaskScorer | None:
    """What scores the masks of a configuration, for a pyramid; None if nothing does."""
    make = MAKERS["scoring"][config.scoring.kind]
    scorer: MaskScorer | None = make(config.scoring, config.classes, pyramid)
    return scorer


def make_semantic_head(config: Config, maps: Maps, **options: Any) -> SemanticHead:
    """The semantic head of a configuration on some maps; options are those of its maker."""
    make = MAKERS["semantic"][config.semantic.kind]
    head: SemanticHead = make(config.semantic, config.classes, maps, **options)
    return head


def make_detector(config: Config) -> Model:
    """The instance model of a configuration."""
    detector: Model = MAKERS["detector"][config.detector.kind](config)
    return detector


def _register(section: str, kind: str, settings: type[Settings]) -> Callable[[Maker], Maker]:
    add_kind(section, kind, settings)

    def add(maker: Maker) -> Maker:
        MAKERS[section][kind] = maker
        return maker

    return add
