"""Configurations that differ from another one in some settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, TypeVar, get_type_hints

from segeval.errors import FormatError
from segeval.models.config.rules import require_possible
from segeval.models.config.sections import Config
from segeval.models.config.values import typed, wrong_value

Section = TypeVar("Section", bound=Any)


def changed(config: Config, name: str, /, **sections: Any) -> Config:
    """A configuration that differs from another one in some settings.

    Args:
        config: the other one.
        name: of the new one.
        **sections: of each section, or of a setting that is in none, what is new.

    Raises:
        FormatError: for a setting that there is not, or a value that it cannot have.

    Example:
        >>> config = changed(Config(), "longer", schedule={"updates": 270_000})
        >>> config.schedule.updates, config.schedule.batch
        (270000, 16)
    """
    return _merged(config, {"name": name, **sections}, name)


def config_from_dict(
    values: Mapping[str, Any], *, base: Config | None = None, source: str = "configuration"
) -> Config:
    """A configuration from plain values by section; what is not there stays as it was.

    Args:
        values: as `Config.to_dict` makes them.
        base: what is changed; None for the defaults.
        source: where the values were found, for messages: a file, or an option.

    Raises:
        FormatError: for a setting that there is not, or a value that it cannot have.
    """
    return _merged(base or Config(), values, source)


def _merged(config: Section, values: Mapping[str, Any], source: str, section: str = "") -> Section:
    """A dataclass with some new values, its sections merged in the same way."""
    kinds = get_type_hints(type(config))
    known = [each.name for each in fields(config)]
    new = {}
    for name, value in values.items():
        place = f"{section}{name}"
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f" Did you mean {section}{close[0]}?" if close else ""
            raise FormatError(
                f"{source}: there is no setting {place}.{hint}",
                code="config",
                path=source,
                field=place,
            )
        own = getattr(config, name)
        if is_dataclass(own):
            if not isinstance(value, Mapping):
                raise wrong_value(source, place, value, "settings by name")
            new[name] = _merged(own, value, source, f"{place}.")
        else:
            new[name] = typed(value, kinds[name], source, place)
    if not section:  # before there is a configuration, which would call itself the source
        require_possible({**vars(config), **new}, source)
    merged: Section = replace(config, **new)
    return merged
