"""`segeval errors` of part files: the settings are those that they were matched with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from segeval.errors import InputError
from segeval_cli.part_files import given_options, refuse_options_of_files, refuse_rematching

if TYPE_CHECKING:
    from segeval.analysis.errors.against import ErrorDifferences
    from segeval.analysis.errors.options import ErrorOptions
    from segeval.analysis.errors.result import ErrorKinds
    from segeval.metrics.coco.arguments import Arguments

ROLES = (("part",), ("a", "b"))
"""What the files are, of one model and of two."""

CHOSEN = ("images", "thresholds")
"""What can be chosen after matching."""

NOT_OF_PARTS = ("classes", "ignore", "compat")
"""Options that need the files themselves."""


def check_options(context: typer.Context, files: Sequence[str], output: Path | None) -> None:
    """Refuse options that need the files themselves.

    Raises:
        InputError: for these.
    """
    refuse_options_of_files(given_options(context), NOT_OF_PARTS)
    if output is not None and output.suffix == ".jsonl":
        raise InputError(
            f"{output}: lines of single predictions name annotations, whose ids {files[0]} does "
            "not hold. Give the files of predictions and of ground truth.",
            code="part-option",
            path=str(output),
            option="output",
        )


def evaluated(
    files: Sequence[str],
    arguments: Arguments,
    wanted: ErrorOptions,
    context: typer.Context,
    workers: int | None,
) -> ErrorKinds | ErrorDifferences:
    """What is known of the part file of one model, or of two."""
    for path in files:
        refuse_rematching(path, arguments, context, but=CHOSEN)
    from segeval.analysis.errors.of_parts import (
        error_differences_of_parts_with,
        error_kinds_of_part_with,
    )
    from segeval.analysis.errors.options import THRESHOLDS

    how: dict[str, Any] = {
        "thresholds": arguments.thresholds or THRESHOLDS,
        "images": arguments.images,
        "workers": workers,
    }
    if len(files) == 1:
        return error_kinds_of_part_with(files[0], wanted, **how)
    return error_differences_of_parts_with(files[0], files[1], wanted, **how)
