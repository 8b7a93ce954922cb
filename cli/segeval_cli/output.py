"""Where results go: standard output and files. `progress` talks to the user."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from segeval.errors import InputError

SUFFIXES = (".json", ".csv", ".md")
"""Formats that `--output` knows, by the file's suffix."""

STANDARD_INPUT = "-"

FIGURES = (".png", ".pdf", ".svg")
"""Formats of figures."""


def emit(text: str) -> None:
    """Write a line to standard output; that its reader has gone is not an error."""
    try:
        sys.stdout.write(_printable(text) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()


def _printable(text: str) -> str:
    """The text with what the terminal's encoding does not have replaced by "?"."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding)


def discard_output() -> None:
    """Drop whatever is still written to standard output, which nobody reads any more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def json_text(value: Any) -> str:
    """Indented JSON; what is not finite becomes null."""
    import msgspec

    encoded: bytes = msgspec.json.format(msgspec.json.encode(value), indent=2)
    return encoded.decode()


def check_target(
    path: Path | None, suffixes: tuple[str, ...] = SUFFIXES, *, inputs: Sequence[str] = ()
) -> None:
    """Refuse an output file that could not be written, before any work is done.

    Args:
        path: the value of `--output`, None if it was not given.
        suffixes: what the command can write.
        inputs: files that the command reads.

    Raises:
        InputError: if the suffix is unknown, the folder is missing or cannot be written to, the
            path is a folder, or it is one of the inputs.
    """
    if path is None:
        return
    from segeval.data.folders import unwritable

    if path.suffix.lower() not in suffixes:
        raise InputError(
            f"--output {path}: the suffix says what to write, expected one of "
            f"{', '.join(suffixes)}.",
            code="output",
            path=str(path),
        )
    if any(path.exists() and Path(one).exists() and path.samefile(one) for one in inputs):
        raise InputError(
            f"--output {path}: is one of the files to read and would be lost.",
            code="output",
            path=str(path),
        )
    if path.is_dir() or not path.parent.is_dir():
        reason = "is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise InputError(f"--output {path}: {reason}.", code="output", path=str(path))
    if unwritable(path) is not None:
        raise InputError(
            f"--output {path}: the folder {path.parent} cannot be written to.",
            code="output",
            path=str(path),
        )


def check_inputs(*paths: str) -> None:
    """Refuse standard input for more than one file.

    Raises:
        InputError: if more than one path is "-".
    """
    if paths.count(STANDARD_INPUT) > 1:
        raise InputError(
            'only one file can be "-": standard input holds one. Give the other as a path.',
            code="standard-input",
        )


def write_whole(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all."""
    from segeval.data.coco.write import whole_file

    with whole_file(path) as file:
        file.write(text.encode())


def write_rows(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file, the header being the first row."""
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_whole(path, text.getvalue())
