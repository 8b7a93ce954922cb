"""A metric of segeval as a metric of torchmetrics."""

from __future__ import annotations

from typing import Any

from segeval.adapters.checked_metric import GrowingMetric, checked_metric
from segeval.adapters.tensors import Tensors, as_tensors
from segeval.adapters.torchmetrics_states import MetricInBytes, told


class SegevalMetric(MetricInBytes):
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

    def update(self, image_ids: Any, preds: Any, targets: Any) -> None:
        """Add images, given as its `update` takes them."""
        self.metric.update(image_ids, preds, targets)

    def compute(self) -> Tensors:
        """Finite numbers by name, float64 scalars on the metric's device."""
        gathers, self._is_synced = self._is_synced, False  # so it stays where this fails
        found = self._numbers(self.metric, gathers=gathers)
        self._is_synced = gathers
        return found

    def forward(self, image_ids: Any, preds: Any, targets: Any) -> Tensors:
        """Add images; the numbers of these alone, as in `compute`."""
        batch = self.metric.empty()
        gathers = self.dist_sync_on_step and self.distributed_available_fn()
        self._computed, self._update_count = None, self.update_count + 1
        with told(batch, self.process_group, gathers=gathers), self.metric.remembered():
            batch.update(image_ids, preds, targets)
            self.metric.merge(batch)
        self._forward_cache = self._numbers(batch, gathers=gathers)
        return self._forward_cache

    def reset(self) -> None:
        """Forget all images."""
        super().reset()
        self.metric.reset()

    def merge_state(self, incoming_state: SegevalMetric) -> None:
        """Add the images of another metric."""
        other: Any = getattr(incoming_state, "metric", incoming_state)
        self.metric.merge(other)
        self._computed, self._update_count = None, self.update_count + incoming_state.update_count

    def _numbers(self, metric: GrowingMetric, *, gathers: bool) -> Tensors:
        found = (metric.gather(self.process_group) if gathers else metric).compute()
        return as_tensors(found.flat(self.prefix), self.device)
