"""What there is to say where a figure would be empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from segeval.errors import InputError

if TYPE_CHECKING:
    from segeval.metrics.result import Result


def nothing_counts(result: Result[Any]) -> InputError:
    """The error for a figure of a result without any ground truth that counts."""
    path = str(result.inputs["gt"]["path"])
    return InputError(
        f"{path}: no ground truth counts, so AP is undefined and there is nothing to draw.",
        code="no-ground-truth",
        path=path,
    )
