"""An evaluator for detectron2's `inference_on_dataset`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from segeval.adapters.detectron2_batches import batch_of_detectron2, category_ids, ids_of_classes
from segeval.data import GroundTruth
from segeval.host_batches import on_host
from segeval.metrics.loop.image_targets import ImageTargets
from segeval.metrics.loop.metric import Metric


class SegevalEvaluator:
    """A `DatasetEvaluator` of masks; processes gather once, and all return the numbers.

    Args:
        gt: ground truth, as `load_ground_truth` reads the metadata's `json_file`.
        places: class of each category id, the metadata's `thing_dataset_id_to_contiguous_id`.
        settings: those of `segeval.Metric`.

    Raises:
        InputError: for other types, or a class with two ids.

    Attributes:
        result: of the last evaluation; None before.
    """

    def __init__(self, gt: GroundTruth, places: Mapping[Any, int], **settings: Any) -> None:
        self.ids = ids_of_classes(gt, places)
        self.metric = Metric(gt.categories, box_format="xywh", **settings)
        self.targets = ImageTargets(gt, box_format="xywh")
        self.result: Any = None

    def reset(self) -> None:
        """Forget all images."""
        self.metric.reset()

    def process(self, inputs: Sequence[Mapping[str, Any]], outputs: Sequence[Any]) -> None:
        """Add the images of a batch.

        Raises:
            FormatError: for a class without an id, or a field that is missing.
            ShapeError: for another number of outputs than of inputs.
        """
        with self.metric.remembered():
            keys, found = batch_of_detectron2(inputs, outputs, by_box=self.metric.by_box)
            [preds] = on_host(found)
            for key, columns in zip(keys, preds, strict=True):
                columns["labels"] = category_ids(key, columns["labels"], self.ids)
            self.metric.update(keys, preds, [self.targets[key] for key in keys])

    def evaluate(self) -> OrderedDict[str, dict[str, float]]:
        """Percent by kind of IoU and by detectron2's names; what is undefined is left out."""
        self.result = self.metric.gather().compute()
        return OrderedDict((iou, _percent(each)) for iou, each in self.result.scores.items())


def _percent(scores: Any) -> dict[str, float]:
    means = scores.overall
    own = {"AP": means.ap, "AP50": means.ap50, "AP75": means.ap75}
    own |= {f"AP{each.name[0]}": each.ap for each in scores.sizes}
    own |= {f"AP-{each.name}": each.ap for each in scores.categories}
    return {name: 100 * value for name, value in own.items() if value is not None}
