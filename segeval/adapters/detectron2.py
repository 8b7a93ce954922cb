"""An evaluator for detectron2's `inference_on_dataset`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from segeval.adapters.instances import columns_of_detectron2
from segeval.data import GroundTruth
from segeval.errors import FormatError
from segeval.host_batches import on_host
from segeval.metrics.loop.image_targets import ImageTargets
from segeval.metrics.loop.metric import Metric


class SegevalEvaluator:
    """A `DatasetEvaluator` of masks; processes gather once, and all return the numbers.

    Args:
        gt: ground truth, as `load_ground_truth` reads the metadata's `json_file`.
        places: class of each category id, the metadata's `thing_dataset_id_to_contiguous_id`.
        settings: those of `segeval.Metric`.

    Attributes:
        result: of the last evaluation; None before.
    """

    def __init__(self, gt: GroundTruth, places: Mapping[Any, int], **settings: Any) -> None:
        self.metric = Metric(gt.categories, box_format="xywh", **settings)
        self.targets = ImageTargets(gt, box_format="xywh")
        self.ids = {place: key for key, place in places.items()}
        self.result: Any = None

    def reset(self) -> None:
        """Forget all images."""
        self.metric.reset()

    def process(self, inputs: Sequence[Mapping[str, Any]], outputs: Sequence[Any]) -> None:
        """Add the images of a batch.

        Raises:
            FormatError: for a class without an id.
        """
        ids = [each["image_id"] for each in inputs]
        by_box = self.metric.by_box
        found = [columns_of_detectron2(each["instances"], by_box=by_box) for each in outputs]
        [preds] = on_host(found)
        for key, columns in zip(ids, preds, strict=True):
            columns["labels"] = self._labels(key, columns["labels"].tolist())
        self.metric.update(ids, preds, [self.targets[key] for key in ids])

    def evaluate(self) -> OrderedDict[str, dict[str, float]]:
        """Percent by kind of IoU and by detectron2's names; what is undefined is left out."""
        self.result = self.metric.gather().compute()
        return OrderedDict((iou, _percent(each)) for iou, each in self.result.scores.items())

    def _labels(self, key: Any, places: list[int]) -> list[Any]:
        if unknown := {*places} - {*self.ids}:
            text = f"class {min(unknown)} is none of the data set's, which has 0 to {max(self.ids)}"
            raise FormatError(f"image {key}: {text}.", code="category", field="pred_classes")
        return [self.ids[place] for place in places]


def _percent(scores: Any) -> dict[str, float]:
    means = scores.overall
    own = {"AP": means.ap, "AP50": means.ap50, "AP75": means.ap75}
    own |= {f"AP{each.name[0]}": each.ap for each in scores.sizes}
    own |= {f"AP-{each.name}": each.ap for each in scores.categories}
    return {name: 100 * value for name, value in own.items() if value is not None}
