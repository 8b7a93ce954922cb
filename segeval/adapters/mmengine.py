"""A metric for mmengine's `Evaluator`, which reads the data samples of mmdet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.registry import METRICS

from segeval.adapters.mmdet_batches import batch_of_mmdet, categories_of_mmdet
from segeval.metrics.loop.metric import Metric


@METRICS.register_module()
class SegevalMetric(BaseMetric):
    """Evaluates the masks of data samples; processes gather once.

    A data sample has `img_id`, `ori_shape`, `pred_instances` with `scores` (or `mask_scores`),
    `labels` and `masks`, and `gt_instances` with `labels` and `masks`; `ignored_instances` are
    crowd regions. For "bbox" among the kinds of IoU they have `bboxes` too. A sample that comes
    twice, as padding of a batch, counts once. Ids of categories are the labels of the model.

    Args:
        prefix: before the names of all numbers, with a slash.
        settings: those of `segeval.Metric`.

    Example:
        evaluator = Evaluator(SegevalMetric(iou=("segm", "boundary")))
        evaluator.process(data_samples)
        evaluator.evaluate(5000)
    """

    default_prefix = "segeval"

    def __init__(self, *, prefix: str | None = None, **settings: Any) -> None:
        super().__init__(prefix=prefix)
        Metric([0], **settings)  # settings are refused here, not after an epoch
        self.settings = settings

    @cached_property
    def metric(self) -> Metric:
        """The images of this process."""
        return Metric(categories_of_mmdet(self.dataset_meta), **self.settings)

    def reset(self) -> None:
        """Forget all images, such as those of an evaluation that was interrupted."""
        self.metric.reset()

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Add the images of a batch.

        Raises:
            FormatError: for a data sample that lacks a field.
        """
        with self.metric.remembered():
            self.metric.update(*batch_of_mmdet(data_samples, by_box=self.metric.by_box))

    def evaluate(self, size: int) -> dict[str, float]:
        """Finite numbers by name, in every process; forgets all images."""
        try:
            whole = self.metric.gather()
        finally:
            self.reset()
        return self.compute_metrics([whole])

    def compute_metrics(self, results: list[Metric]) -> dict[str, float]:
        """Finite numbers by name."""
        return dict(results[0].compute().flat(f"{self.prefix}/"))
