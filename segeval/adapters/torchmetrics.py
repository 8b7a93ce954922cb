"""A metric of segeval as a metric of torchmetrics."""

from __future__ import annotations

from typing import Any

import torchmetrics

from segeval.adapters.checked_metric import GrowingMetric, checked_metric
from segeval.adapters.tensors import Tensors, as_bytes, as_tensors, from_bytes


class SegevalMetric(torchmetrics.Metric):
    """A metric of torchmetrics that holds one of segeval.

    It has no states of torchmetrics' own, which would be gathered one by one: `compute` gathers
    once, whatever the data. After `persistent()` they are in the module's `state_dict`, as bytes.

    Args:
        metric: `segeval.Metric`, `LabelMapMetric` or `PanopticMetric`; holds the settings, and the
            images that were added.
        prefix: before the names of all numbers.
        how: what every metric of torchmetrics takes, such as `process_group`.
    """

    def __init__(self, metric: GrowingMetric, *, prefix: str = "", **how: Any) -> None:
        super().__init__(**how)
        self.metric, self.prefix = checked_metric(metric), prefix
        self._persistent["metric"] = False

    def update(self, image_ids: Any, preds: Any, targets: Any) -> None:
        """Add images, given as its `update` takes them."""
        self.metric.update(image_ids, preds, targets)

    def compute(self) -> Tensors:
        """Finite numbers by name, float64 scalars on the metric's device."""
        return self._numbers(self.metric, gathers=self._is_synced)

    def forward(self, image_ids: Any, preds: Any, targets: Any) -> Tensors:
        """Add images; the numbers of these alone, as in `compute`."""
        batch = SegevalMetric(self.metric.empty())
        batch.update(image_ids, preds, targets)
        self.merge_state(batch)
        gathers = self.dist_sync_on_step and self.distributed_available_fn()
        self._forward_cache = self._numbers(batch.metric, gathers=gathers)
        return self._forward_cache

    def reset(self) -> None:
        """Forget all images."""
        super().reset()
        self.metric.reset()

    def merge_state(self, incoming_state: SegevalMetric) -> None:
        """Add the images of another metric."""
        self.metric.merge(incoming_state.metric)
        self._computed, self._update_count = None, self.update_count + incoming_state.update_count

    def state_dict(self, *given: Any, prefix: str = "", **how: Any) -> dict[str, Any]:
        """Nothing, or after `persistent()` the bytes of the metric, uint8."""
        found: dict[str, Any] = super().state_dict(*given, prefix=prefix, **how)
        if self._persistent["metric"]:
            found[f"{prefix}metric"] = as_bytes(self.metric)
        return found

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *rest: Any) -> None:
        if (saved := state.pop(f"{prefix}metric", None)) is not None:
            self.metric = from_bytes(self.metric, saved)
            self._computed, self._update_count = None, 1
        super()._load_from_state_dict(state, prefix, *rest)

    def _numbers(self, metric: GrowingMetric, *, gathers: bool) -> Tensors:
        found = (metric.gather(self.process_group) if gathers else metric).compute()
        return as_tensors(found.flat(self.prefix), self.device)
