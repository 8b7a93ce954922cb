"""Modules, losses and targets by name, for comparison with numbers that others recorded.

A component is what a paper or a public program defines: a backbone, a head, a loss, the target of
one. `component` builds it from its settings alone, outside of any model, and `public_names` says
how the published files name its parameters. Each component registers itself where it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Any, TypeVar

from segeval.errors import InputError
from segeval.models.config.config import settings_from

Maker = TypeVar("Maker", bound=Callable[..., Any])

Names = Callable[[str], str]
"""From the name of a parameter or buffer here to its name in published files."""


@dataclass(frozen=True)
class Component:
    """How a component is made and named.

    Attributes:
        make: from settings by keyword, or from an instance of `settings`, if there is one.
        names: its public names.
        settings: frozen dataclass with a default for every setting; None if `make` lists them.
    """

    make: Callable[..., Any]
    names: Names
    settings: type[Any] | None

    @property
    def defaults(self) -> dict[str, Any]:
        """Settings by name with their defaults, `Parameter.empty` for those that must be given."""
        if self.settings is not None:
            own = self.settings()
            return {each.name: getattr(own, each.name) for each in fields(own)}
        return {name: each.default for name, each in signature(self.make).parameters.items()}


COMPONENTS: dict[str, Component] = {}
"""Components by kind."""


def same_name(name: str) -> str:
    """The names of a component whose published files have ours."""
    return name


def register_component(
    kind: str, *, names: Names = same_name, settings: type[Any] | None = None
) -> Callable[[Maker], Maker]:
    """Decorate what makes a component: a class, or a function of its settings.

    Args:
        kind: its name.
        names: from our names of its parameters and buffers to the published ones.
        settings: a frozen dataclass with a default for every setting, if that is what it takes;
            else it takes the settings themselves.

    Raises:
        InputError: if the kind is taken.

    Example:
        >>> from unittest.mock import patch
        >>> with patch.dict(COMPONENTS):  # forgotten afterwards
        ...
        ...     @register_component("double")
        ...     def double(factor: int = 2) -> int:
        ...         return 2 * factor
        ...
        ...     component("double", factor=4)
        8
    """

    def add(maker: Maker) -> Maker:
        if kind in COMPONENTS:
            raise InputError(
                f"There is a component {kind!r} already. Choose another name.",
                code="component",
                field="kind",
            )
        COMPONENTS[kind] = Component(maker, names, settings)
        return maker

    return add


def component(kind: str, /, **settings: Any) -> Any:
    """A module with random weights, a loss or a target, by name.

    Args:
        kind: such as "window-index"; the documentation lists all.
        **settings: of this kind; those without a default are needed.

    Returns:
        A module, in float32 as all modules are until `double()`; or what computes a loss or a
        target; or the target itself, where it depends on nothing but the settings.

    Raises:
        InputError: for an unknown kind, an unknown setting, or one that is missing.
        FormatError: for an impossible value of a setting of configurations.

    Example:
        >>> from segeval.models import component
        >>> component("window-index", window=2)[0].tolist()
        [4, 3, 1, 0]
    """
    found = _known(kind)
    if found.settings is not None:
        return found.make(settings_from(found.settings, settings, kind))
    defaults = found.defaults
    for name in settings:
        if name not in defaults:
            raise InputError(
                f"{kind}: there is no setting {name}.{_like(name, defaults)} Its settings are: "
                f"{', '.join(defaults) or 'none'}.",
                code="component",
                field=name,
            )
    for name, value in defaults.items():
        if value is Parameter.empty and name not in settings:
            raise InputError(
                f"{kind}: the setting {name} is missing. Its settings are: {', '.join(defaults)}.",
                code="component",
                field=name,
            )
    return found.make(**settings)


def public_names(kind: str) -> Names:
    """How published files name the parameters of a component.

    Args:
        kind: of the component.

    Returns:
        A function from our name of a parameter or buffer, relative to the module that `component`
        builds, to the published name, relative to the same module there.

    Raises:
        InputError: for an unknown kind.

    Example:
        >>> from segeval.models import public_names
        >>> public_names("window-index")("weight")
        'weight'
    """
    return _known(kind).names


def _known(kind: str) -> Component:
    if kind not in COMPONENTS:
        raise InputError(
            f"There is no component {kind!r}.{_like(kind, COMPONENTS)} The components are: "
            f"{', '.join(sorted(COMPONENTS))}.",
            code="component",
            field="kind",
        )
    return COMPONENTS[kind]


def _like(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" Did you mean {close[0]}?" if close else ""
