"""A callback of Lightning that evaluates masks, label maps or segments in every validation."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

try:
    from lightning.pytorch import Callback
except ModuleNotFoundError:  # the same under its older name
    from pytorch_lightning import Callback

from segeval.adapters.batches import batch_of
from segeval.adapters.checked_metric import GrowingMetric, checked_metric
from segeval.errors import InputError


class SegevalCallback(Callback):
    """Logs the numbers of the images of all processes, gathered once, at the end of a validation.

    Args:
        metric: `segeval.Metric`, `LabelMapMetric` or `PanopticMetric`; holds the settings.
        unpack: called with what `validation_step` returned and the batch; returns image ids,
            predictions and targets, as the metric's `update` takes them.
        prefix: before the names of all numbers in the log.
        dataloader: place of the dataloader that is evaluated, if there are several.

    Attributes:
        result: of the last validation, with everything that is not logged; None before.

    Example:
        def unpack(outputs, batch):
            return [image["id"] for image in batch], outputs, [image["target"] for image in batch]


        masks = SegevalCallback(segeval.Metric({62: "chair"}), unpack)
        Trainer(callbacks=[masks])
    """

    def __init__(
        self, metric: GrowingMetric, unpack: Callable[[Any, Any], Any], *, prefix: str = "val/",
        dataloader: int = 0,
    ) -> None:  # fmt: skip
        self.metric, self.unpack = checked_metric(metric), unpack
        self.prefix, self.dataloader = prefix, dataloader
        self.result: Any = None

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Silence the advice to reduce our numbers over processes, which all have them already."""
        advice = rf".*self\.log\('{re.escape(self.prefix)}.*sync_dist=True"
        warnings.filterwarnings("ignore", advice)

    def on_validation_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Forget all images.

        Raises:
            InputError: if the validation has no dataloader at the place given.
        """
        self.metric.reset()
        loaders = [*range(len(trainer.num_val_batches))]
        if self.dataloader not in loaders:
            text = f"`dataloader` is {self.dataloader!r}, expected one of {loaders}."
            raise InputError(text, code="range", option="dataloader")

    def on_validation_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:  # fmt: skip
        """Add the images of a batch, unless Lightning only checks that validation works."""
        if dataloader_idx == self.dataloader and not trainer.sanity_checking:
            with self.metric.remembered():
                self.metric.update(*batch_of(self.unpack(outputs, batch), "unpack"))

    def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Evaluate and log."""
        if not trainer.sanity_checking:
            self.result = self.metric.gather().compute()
            pl_module.log_dict(self.result.flat(self.prefix))
