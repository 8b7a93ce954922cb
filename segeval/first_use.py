"""Public names of a package that are imported on first use, so that a run loads what it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def on_first_use(
    package: str, names: Mapping[str, str], *, modules: str = ""
) -> Callable[[str], Any]:
    """The `__getattr__` of a package, which imports a public name when it is first asked for.

    Static tools read the same names from imports below `if TYPE_CHECKING:`. No name may be that of
    a module of the package: importing the module would replace it.

    Args:
        package: name of the package.
        names: public names, separated by blanks, by the module that they live in, which is named
            from the package on.
        modules: modules of the package that are public themselves, separated by blanks.
    """
    homes = {name: module for module, several in names.items() for name in several.split()}
    homes |= dict.fromkeys(modules.split(), "")

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = import_module(f"{package}.{homes[name] or name}")
        value = getattr(home, name) if homes[name] else home
        setattr(sys.modules[package], name, value)
        return value

    return load
