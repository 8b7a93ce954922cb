"""`segeval errors` on a cluster, whose workers match the predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.errors import InputError
from segeval_cli.scheduler import on_cluster

if TYPE_CHECKING:
    from segeval.analysis.errors.against import ErrorDifferences
    from segeval.analysis.errors.options import ErrorOptions
    from segeval.analysis.errors.result import ErrorKinds
    from segeval.kernels.threads import OnProgress
    from segeval.metrics.coco.arguments import Arguments


def check_options(output: Path | None, compat: str | None) -> None:
    """Refuse what needs more than workers send back.

    Raises:
        InputError: for lines of single predictions, and for the numbers of another package.
    """
    if compat is not None:
        raise InputError(f"--compat {compat} does not go with --scheduler.", code="option")
    if output is not None and output.suffix == ".jsonl":
        raise InputError(
            f"{output}: lines of single predictions name annotations, whose ids workers do not "
            "send back. Leave out --scheduler.",
            code="option",
            path=str(output),
            option="output",
        )


def evaluated(
    files: Sequence[str],
    arguments: Arguments,
    wanted: ErrorOptions,
    scheduler: str,
    advance: OnProgress,
    *,
    shards: int | None,
    workers: int | None,
) -> ErrorKinds | ErrorDifferences:
    """What is known of one model, or of two."""
    from segeval.analysis.errors.in_shards import (
        evaluate_error_differences_parts,
        evaluate_error_parts,
    )

    *preds, gt = files
    with on_cluster(scheduler) as executor:
        how: dict[str, Any] = {
            "executor": executor, "shards": shards, "workers": workers, "on_progress": advance,
        }  # fmt: skip
        if len(preds) == 1:
            return evaluate_error_parts(preds[0], gt, arguments, wanted, **how)
        return evaluate_error_differences_parts(preds[0], preds[1], gt, arguments, wanted, **how)
