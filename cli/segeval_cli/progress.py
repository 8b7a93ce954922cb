"""Talk to the user on standard error: what is going on now, and what was done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

NUMERIC_PACKAGES = ("numpy", "numba", "pycocotools")
"""Packages whose version can move a number."""


def say(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def version_line() -> str:
    """Versions of segeval and of what its numbers depend on, without importing the latter."""
    import segeval

    others = ", ".join(f"{name} {version_of(name)}" for name in NUMERIC_PACKAGES)
    return f"segeval {segeval.__version__} ({others})"


def version_of(package: str) -> str:
    """The installed version of a package, "not installed" where there is none."""
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def working(message: str, *, quiet: bool = False) -> AbstractContextManager[object]:
    """Show what is going on: on a terminal, in a line that vanishes when the work is done.

    That kernels have to be compiled first is said wherever standard error goes, and stays.

    Args:
        message: what is being done, such as "reading preds.json".
        quiet: show nothing.
    """
    if not quiet and not _kernels_are_compiled():
        say("compiling kernels, once after installation (about 15 s) ...")
    if quiet or not sys.stderr.isatty():
        return nullcontext()
    return _spinner(message)


@contextmanager
def _spinner(message: str) -> Iterator[None]:
    """A moving line on the terminal."""
    from rich.console import Console

    with Console(stderr=True).status(message):
        yield


def _kernels_are_compiled() -> bool:
    """Whether kernels of this version are on the disk; asking numba would mean importing it."""
    from segeval.masks import machine_code

    return machine_code.is_warm()
