"""Standard output and standard error: closed, full, or without the characters of a text."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import NoReturn, TextIO

from segeval_cli.visible import shown, shown_lines

ASCII_LOCALES = ("C", "POSIX")
"""Locales of a terminal that shows ASCII only."""

ASCII_DRAWING = str.maketrans(
    dict(zip(" ▁▂▃▄▅▆▇█", " .:-=+*##", strict=True))
    | dict(zip("▏▎▍▌▋▊▉", "..-=+*#", strict=True))
    | dict(zip("┊│─┴└", ":|-++", strict=True))
    | {"²": "^2", "…": "...", "·": ".", "\N{MULTIPLICATION SIGN}": "x"}
)
"""The characters of drawings and units where a terminal lacks them."""


class _Closed(io.TextIOBase):
    """A standard output that was closed before the start: nothing can be written."""

    encoding = "utf-8"

    def write(self, text: str) -> NoReturn:
        """Refuse every text."""
        raise OSError(errno.EBADF, "closed", "standard output")


def prepare() -> None:
    """Make the standard streams usable, however the process was started.

    A closed one would else get the number of the next file that is opened, and what is meant for
    the stream would end in the file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number: this one
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - until the end
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the end
    names = map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))
    if next(filter(None, names), "") in ASCII_LOCALES:
        # Python writes UTF-8 in these locales, whatever the terminal can show.
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="ascii", errors="backslashreplace")


def emit(text: str, *, is_kept: bool = False) -> None:
    """Write lines to standard output; a pipe that nobody reads any more is not an error.

    Args:
        text: without a line break at the end; what could control the terminal is shown as text.
        is_kept: whether a file has the same, so that nothing is lost with a closed output.

    Raises:
        InputError: if the lines cannot be written.
    """
    problem = write_out(shown_lines(text))
    if problem is None or (is_kept and isinstance(sys.stdout, _Closed)):
        return
    from segeval.errors import InputError

    reason = getattr(problem, "strerror", None) or problem
    raise InputError(
        f"standard output: {reason}. What should have been printed is lost.", code="stdout"
    )


def write_out(text: str) -> OSError | None:
    """Write lines to standard output, and give the reason if that fails."""
    try:
        sys.stdout.write(encodable(text, sys.stdout) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
    except OSError as problem:
        discard(sys.stdout)
        return problem
    return None


def say(text: str) -> None:
    """Write one line to standard error; if nobody can hear it, the work goes on."""
    say_lines(shown(text))


def say_lines(text: str) -> None:
    """Write lines of our own making to standard error, see `say`."""
    try:
        sys.stderr.write(encodable(shown_lines(text), sys.stderr) + "\n")
        sys.stderr.flush()
    except OSError:  # closed or full: there is nowhere left to say so
        discard(sys.stderr)


def finish() -> None:
    """Write what is still in the buffers, so that Python's end cannot fail on it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # it was reported where it was written
            discard(stream)


def discard(stream: TextIO) -> None:
    """Drop what is in a stream's buffer and all further text: nobody can read it."""
    try:
        number = stream.fileno()
    except OSError:  # not a file of the system
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


def is_ascii(stream: TextIO) -> bool:
    """Whether a stream has the letters of ASCII only."""
    return (stream.encoding or "utf-8").lower().replace("_", "-") in ("ascii", "us-ascii")


def encodable(text: str, stream: TextIO) -> str:
    """The text in characters of the stream: drawings in ASCII, others as escapes."""
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(ASCII_DRAWING)
        return text.encode(encoding, errors="backslashreplace").decode(encoding)
    return text
