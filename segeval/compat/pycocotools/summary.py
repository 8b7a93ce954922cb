"""The twelve numbers of COCO, printed as `COCOeval.summarize` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.compat.pycocotools.params import Params
from segeval.errors import InputError

LINE = " {:<18} {} @[ IoU={:<9} | area={:>6s} | maxDets={:>3d} ] = {:0.3f}"
"""A number with its name, character by character that of pycocotools."""


def summarised(params: Params, found: Mapping[str, Any]) -> NDArray[np.float64]:
    """Print the twelve numbers; an undefined one is -1.

    Args:
        params: of the evaluation, with three caps.
        found: `precision` (T, R, K, A, M) and `recall` (T, K, A, M).

    Returns:
        AP, AP50, AP75, AP of three sizes, AR under three caps, AR of three sizes, shape (12,).

    Raises:
        InputError: unless there are three caps.
    """
    if len(params.maxDets) < 3:
        raise InputError(
            f"`params.maxDets` is {params.maxDets}, expected three caps: the summary names three. "
            "`eval` holds the curves of any.",
            code="max-dets",
            option="params.maxDets",
        )
    first, second, third = params.maxDets[:3]
    asked: list[tuple[bool, float | None, str, int]] = [
        (True, None, "all", 100),  # whatever the caps are, as in pycocotools
        (True, 0.5, "all", third),
        (True, 0.75, "all", third),
        *((True, None, size, third) for size in ("small", "medium", "large")),
        *((False, None, "all", cap) for cap in (first, second, third)),
        *((False, None, size, third) for size in ("small", "medium", "large")),
    ]
    numbers = np.zeros(12)
    for place, (is_precision, threshold, size, cap) in enumerate(asked):
        numbers[place] = _mean(
            params, found["precision" if is_precision else "recall"], threshold, size, cap
        )
        thresholds = np.asarray(params.iouThrs)
        ious = f"{thresholds[0]:0.2f}:{thresholds[-1]:0.2f}"
        title, kind = ("Precision", "(AP)") if is_precision else ("Recall", "(AR)")
        if threshold is not None:
            ious = f"{threshold:0.2f}"
        print(LINE.format(f"Average {title}", kind, ious, size, cap, numbers[place]))
    return numbers


def _mean(
    params: Params, values: NDArray[np.float64], threshold: float | None, size: str, cap: int
) -> float:
    """The mean of what is defined for one threshold, or all, one size and one cap."""
    if threshold is not None:
        values = values[np.flatnonzero(np.asarray(params.iouThrs) == threshold)]
    areas = [place for place, label in enumerate(params.areaRngLbl) if label == size]
    caps = [place for place, each in enumerate(params.maxDets) if each == cap]
    if not areas or not caps:
        return -1.0
    values = values[..., areas, caps]
    defined = values[values > -1]
    return float(np.mean(defined)) if len(defined) else -1.0
