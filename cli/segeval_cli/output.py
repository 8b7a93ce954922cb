"""Results on standard output and in files; `progress` talks to the user."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from segeval.errors import InputError
from segeval_cli import inputs, visible
from segeval_cli.flags import document_in_flags
from segeval_cli.streams import emit
from segeval_cli.values import refused

SUFFIXES = (".json", ".csv", ".md", ".tex")
"""Formats that `--output` knows, by the file's suffix."""

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


def json_line(record: Mapping[str, Any]) -> bytes:
    """A record of plain values as one line of JSON Lines."""
    import msgspec

    try:
        text = msgspec.json.encode(record).decode()
    except UnicodeEncodeError:  # as in `json_text`
        import json

        text = json.dumps(record)
    return f"{visible.in_json(text)}\n".encode()


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
    path: Path | None,
    suffixes: tuple[str, ...] = SUFFIXES,
    *,
    overwrite: bool = False,
    option: str = "--output",
) -> None:
    """Refuse an output file that cannot be written or would replace another, before any work.

    Args:
        path: the value of the option; None without it.
        suffixes: what the command can write.
        overwrite: whether an older file may be replaced; an input never is.
        option: that names the output.

    Raises:
        InputError: if the suffix is unknown, the path cannot be written, or it is an input, another
            file or another output of the run; or if several inputs are standard input.
    """
    check_standard_input()
    if path is None:
        return
    from segeval.data.folders import obstacle

    problem = ""
    if path.suffix.lower() not in suffixes:
        either = f"{'one of ' * (len(suffixes) > 1)}{', '.join(suffixes)}"
        problem = f"the suffix says what to write, expected {either}"
    elif (reason := obstacle(path)) is not None:
        problem = reason
    if problem:
        raise refused(option, path, f"{problem}.", path=path)
    check_not_lost(path, overwrite=overwrite, option=option)
    other = inputs.other_output(path, option)
    if other is not None:
        raise refused(option, path, f"must differ from {other}.", code="output", path=path)


def check_not_lost(path: Path, *, overwrite: bool, option: str = "--output") -> None:
    """Refuse to replace a file that exists: an input always, others without `--overwrite`.

    Raises:
        InputError: if there is such a file.
    """
    if inputs.is_input(path):
        raise refused(option, path, "is an input file and would be lost.", path=path)
    if path.exists() and not overwrite:
        problem = "exists already. Name another file, or replace it with --overwrite."
        raise refused(option, path, problem, code="exists", path=path)


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder for files that cannot be written or whose files could be lost.

    Raises:
        InputError: if it has files, unless they may be replaced, or cannot be written.
    """
    from segeval.data.folders import NOT_EMPTY, folder_obstacle

    reason = folder_obstacle(folder)
    if reason is None or (reason == NOT_EMPTY and overwrite):
        return
    if reason == NOT_EMPTY:
        problem = f"{reason}. Files of the same names are replaced with --overwrite."
        raise refused("--output", folder, problem, code="exists", path=folder)
    raise refused("--output", folder, f"{reason}.", path=folder)


def check_standard_input() -> None:
    """Refuse to read standard input for several inputs.

    Raises:
        InputError: if more than one of them is "-".
    """
    if inputs.takes_standard_input_twice():
        raise InputError(
            'only one file can be "-": standard input holds one. Give the other as a path.',
            code="standard-input",
        )


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
    csv.writer(text, lineterminator="\n").writerows(
        [visible.cell(each) if isinstance(each, str) else each for each in row] for row in rows
    )
    write_whole(path, text.getvalue())


def write_lines(lines: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write one JSON object a line; the file appears whole or not at all."""
    from segeval.data.whole_files import whole_file

    with whole_file(path) as file:
        file.writelines(map(json_line, lines))
