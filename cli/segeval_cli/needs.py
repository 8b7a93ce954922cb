"""What a command needs beyond the base installation."""

from __future__ import annotations

from importlib.util import find_spec

from segeval_cli.blas import start_as_usual


def need_torch() -> None:
    """Raise MissingDependency, with the line that installs it, if PyTorch is missing."""
    from segeval.models.extra import NEEDED, missing

    start_as_usual()
    absent = [name for name in NEEDED if find_spec(name) is None]
    if absent:
        raise missing(absent)
