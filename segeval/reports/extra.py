"""The package that a page needs beyond the base installation."""

from __future__ import annotations

from importlib.util import find_spec

from segeval.errors import MissingDependency


def need_jinja2() -> None:
    """Raise an error that says what to install, before any work is done, if jinja2 is missing.

    Raises:
        MissingDependency: if it is.
    """
    if find_spec("jinja2") is None:
        raise MissingDependency(
            "Reports need jinja2: pip install 'segeval-cv[report]', in a clone '.[report]'"
        )
