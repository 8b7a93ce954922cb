"""What the metrics that grow batch by batch have in common."""

from __future__ import annotations

from typing import Any, Protocol

from segeval.errors import InputError
from segeval.metrics.loop.growing import GrowingMetric


class AnyMetric(Protocol):
    """`segeval.Metric`, `segeval.LabelMapMetric` or `segeval.PanopticMetric`."""

    def __len__(self) -> int:
        """The number of images."""

    def update(self, image_ids: Any, preds: Any, targets: Any) -> None:
        """Take a batch of images."""

    def merge(self, other: Any) -> None:
        """Take the images of another metric with the same settings."""

    def gather(self, group: Any = None) -> Any:
        """The metric of all processes, on each of them."""

    def compute(self) -> Any:
        """The numbers of all images so far."""

    def empty(self) -> Any:
        """A metric with the same settings, and no images."""

    def reset(self) -> None:
        """Forget all images."""

    def to_bytes(self) -> bytes:
        """Settings and images as bytes."""

    @classmethod
    def from_bytes(cls, data: bytes) -> Any:
        """The metric of the bytes of `to_bytes`."""


def checked_metric(metric: Any) -> AnyMetric:
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
