"""The option `--set`, which changes settings of a model's configuration, and its syntax."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from segeval_cli.options import Panel
from segeval_cli.values import refused


def settings_option(panel: Panel) -> Any:
    """The option, in a group of options."""
    return panel.option(
        "--set KEY=VALUE",
        "Change a setting of the configuration, such as schedule.steps=[600,800]; may be repeated.",
    )


def parse_settings(texts: Sequence[str]) -> dict[str, Any]:
    """Parsed `--set` options, by section of the configuration.

    Args:
        texts: each "section.key=value", the value as in TOML; quotes may be left out.

    Raises:
        InputError: if one has no "=", or two contradict each other.

    Example:
        >>> parse_settings(["schedule.steps=[6, 8]", "classes=3", "backbone.norm=group"])
        {'schedule': {'steps': [6, 8]}, 'classes': 3, 'backbone': {'norm': 'group'}}
        >>> parse_settings(["schedule.clip=none", "mask.kind=none"])
        {'schedule': {'clip': None}, 'mask': {'kind': 'none'}}
    """
    found: dict[str, Any] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        if not equals or not place.strip():
            raise refused("--set", text, "expected KEY=VALUE, such as schedule.clip=1.0.")
        section, dot, key = place.strip().partition(".")
        if dot:
            settings = found.setdefault(section, {})
            if not isinstance(settings, dict):
                raise refused("--set", text, f"another --set makes {section} {settings!r}.")
            is_name = key == "kind" and value.strip() == "none"  # a kind like any other
            settings[key] = "none" if is_name else _value(value.strip())
        else:
            found[section] = _value(value.strip())
    return found


def _value(text: str) -> Any:
    """A value as TOML reads it, or the text itself; "none" is None."""
    if text.lower() == "none":
        return None
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except (ValueError, RecursionError):  # also for numbers of thousands of digits
        return text
