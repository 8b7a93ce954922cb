"""How a metric of torchmetrics that holds one of segeval is saved, and how it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torchmetrics

from segeval.adapters.checked_metric import GrowingMetric
from segeval.adapters.tensors import as_bytes, from_bytes


@contextmanager
def told(batch: GrowingMetric, group: Any, *, gathers: bool) -> Iterator[None]:
    """Around the making of a batch that all processes gather: a failure is told to the others.

    Args:
        batch: the batch.
        group: as in the metric's `gather`.
        gathers: whether the others wait for this batch.
    """
    try:
        with batch.remembered():
            yield
    except Exception:
        if gathers:
            batch.gather(group)
        raise


class MetricInBytes(torchmetrics.Metric):
    """A metric of torchmetrics whose state is the bytes of a metric of segeval.

    Attributes:
        metric: the metric of segeval.
    """

    metric: GrowingMetric
    _is_synced: bool

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self._persistent["metric"] = False

    def set_dtype(self, dst_type: str | torch.dtype) -> Any:
        """Numbers are float64 nevertheless: those that are kept are computed again."""
        self._computed = None
        return super().set_dtype(dst_type)

    def state_dict(self, *given: Any, prefix: str = "", **how: Any) -> dict[str, Any]:
        """Nothing, or after `persistent()` the bytes of the metric, uint8."""
        found: dict[str, Any] = super().state_dict(*given, prefix=prefix, **how)
        if self._persistent["metric"]:
            found[f"{prefix}metric"] = as_bytes(self.metric)
        return found

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Take the bytes; errors as in `from_bytes`."""
        if (saved := state.pop(f"{prefix}metric", None)) is not None:
            self.metric = from_bytes(self.metric, saved)
            self._computed, self._update_count = None, 1
        super()._load_from_state_dict(state, prefix, *rest)
