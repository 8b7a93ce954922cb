"""Part files that commands write."""

from __future__ import annotations

from pathlib import Path

from segeval.errors import InputError
from segeval_cli.output import check_target

SUFFIXES = (".match",)
"""The suffix of part files."""


def check_part_file(output: Path | None, *, overwrite: bool) -> Path:
    """Refuse a part file that cannot be written, before any work.

    Args:
        output: the value of the option; None without it.
        overwrite: whether an older file may be replaced.

    Raises:
        InputError: if nothing says where to write, or the file cannot be written.
    """
    if output is None:
        raise InputError(
            "nothing says where to write the part, expected -o with a file: part.match",
            code="option",
            option="output",
        )
    check_target(output, SUFFIXES, overwrite=overwrite)
    return output
