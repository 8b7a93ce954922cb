"""Kinds of parts: `kind` decides which settings a section has."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, ClassVar, Protocol, TypeGuard, runtime_checkable

from segeval.errors import InputError
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
from segeval.models.config.sections import (
    BackboneConfig,
    DetectorConfig,
    MaskConfig,
    PyramidConfig,
    SemanticConfig,
)


@runtime_checkable
class Settings(Protocol):
    """A section that exists in several kinds."""

    @property
    def kind(self) -> str:
        """Name of the kind."""


@runtime_checkable
class NormSettings(Settings, Protocol):
    """Settings of a backbone with exchangeable norms."""

    @property
    def norm(self) -> str:
        """Kind of the norms."""


@runtime_checkable
class FreezableSettings(Settings, Protocol):
    """Settings of a backbone with stages that can be frozen."""

    @property
    def frozen_stages(self) -> int:
        """Number of first stages that keep their initial weights."""


@runtime_checkable
class CropSettings(Settings, Protocol):
    """Settings of a detector that sees crops around boxes."""

    CUTS_OUT_BOXES: ClassVar[bool]

    @property
    def jitter(self) -> float:
        """By how much each edge of a true box moves at most in training, as a share of its side."""

    @property
    def iou(self) -> float:
        """Least IoU of a box of a file with an object of its class, to be trained on it."""


@runtime_checkable
class SemanticSettings(Settings, Protocol):
    """Settings of a semantic head."""

    @property
    def ignore(self) -> int:
        """Label of pixels without loss."""

    @property
    def pyramid(self) -> bool:
        """Whether the head reads a feature pyramid or the stages of the backbone."""


SETTINGS: dict[str, dict[str, type[Settings]]] = {
    "detector": {
        "rcnn": DetectorConfig,
        "cascade": CascadeConfig,
        "htc": HTCConfig,
        "tsd": TSDConfig,
        "regressor": RegressorConfig,
        "crops": CropConfig,
        "solo": SOLOConfig,
    },
    "backbone": {
        "resnet": BackboneConfig,
        "res2net": Res2NetConfig,
        "swin": SwinConfig,
        "hrnet": HRNetConfig,
    },
    "pyramid": {"fpn": PyramidConfig},
    "classifier": {"softmax": SoftmaxConfig, "seesaw": SeesawConfig},
    "mask": {
        "pointrend": MaskConfig,
        "conv": MaskConfig,
        "htc": HTCMaskConfig,
        "refine": RefineMaskConfig,
        "none": NoMaskConfig,
    },
    "scoring": {"none": NoScoringConfig, "mask-iou": MaskIoUConfig},
    "semantic": {"fpn": SemanticConfig, "deeplab": SemanticConfig, "concat": ConcatConfig},
}
"""The class of a section, by section and kind."""

REGISTER = {
    "detector": "register_detector",
    "backbone": "register_backbone",
    "pyramid": "register_pyramid",
    "classifier": "register_classifier",
    "mask": "register_mask_head",
    "scoring": "register_mask_scorer",
    "semantic": "register_semantic_head",
}
"""The function of `segeval.models` that registers a kind, by section."""


def add_kind(section: str, kind: str, settings: type[Settings]) -> None:
    """Add a kind to a section.

    Args:
        section: "detector", "backbone", "pyramid", "classifier", "mask", "scoring" or "semantic".
        kind: its name in configurations.
        settings: frozen dataclass with a default for every setting, `kind` among them; of a
            semantic head, `SemanticSettings`.

    Raises:
        InputError: if the kind is taken, or the class cannot hold settings.
    """
    known = SETTINGS[section]
    if known.get(kind, settings) is not settings:
        raise InputError(
            f"There is a {section} of kind {kind!r} already. Choose another name.",
            code="kind",
            field=section,
        )
    is_semantic = section == "semantic"
    if not _holds_settings(settings, SemanticSettings if is_semantic else Settings):
        names = "`kind`, `ignore` and `pyramid`" if is_semantic else "`kind`"
        raise InputError(
            f"{settings.__name__} cannot hold settings, expected a frozen dataclass with defaults "
            f"for all fields, {names} included.",
            code="kind",
            field=section,
        )
    known[kind] = settings


def _holds_settings(settings: Any, protocol: Any) -> bool:
    parameters = getattr(settings, "__dataclass_params__", None)
    if parameters is None or not parameters.frozen:
        return False
    own = fields(settings)
    needed = [each for each in own if each.default is each.default_factory is MISSING]
    is_named = "kind" in [each.name for each in own]
    return not needed and is_named and isinstance(settings(), protocol)


def settings_of_kind(section: str, kind: object, own: Any) -> Any:
    """Where a section of some kind starts from: itself, or the defaults of another class.

    Args:
        section: such as "mask".
        kind: its name.
        own: the current section.

    Returns:
        None if there is no such kind.
    """
    settings = SETTINGS[section].get(kind) if isinstance(kind, str) else None
    if settings is None or isinstance(own, settings):
        return own if settings else None
    return settings()


def is_kind(section: str, kind: object, own: object) -> bool:
    """Whether a section has the class of its kind."""
    settings = SETTINGS[section].get(kind) if isinstance(kind, str) else None
    return settings is not None and isinstance(own, settings)


def expected_kinds(section: str) -> str:
    """The kinds of a section in words, and how to add one."""
    kinds = " or ".join(repr(kind) for kind in SETTINGS[section])
    return f"{kinds}; segeval.models.{REGISTER[section]} adds others"


def draws_masks(settings: Settings) -> bool:
    """Whether the predictions of a mask head have masks, or boxes only."""
    return bool(getattr(settings, "DRAWS_MASKS", True))


def needs_boxes(settings: Settings) -> bool:
    """Whether a detector works on boxes that it is given, or finds its own."""
    return bool(getattr(settings, "NEEDS_BOXES", False))


def cuts_out_boxes(settings: Settings) -> TypeGuard[CropSettings]:
    """Whether a detector sees crops around boxes, and learns from true ones if none are given."""
    return isinstance(settings, CropSettings) and settings.CUTS_OUT_BOXES


def keeps_others(settings: Settings) -> bool:
    """Whether a detector trains alone: backbone and mask head keep their initial weights."""
    return bool(getattr(settings, "KEEPS_OTHERS", False))


def draws_whole_images(settings: Settings) -> bool:
    """Whether the masks of a detector are of the whole image, or of boxes."""
    return bool(getattr(settings, "WHOLE_MASKS", False))


def unread_by(settings: Settings) -> tuple[str, ...]:
    """Sections of a configuration for parts that a detector lacks."""
    unread: tuple[str, ...] = getattr(settings, "UNREAD", ())
    return unread


def default_section(section: str, own: Any) -> Any:
    """A section with all its defaults, of the first kind if there are several.

    Args:
        section: such as "mask".
        own: the current section.
    """
    settings = next(iter(SETTINGS[section].values())) if section in SETTINGS else type(own)
    return settings()


def kinds_with(section: str, name: str) -> list[str]:
    """The kinds of a section that have some setting."""
    of_kinds: dict[str, Any] = SETTINGS.get(section, {})
    return [
        kind
        for kind, settings in of_kinds.items()
        if any(each.name == name for each in fields(settings))
    ]


def architecture_of(settings: Any) -> tuple[str, ...]:
    """Settings that the weights of a part depend on: all, unless its class names some."""
    named: tuple[str, ...] = getattr(settings, "ARCHITECTURE", ())
    every = (each.name for each in fields(settings))
    return named or tuple(name for name in every if name not in ("norm", "frozen_stages"))
