"""Messages to the user on standard error: current work and finished steps."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeVar

from segeval_cli.flags import in_flags
from segeval_cli.streams import is_ascii, say, say_lines
from segeval_cli.tables import NOTE, note_text
from segeval_cli.visible import shown

if TYPE_CHECKING:
    from segeval.errors import Note

MOST_ALIKE = 3
"""Notes of one kind that are told one by one."""

Advance = Callable[[int, int], None]
"""Told how many of how many items are done."""

Told = TypeVar("Told")

NUMERIC_PACKAGES = ("numpy", "numba", "pycocotools")
"""Packages whose version can move a number."""


def say_notes(notes: Iterable[Note], width: int | None = None) -> None:
    """Print what the user should know, such as what a conversion drops.

    Args:
        notes: one after the other.
        width: of lines, in characters; None for a line each, however long.
    """
    for note in notes:
        if width is None:
            say(f"{NOTE}{in_flags(note.message)}")
        else:
            say_lines(note_text(note, width))


def few_of_many(notes: Iterable[Note], what: str) -> list[Note]:
    """The first notes of many that are alike, and how many more there are.

    Args:
        notes: such as one for each photograph that is missing.
        what: they are about, in the plural.

    Example:
        >>> from segeval.errors import Note
        >>> notes = [Note("no-photo", f"has no {k}.png", 1) for k in range(9)]
        >>> [each.message for each in few_of_many(notes, "photographs")][-1]
        'the same or the like of 6 more photographs'
    """
    from segeval.errors import Note  # only now: help needs none of it

    several = list(notes)
    more = len(several) - MOST_ALIKE
    if more <= 1:
        return several
    rest = Note("alike", f"the same or the like of {more:,} more {what}", more)
    return [*several[:MOST_ALIKE], rest]


class Clock:
    """Reports how long each step took, if the user asks for it."""

    def __init__(self, *, is_heard: bool) -> None:
        """Start the first step."""
        self.is_heard = is_heard
        self._last = time.perf_counter()

    def say_loaded(self) -> None:
        """Report that the library is loaded, with its version."""
        if self.is_heard:
            self.say(f"loaded {version_line()}")

    def say(self, step: str) -> None:
        """Report a finished step and its time."""
        now = time.perf_counter()
        if self.is_heard:
            say(f"{now - self._last:6.2f} s  {step}")
        self._last = now


def version_line() -> str:
    """Versions of segeval and of the packages behind its numbers, without importing those."""
    import segeval

    others = ", ".join(f"{name} {installed_version(name)}" for name in NUMERIC_PACKAGES)
    return f"segeval {segeval.__version__} ({others})"


def installed_version(package: str) -> str:
    """The version of a package, or "not installed"."""
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def working(
    message: str, *, quiet: bool = False, rate: str = ""
) -> AbstractContextManager[Advance]:
    """Show current work: on a terminal, in a line that vanishes when it is done.

    A message about compiling kernels always appears, and stays.

    Args:
        message: what is being done, such as "reading preds.json".
        quiet: show nothing.
        rate: what is counted, such as "images", to show how many per second; "" for no rate.

    Returns:
        A context whose value fits the library's `on_progress`: a function to call with how many of
        how many items are done, if the work knows.
    """
    if quiet:
        return _around_kernels(nullcontext(_unheard), lambda _: None)
    line = _moving_line(message, rate) if sys.stderr.isatty() else nullcontext(_unheard)
    return _around_kernels(line, _say_once)


def searching(
    message: str, *, quiet: bool = False
) -> AbstractContextManager[Callable[[str], None]]:
    """Show current work whose end nobody knows: on a terminal, in a line as `working` shows it.

    Returns:
        A context whose value is a function to call with what is known so far, in words.
    """
    is_shown = not quiet and sys.stderr.isatty()
    line = _known_so_far(message) if is_shown else nullcontext(_unheard_words)
    return _around_kernels(line, (lambda _: None) if quiet else _say_once)


def _unheard(done: int, total: int) -> None:
    """Ignore progress."""


def _unheard_words(words: str) -> None:
    """Ignore what is known so far."""


def per_second(number: int, seconds: float) -> str:
    """A rate per second, with at least two digits.

    Example:
        >>> per_second(3000, 41.0), per_second(6, 93.0)
        ('73.2', '0.065')
    """
    speed = number / max(seconds, 1e-9)
    return f"{speed:.1f}" if speed >= 1 else f"{speed:.2g}"


@contextmanager
def _moving_line(message: str, rate: str) -> Iterator[Advance]:
    """A live line on the terminal, with a count as soon as there is one."""
    begin = time.perf_counter()

    def speed(done: int) -> str:
        if not rate or not done:
            return ""
        return f", {per_second(done, time.perf_counter() - begin)} {rate}/s"

    with _known_so_far(message) as tell:
        yield lambda done, total: tell(f"{done:,} of {total:,}{speed(done)}")


@contextmanager
def _known_so_far(message: str) -> Iterator[Callable[[str], None]]:
    """A live line on the terminal, with what is known so far behind the message."""
    from rich.console import Console
    from rich.text import Text

    def line(text: str) -> Text:  # not markup: a file may be called [red]a.json
        return Text(shown(text))

    spinner = "line" if is_ascii(sys.stderr) else "dots"
    with Console(stderr=True).status(line(message), spinner=spinner) as status:
        yield lambda words: status.update(line(f"{message}: {words}"))


@contextmanager
def _around_kernels(
    line: AbstractContextManager[Told], tell: Callable[[str], None]
) -> Iterator[Told]:
    """A line that is joined by a message if kernels have to be compiled; Ctrl-C stops kernels."""
    from segeval.kernels.announce import telling
    from segeval.kernels.stop import stoppable

    with stoppable(), telling(tell), line as advance:
        yield advance


_said: list[str] = []


def _say_once(text: str) -> None:
    """Say once per process why the work takes longer."""
    if not _said:
        _said.append(text)
        say(text)
