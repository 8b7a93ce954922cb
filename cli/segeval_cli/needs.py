"""What a command needs beyond the base installation."""

from __future__ import annotations

from importlib.util import find_spec


def need_torch() -> None:
    """Raise MissingDependency, with the line that installs it, if PyTorch is missing."""
    from segeval.models.extra import NEEDED, missing

    absent = [name for name in NEEDED if find_spec(name) is None]
    if absent:
        raise missing(absent)
