"""Part files among the arguments of commands, and those that they write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from segeval.errors import InputError
from segeval_cli.output import check_target

if TYPE_CHECKING:
    pass

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


def is_alone(preds: str, gt: str | None, context: typer.Context) -> bool:
    """Whether the first argument is a part file and there is no second one.

    Raises:
        InputError: for a part file beside ground truth.
        UsageError: for predictions without.
    """
    from segeval.metrics.parts.beginning import is_part

    found = is_part(preds)
    if found and gt is not None and is_part(gt):
        raise InputError(
            f"{preds}, {gt}: are two part files. segeval merge makes one of the parts of an "
            "evaluation, and segeval compare takes those of two models.",
            code="part-option",
            path=preds,
        )
    if found and gt is not None:
        raise InputError(
            f"{preds}: is a part file, which holds the matches with its ground truth: leave out "
            f"{gt}.",
            code="part-option",
            path=preds,
        )
    if not found and gt is None:
        context.fail("Missing argument 'GT'.")
    return found


def are_parts(files: Sequence[str]) -> bool:
    """Whether all files are part files; False if none is.

    Raises:
        InputError: if only some are.
    """
    from segeval.metrics.parts.beginning import is_part

    parts = [each for each in files if is_part(each)]
    others = [each for each in files if each not in parts]
    if parts and others:
        raise InputError(
            f"{parts[0]}: is a part file, which holds the matches with its ground truth, and "
            f"{others[0]} is not one: leave out one of them.",
            code="part-option",
            path=parts[0],
        )
    return bool(parts)
