"""`segeval errors` of part files: the settings are those that they were matched with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from segeval.errors import InputError
from segeval_cli.part_options import given_options, refuse_options_of_files, refuse_rematching

if TYPE_CHECKING:
    from segeval.analysis.errors.against import ErrorDifferences
    from segeval.analysis.errors.options import ErrorOptions
    from segeval.analysis.errors.result import ErrorKinds
    from segeval.metrics.coco.arguments import Arguments

CHOSEN = ("categories", "images", "thresholds")
"""What can be chosen after matching."""

NOT_OF_PARTS = ("classes", "ignore", "gt_dir", "compat", "scheduler", "shards")
"""Options that need the files themselves."""


def roles(context: typer.Context, files: Sequence[str], output: Path | None) -> tuple[str, ...]:
    """What each part file is, once it is known that nothing needs other files.

    Raises:
        InputError: for more than two files, and for options that need others.
    """
    if len(files) > 2:
        raise InputError(
            f"expected the part files of one or two models, got {len(files)} files.",
            code="file-count",
        )
    refuse_options_of_files(given_options(context), NOT_OF_PARTS)
    if output is not None and output.suffix == ".jsonl":
        raise InputError(
            f"{output}: lines of single predictions name annotations, whose ids {files[0]} does "
            "not hold. Give the files of predictions and of ground truth.",
            code="part-option",
            path=str(output),
            option="output",
        )
    return ("part",) if len(files) == 1 else ("a", "b")


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
        "categories": arguments.categories,
        "images": arguments.images,
        "workers": workers,
    }
    if len(files) == 1:
        return error_kinds_of_part_with(files[0], wanted, **how)
    return error_differences_of_parts_with(files[0], files[1], wanted, **how)
