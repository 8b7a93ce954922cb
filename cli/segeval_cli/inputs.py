"""The files that a command reads: an option or argument that names one declares it.

No output of the run may replace one of them, or another output.
"""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

STANDARD_INPUT = "-"

FROM_FILE = "@"
"""Before the name of a file that holds the values of an option."""

_named: ContextVar[tuple[str, ...]] = ContextVar("inputs", default=())

_outputs: ContextVar[tuple[tuple[str, str], ...]] = ContextVar("outputs", default=())


def forget() -> None:
    """Begin a run, which reads and writes nothing yet."""
    _named.set(())
    _outputs.set(())


def declared(value: Any) -> Any:
    """Note the files that a value names; the callback of arguments that name inputs.

    Args:
        value: a path or several, None without any; words that name no file do no harm.

    Raises:
        InputError: for a name of no characters.
    """
    return _noted(value)


def declared_by(flag: str) -> Callable[[Any], Any]:
    """As `declared`, the callback of an option, whose text may name something else than files."""

    def of_option(value: Any) -> Any:
        return _noted(value, flag)

    of_option.names_an_input = True  # type: ignore[attr-defined] # for files of settings
    return of_option


def _noted(value: Any, flag: str = "") -> Any:
    """Note the files that a value names.

    Args:
        value: as in `declared`.
        flag: of the option; "" for an argument.

    Raises:
        InputError: for a text of no characters.
    """
    several = value if isinstance(value, list | tuple) else [value]
    paths = [str(each) for each in several if each is not None]
    if "" in paths:
        from segeval.data.opening import EMPTY_NAME  # only here: help needs none of it
        from segeval.errors import InputError

        what = f"{flag} is empty. Is a variable not set?" if flag else EMPTY_NAME
        raise InputError(what, code="no-file")
    lists = [path.removeprefix(FROM_FILE) for path in paths if path.startswith(FROM_FILE)]
    _named.set((*_named.get(), *paths, *lists))
    return value


def named() -> tuple[str, ...]:
    """What the options and arguments name that read files, as the user wrote it."""
    return _named.get()


def is_input(path: Path) -> bool:
    """Whether a path is a file or folder that the run reads, by any name, or lies in one."""
    return path.exists() and any(_reads(each, path) for each in _named.get())


def other_output(path: Path, option: str) -> str | None:
    """The option that had named the same file as an output; notes this one if there is none.

    Args:
        path: a file that the run will write.
        option: that names it.
    """
    own = os.path.realpath(path)
    for other, its_option in _outputs.get():
        if other == own and its_option != option:
            return its_option
    _outputs.set((*_outputs.get(), (own, option)))
    return None


def takes_standard_input_twice() -> bool:
    """Whether several inputs are standard input, which holds one."""
    return _named.get().count(STANDARD_INPUT) > 1


def _reads(name: str, path: Path) -> bool:
    """Whether an input is an existing path, or a folder, a pattern or a stream that holds it."""
    if name == STANDARD_INPUT:
        return _is_standard_input(path)
    if _is_same(path, Path(name)):
        return True
    if any(letter in name for letter in "*?["):
        found = glob.iglob(name, recursive=True)  # noqa: PTH207 - a pattern may begin anywhere
        return any(_is_same(path, Path(each)) for each in found)
    return Path(name).is_dir() and path.resolve().is_relative_to(Path(name).resolve())


def _is_standard_input(path: Path) -> bool:
    """Whether a shell redirects a file to standard input."""
    try:
        return os.path.samestat(os.fstat(sys.stdin.fileno()), path.stat())
    except (OSError, ValueError, AttributeError):  # not a file, or closed
        return False


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except (OSError, ValueError):  # not a file, but a name such as that of a preset
        return False
