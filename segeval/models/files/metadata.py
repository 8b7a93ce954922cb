"""Metadata in a file of weights: the configuration and the categories of its model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from segeval.errors import FormatError, MismatchError
from segeval.models.categories import Categories
from segeval.models.config import Config, Settings, config_from_dict
from segeval.models.config.kinds import architecture_of
from segeval.models.files.weights import read_texts
from segeval.words import counted


@dataclass(frozen=True)
class Metadata:
    """The texts in a file; absent entries are None, damaged ones raise when read.

    Attributes:
        path: of the file.
        texts: by name.
    """

    path: str
    texts: Mapping[str, str]

    @cached_property
    def config(self) -> Config | None:
        """The configuration of the model.

        Raises:
            FormatError: if it cannot be read or is not a configuration.
        """
        if "config" not in self.texts:
            return None
        values = self._json("config")
        if not isinstance(values, dict):
            raise self._unreadable("config")
        return config_from_dict(values, source=self.path)

    def categories(self, classes: int | None = None) -> Categories | None:
        """Id and name of each class.

        Args:
            classes: number that the model has; None skips the check.

        Raises:
            FormatError: if they cannot be read, or their number differs from the model's.
        """
        if "categories" not in self.texts:
            return None
        try:
            listed = [(int(key), str(name)) for key, name in self._json("categories")]
        except (TypeError, ValueError, OverflowError):
            raise self._unreadable("categories") from None
        number = len(dict(listed))
        if classes is not None and {number, len(listed)} != {classes}:
            raise FormatError(
                f"{self.path}: has {counted(number, 'category', 'categories')}, its model "
                f"{classes}.",
                code="categories",
                path=self.path,
            )
        return tuple(listed)

    def _json(self, entry: str) -> Any:
        try:
            return json.loads(self.texts[entry])
        except (ValueError, RecursionError):  # also for numbers of thousands of digits
            raise self._unreadable(entry) from None

    def _unreadable(self, entry: str) -> FormatError:
        return FormatError(
            f"{self.path}: its {entry} cannot be read.", code="config", path=self.path, field=entry
        )


def read_metadata(path: str | Path) -> Metadata:
    """The metadata in a file of weights; only `.safetensors` files have any."""
    return Metadata(str(path), read_texts(path))


def require_same(section: str, config: Config, theirs: Settings, path: str) -> None:
    """Refuse a configuration with a part that would read weights otherwise than they were trained.

    Some settings, such as where a stage strides, change what weights do, and no shape.

    Args:
        section: the part, "backbone" or "pyramid".
        config: of the model that gets the weights.
        theirs: settings of the part that the weights belong to.
        path: of the weights.

    Raises:
        MismatchError: if the weights belong to another one.
    """
    own = getattr(config, section)
    for name in ("kind", *architecture_of(own)):
        had, has = getattr(theirs, name), getattr(own, name)
        if had != has:
            raise MismatchError(
                f"{path}: its {section} has {name} {had!r}, the configuration {config.name} has "
                f"{has!r}. Choose a configuration that fits, or `{section}.{name}={_value(had)}`.",
                code="weights",
                path=path,
                field=f"{section}.{name}",
            )


def _value(value: object) -> str:
    """A value for a message that offers it as a setting; dots where it cannot be written."""
    if value is None:
        return "..."
    return repr(list(value) if isinstance(value, tuple) else value)
