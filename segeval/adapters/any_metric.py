"""What the metrics that grow batch by batch have in common."""

from __future__ import annotations

from typing import Any, Protocol


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
