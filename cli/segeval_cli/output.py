"""Results on standard output and in files; `progress` talks to the user."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from segeval.errors import InputError
from segeval_cli import visible
from segeval_cli.command_words import files_named
from segeval_cli.flags import document_in_flags
from segeval_cli.streams import emit
from segeval_cli.values import refused

SUFFIXES = (".json", ".csv", ".md")
"""Formats that `--output` knows, by the file's suffix."""

STANDARD_INPUT = "-"

FIGURES = (".png", ".pdf", ".svg")
"""Formats of figures."""


def json_text(value: Any) -> str:
    """Indented JSON, whose messages name flags; numbers that are not finite become null.

    Names keep every character; what could control a terminal is written as an escape of JSON.
    """
    import msgspec

    document = document_in_flags(value)
    try:
        text: str = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    except UnicodeEncodeError:  # halves of characters, and bytes of names that are not UTF-8
        import json

        text = json.dumps(_finite(msgspec.to_builtins(document)), indent=2)
    return visible.in_json(text)


def _finite(value: Any) -> Any:
    """Plain values with None for numbers that are not finite."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def emit_json(value: Any, *, is_kept: bool) -> None:
    """Write an object to standard output as JSON, see `emit`."""
    emit(visible.encodable_json(json_text(value), sys.stdout.encoding), is_kept=is_kept)


def check_target(
    path: Path | None, suffixes: tuple[str, ...] = SUFFIXES, *, inputs: Sequence[str | None] = ()
) -> None:
    """Refuse an output file that cannot be written, before any work is done.

    Args:
        path: the value of `--output`; None without it.
        suffixes: what the command can write.
        inputs: files that the command reads; None for those not given.

    Raises:
        InputError: if the suffix is unknown, the folder is missing or read-only, or the path is a
            folder or an input; or if several inputs are standard input.
    """
    given = [one for one in inputs if one is not None]
    if given.count(STANDARD_INPUT) > 1:
        raise InputError(
            'only one file can be "-": standard input holds one. Give the other as a path.',
            code="standard-input",
        )
    if path is None:
        return
    from segeval.data.folders import unwritable

    problem = ""
    if path.suffix.lower() not in suffixes:
        problem = f"the suffix says what to write, expected one of {', '.join(suffixes)}"
    elif path.exists() and _is_read(path, given):
        problem = "is an input file and would be lost"
    elif path.is_dir():
        problem = "is a folder"
    elif not path.parent.is_dir():
        problem = f"there is no folder {path.parent}"
    elif unwritable(path) is not None:
        problem = f"the folder {path.parent} cannot be written to"
    if problem:
        raise refused("--output", path, f"{problem}.", path=path)


def _is_read(path: Path, inputs: Sequence[str]) -> bool:
    """Whether an existing output is one of the inputs, or named as something else too."""
    if any(Path(one).exists() and path.samefile(one) for one in inputs):
        return True
    named = (Path(one) for one in files_named() if one)
    return sum(one.exists() and path.samefile(one) for one in named) > 1


def write_whole(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all."""
    from segeval.data.whole_files import whole_file

    with whole_file(path) as file:
        file.write(text.encode(errors="backslashreplace"))


def write_rows(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file; the first row is the header."""
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_whole(path, text.getvalue())
