"""What there is to say where a figure would be empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from segeval.errors import InputError

if TYPE_CHECKING:
    from segeval.metrics.result import Result


NAMES = {"ap": "AP", "ap50": "AP", "iou": "IoU", "pq": "PQ"}
"""What people call numbers, by their keys in JSON."""


def nothing_counts(result: Result[Any], key: str = "ap") -> InputError:
    """The error for a figure of a result without any ground truth that counts.

    Args:
        result: of an evaluation.
        key: of the number that is undefined.
    """
    path = str(result.inputs["gt"]["path"])
    return InputError(
        f"{path}: no ground truth counts, so {NAMES[key]} is undefined and there is nothing to "
        "draw.",
        code="no-ground-truth",
        path=path,
    )
