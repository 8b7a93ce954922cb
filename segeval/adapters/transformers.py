"""Metrics of masks, label maps and segments for the `Trainer` of Hugging Face."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transformers.trainer_pt_utils import find_batch_size

from segeval.adapters.batches import batch_of_new_images
from segeval.adapters.checked_metric import GrowingMetric, checked_metric
from segeval.data.keys import Key
from segeval.errors import FormatError


class ComputeMetrics:
    """The `compute_metrics` of a `Trainer` with `batch_eval_metrics=True`.

    The Trainer gives every process the outputs of all, so that no collective is added.

    Args:
        metric: `segeval.Metric`, `LabelMapMetric` or `PanopticMetric`; holds the settings.
        post_process: called with the outputs of the model for a batch, without the loss, and with
            the places of its images in the data set; returns image ids, predictions and targets, as
            the metric's `update` takes them.
        prefix: before the names of all numbers; the Trainer adds its own.

    Attributes:
        result: of the last evaluation, with everything that is not logged; None before.

    Example:
        Trainer(
            model,
            TrainingArguments(batch_eval_metrics=True),
            eval_dataset=images,
            compute_metrics=ComputeMetrics(segeval.Metric({62: "chair"}), post_process),
        )
    """

    def __init__(
        self, metric: GrowingMetric, post_process: Callable[[Any, range], Any], *, prefix: str = ""
    ) -> None:
        self.metric = checked_metric(metric)
        self.post_process, self.prefix = post_process, prefix
        self.result: Any = None
        self.reset()

    def reset(self) -> None:
        """Forget all images, such as those of an evaluation that was interrupted."""
        self.metric.reset()
        self.seen: set[Key] = set()

    def __call__(self, prediction: Any, *, compute_result: bool = True) -> dict[str, float]:
        """Add a batch; finite numbers by name after the last one, nothing before.

        Raises:
            FormatError: if `post_process` returns something else than three values.
            ShapeError: if it returns another number of images than the batch has.
            MismatchError: if it returns the id of an image of an earlier batch.
        """
        count = find_batch_size(prediction.predictions)
        try:
            if count is None:
                what = type(prediction.predictions).__name__
                text = f"`predictions` are of the type {what}, which holds no tensor or array"
                raise FormatError(f"{text}: the model must return some beside the loss.")
            places = range(len(self.seen), len(self.seen) + count)
            found = self.post_process(prediction.predictions, places)
            self.metric.update(*batch_of_new_images(found, "post_process", count, self.seen))
            if not compute_result:
                return {}
            self.result = self.metric.compute()
        except BaseException:
            self.reset()  # the next evaluation starts with its first image
            raise
        self.reset()
        return dict(self.result.flat(self.prefix))
