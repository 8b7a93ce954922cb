"""Kinds of parts: `kind` decides which other settings a section has."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, Protocol, runtime_checkable

from segeval.errors import InputError
from segeval.models.config.sections import BackboneConfig, DetectorConfig, MaskConfig


class Settings(Protocol):
    """A section of settings of which there are several kinds."""

    @property
    def kind(self) -> str:
        """Which part of a model these settings are for."""


@runtime_checkable
class NormSettings(Settings, Protocol):
    """Settings of a backbone whose norms can be exchanged, and whose first stages can be frozen."""

    @property
    def norm(self) -> str:
        """Kind of its norms."""

    @property
    def frozen_stages(self) -> int:
        """Stages that stay as the initial weights have them."""


SETTINGS: dict[str, dict[str, type[Settings]]] = {
    "detector": {"rcnn": DetectorConfig},
    "backbone": {"resnet": BackboneConfig},
    "mask": {"pointrend": MaskConfig, "conv": MaskConfig},
}
"""By section and kind, the class that holds the section."""

REGISTER = {
    "detector": "register_detector",
    "backbone": "register_backbone",
    "mask": "register_mask_head",
}
"""What registers more kinds, in `segeval.models`."""


def add_kind(section: str, kind: str, settings: type[Settings]) -> None:
    """Let a section have one more kind.

    Args:
        section: "detector", "backbone" or "mask".
        kind: its name in configurations.
        settings: frozen dataclass with a default for every setting, `kind` among them.

    Raises:
        InputError: if the kind has other settings already, or the class cannot hold any.
    """
    known = SETTINGS[section]
    if known.get(kind, settings) is not settings:
        raise InputError(
            f"There is a {section} of kind {kind!r} already. Choose another name.",
            code="kind",
            field=section,
        )
    if not _holds_settings(settings):
        raise InputError(
            f"{settings.__name__} cannot hold settings, expected a frozen dataclass with a default "
            "for every field, `kind` among them.",
            code="kind",
            field=section,
        )
    known[kind] = settings


def _holds_settings(settings: Any) -> bool:
    parameters = getattr(settings, "__dataclass_params__", None)
    if parameters is None or not parameters.frozen:
        return False
    own = fields(settings)
    needed = [each for each in own if each.default is each.default_factory is MISSING]
    return not needed and "kind" in [each.name for each in own]


def settings_of_kind(section: str, kind: object, own: Any) -> Any:
    """What a section of some kind starts from: itself, or the defaults of another class.

    Args:
        section: such as "mask".
        kind: its name.
        own: the section as it is.

    Returns:
        None if there is no such kind.
    """
    settings = SETTINGS[section].get(kind) if isinstance(kind, str) else None
    if settings is None or isinstance(own, settings):
        return own if settings else None
    return settings()


def is_kind(section: str, kind: object, own: object) -> bool:
    """Whether a section is held by the class of its kind."""
    settings = SETTINGS[section].get(kind) if isinstance(kind, str) else None
    return settings is not None and isinstance(own, settings)


def expected_kinds(section: str) -> str:
    """The kinds of a section, in words, and how to add one."""
    kinds = " or ".join(repr(kind) for kind in SETTINGS[section])
    return f"{kinds}; segeval.models.{REGISTER[section]} adds others"


def architecture_of(settings: Any) -> tuple[str, ...]:
    """Settings that decide what the weights of a part mean: all, unless its class names some."""
    named: tuple[str, ...] = getattr(settings, "ARCHITECTURE", ())
    every = (each.name for each in fields(settings))
    return named or tuple(name for name in every if name not in ("norm", "frozen_stages"))
