"""Packages that models need beyond the base installation."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.errors import MissingDependency

NEEDED = ("torch", "safetensors")
"""Packages of the extra `models`."""


def missing(names: Sequence[str]) -> MissingDependency:
    """The error that says how to install missing packages.

    Example:
        >>> str(missing(["torch"]))
        "Models need torch: pip install 'segeval-cv[models]', in a clone '.[models]'"
    """
    needs = f"Models need {' and '.join(names)}"
    return MissingDependency(f"{needs}: pip install 'segeval-cv[models]', in a clone '.[models]'")
