"""What adapters take: a metric that grows batch by batch."""

from __future__ import annotations

from typing import Any

from segeval.errors import InputError
from segeval.metrics.loop.growing import GrowingMetric

__all__ = ["GrowingMetric", "checked_metric"]


def checked_metric(metric: Any) -> GrowingMetric:
    """The metric that an adapter was given.

    Raises:
        InputError: for anything else, such as categories.
    """
    if not isinstance(metric, GrowingMetric):
        kind = metric.__name__ if isinstance(metric, type) else type(metric).__name__
        is_class = " itself" if isinstance(metric, type) else ""
        raise InputError(
            f"`metric` is of the type {kind}{is_class}, expected a metric that was made, such as "
            "`segeval.Metric(categories)`.",
            code="type",
            option="metric",
        )
    return metric
