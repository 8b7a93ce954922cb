"""What a command needs beyond the base installation."""

from __future__ import annotations

from importlib.util import find_spec

from segeval.errors import MissingDependency


def need_torch() -> None:
    """Raise a MissingDependency with the line that installs PyTorch, if it is not there."""
    missing = [name for name in ("torch", "safetensors") if find_spec(name) is None]
    if missing:
        raise MissingDependency(
            f"This command needs {' and '.join(missing)}: pip install 'segeval[models]'"
        )
