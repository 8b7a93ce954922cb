"""A metric for mmengine's `Evaluator`, which reads the data samples of mmdet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.registry import METRICS

from segeval.errors import FormatError
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
    """

    default_prefix = "segeval"

    def __init__(self, *, prefix: str | None = None, **settings: Any) -> None:
        super().__init__(prefix=prefix)
        self.settings = settings

    @cached_property
    def metric(self) -> Metric:
        """The images of this process."""
        return Metric(dict(enumerate(self.dataset_meta["classes"])), **self.settings)

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        """Add the images of a batch.

        Raises:
            FormatError: for a data sample without ground truth.
        """
        ids = [each["img_id"] for each in data_samples]
        preds = [self._columns(each["pred_instances"]) for each in data_samples]
        self.metric.update(ids, preds, [self._truth(each) for each in data_samples])

    def evaluate(self, size: int) -> dict[str, float]:
        """Finite numbers by name, in every process; forgets all images."""
        whole = self.metric.gather()
        self.metric.reset()
        return self.compute_metrics([whole])

    def compute_metrics(self, results: list[Metric]) -> dict[str, float]:
        """Finite numbers by name."""
        return dict(results[0].compute().flat(f"{self.prefix}/"))

    def _columns(self, found: dict[str, Any]) -> dict[str, Any]:
        columns = {"labels": found["labels"], "masks": found["masks"]}
        if "scores" in found:  # some models score masks and boxes apart
            columns["scores"] = found.get("mask_scores", found["scores"])
        if "bbox" in self.settings.get("iou", ()):
            columns["boxes"] = getattr(found["bboxes"], "tensor", found["bboxes"])
        return columns

    def _truth(self, sample: dict[str, Any]) -> dict[str, Any]:
        if "gt_instances" not in sample:
            what = f"image {sample['img_id']}: the data sample has no `gt_instances`"
            advice = "load them after Resize, by `LoadAnnotations(with_mask=True)`"
            raise FormatError(f"{what}: {advice}.", code="missing-field", field="gt_instances")
        parts = [sample["gt_instances"], sample.get("ignored_instances")]
        known = [self._columns(each) for each in parts if each]
        joined = {name: [one for each in known for one in each[name]] for name in known[0]}
        crowds = [place for place, each in enumerate(known) for _ in each["labels"]]
        return {**joined, "iscrowd": crowds, "size": sample["ori_shape"][:2]}
