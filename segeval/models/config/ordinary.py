"""Whether a configuration is of the size of those that are published."""

from __future__ import annotations

from dataclasses import is_dataclass
from functools import cache
from typing import Any

from segeval.models.config.config import Config
from segeval.models.config.presets import PRESETS
from segeval.models.config.sections import BackboneConfig

CLASSES = 4096
"""Ordinary numbers of classes; data sets differ more than models."""

OTHER = ("input", "schedule")
"""Sections that weights do not depend on."""


def is_ordinary(config: Config) -> bool:
    """Whether a model of a configuration needs about as much memory as those of the presets.

    No number is above that of all presets, nor the width of the backbone, which is a product.

    Example:
        >>> from segeval.models.config import changed
        >>> is_ordinary(Config()), is_ordinary(changed(Config(), "x", mask={"grid": 200}))
        (True, False)
    """
    most = _most()
    numbers = _numbers(config)
    return config.classes <= CLASSES and all(
        type(value) is not int or value <= most.get(place, 0) for place, value in numbers.items()
    )


@cache
def _most() -> dict[tuple[type, str], int]:
    """The largest number of the presets for each kind of section and setting."""
    found: dict[tuple[type, str], int] = {}
    for preset in PRESETS.values():
        for place, value in _numbers(preset).items():
            if type(value) is int:
                found[place] = max(found.get(place, 0), value)
    return found


def _numbers(config: Config) -> dict[tuple[type, str], Any]:
    """Settings of the sections that weights depend on; of lists the largest value."""
    return {
        (type(section), name): max(value, default=0) if isinstance(value, tuple) else value
        for key, section in vars(config).items()
        if is_dataclass(section) and key not in OTHER
        for name, value in [*vars(section).items(), *_width(section)]
    }


def _width(section: Any) -> list[tuple[str, int]]:
    """Channels of the first stage of a backbone in groups."""
    if not isinstance(section, BackboneConfig):
        return []
    return [("width", section.groups * section.width_per_group)]
