"""Validation during training: the model predicts, and segeval measures what it predicted.

Several processes predict every one of them a part of the images; what they found is put back in
the order of the images and measured once, so that the numbers are those of one process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from torch import nn

from segeval.data import GroundTruth, Predictions, predictions_from_arrays
from segeval.data.label_maps.classes import LabelClasses
from segeval.data.label_maps.pairs import LabelPair
from segeval.errors import InputError, Note
from segeval.masks import RunLengths, concatenate
from segeval.metrics.coco.average_precision import average_precision
from segeval.metrics.semantic.one_image import Plan, count_image
from segeval.metrics.semantic.statistics import LabelMapStatistics, label_map_statistics
from segeval.metrics.semantic.summary import mean_iou_scores
from segeval.models.config import Config
from segeval.models.predict.options import PredictionOptions
from segeval.models.predict.photo_queue import Photo
from segeval.models.predict.predictor import Predicted, predict
from segeval.models.training.distributed import ALONE, Processes
from segeval.models.training.instance_data import InstanceImages, instance_data
from segeval.models.training.label_map_data import LabelMapImages, label_map_data

SIZES = ("small", "medium", "large")

INSTANCE_METRICS = (
    "AP", "AP50", "AP75", "boundary_AP", "boundary_AP50", "boundary_AP75",
    *(f"AP_{size}" for size in SIZES),
)  # fmt: skip

TRIMAPS = (1.0, 3.0, 8.0, 20.0)
"""Widths of bands around boundaries in which mean IoU is measured, in pixels on either side."""

SEMANTIC_METRICS = ("mIoU", "pixel_accuracy", *(f"trimap_{width:g}" for width in TRIMAPS))

OnProgress = Callable[[int, int], None]

T = TypeVar("T")


def unheard(done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Measuring:
    """How the images of a validation are predicted.

    Attributes:
        device: of the model.
        workers: threads that read images.
        processes: that share the images.
        on_progress: is told how many of how many images this process has done.
    """

    device: str = "cpu"
    workers: int = 2
    processes: Processes = ALONE
    on_progress: OnProgress = unheard


@dataclass(frozen=True, eq=False)
class Predicting:
    """Images that a model predicts during training, as `segeval predict` would.

    Attributes:
        photos: every image, in order.
        config: of the model.
        category_ids: id of each class.
        how: they are predicted.
    """

    photos: tuple[Photo, ...]
    config: Config
    category_ids: tuple[int, ...]
    how: Measuring

    def __call__(self, model: nn.Module) -> Iterator[Predicted]:
        """What is found in this process's part of the images."""
        how, shown = self.how, self.config.input
        own = self.photos[how.processes.rank :: how.processes.world]
        options = PredictionOptions(
            device=how.device,
            flip=shown.test_flip,
            scales=shown.test_scales,
            workers=max(1, how.workers),
        )
        found = predict(
            model,
            own,
            shown,
            category_ids=self.category_ids,
            semantic=self.config.task == "semantic",
            options=options,
        )
        for done, each in enumerate(found, start=1):
            yield each
            how.on_progress(done, len(own))


@dataclass(frozen=True, eq=False)
class InstanceValidation:
    """AP of masks and of boundaries, by the rules of COCO.

    Attributes:
        gt: ground truth.
        predicting: every image of it.
        notes: what the reader of the ground truth found.
    """

    gt: GroundTruth
    predicting: Predicting
    notes: tuple[Note, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of what is measured; the first counts, if nothing else is said."""
        return INSTANCE_METRICS

    def __call__(self, model: nn.Module) -> Mapping[str, float | None]:
        """Fractions by name, in the first process; nothing in the others."""

        def predicted() -> list[Any]:
            found: Any = self.predicting(model)
            return [_columns(each.found) for each in found]

        processes = self.predicting.how.processes
        parts = processes.gather(processes.together(predicted))
        if parts is None:
            return {}
        preds = _joined(in_turn(parts))
        found = average_precision(preds, self.gt, iou=("segm", "boundary"))
        masks, boundaries = found.first.overall, found.scores["boundary"].overall
        by_size = {f"AP_{each.name}": each.ap for each in found.first.sizes}
        return {
            "AP": masks.ap,
            "AP50": masks.ap50,
            "AP75": masks.ap75,
            "boundary_AP": boundaries.ap,
            "boundary_AP50": boundaries.ap50,
            "boundary_AP75": boundaries.ap75,
            **{name: by_size.get(name) for name in INSTANCE_METRICS if name in by_size},
        }


@dataclass(frozen=True, eq=False)
class SemanticValidation:
    """Mean IoU of label maps, whole and in bands around the boundaries.

    Attributes:
        label_maps: of each image.
        classes: that are evaluated.
        predicting: the images; the id of each is its place in `label_maps`.
        notes: what is not measured.
    """

    label_maps: tuple[Path, ...]
    classes: LabelClasses
    predicting: Predicting
    notes: tuple[Note, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of what is measured; the first counts, if nothing else is said."""
        return SEMANTIC_METRICS

    def __call__(self, model: nn.Module) -> Mapping[str, float | None]:
        """Fractions by name, in the first process; nothing in the others."""
        plan = Plan(self.classes, widths=TRIMAPS)

        def counted() -> LabelMapStatistics:
            keys, counts = [], []
            for each in self.predicting(model):
                truth, name = self.label_maps[each.photo.id], each.photo.name
                keys.append(str(truth))
                pair = LabelPair(np.asarray(each.found), truth, name, str(truth), keys[-1])
                counts.append(count_image(pair, plan))
            return label_map_statistics(counts, keys, plan, TRIMAPS)

        processes = self.predicting.how.processes
        parts = processes.gather(processes.together(counted))
        if parts is None:
            return {}
        found = mean_iou_scores(LabelMapStatistics.merge(parts))
        return {
            "mIoU": found.miou,
            "pixel_accuracy": found.pixel_accuracy,
            **{f"trimap_{each.width:g}": each.miou for each in found.trimap},
        }


def instance_validation(
    images: str | Path,
    annotations: str | Path | Mapping[str, Any],
    *,
    config: Config,
    categories: Sequence[tuple[int, str]],
    how: Measuring | None = None,
) -> InstanceValidation:
    """Ground truth and images to measure an instance model on.

    Args:
        images: the folder of the images.
        annotations: a COCO file, or a COCO dictionary.
        config: of the model; images are looked at as `segeval predict` does.
        categories: id and name of each class of the model.
        how: the images are predicted; None for one process on a CPU.

    Raises:
        InputError: if a file or a folder is missing.
        FormatError: if the file is no ground truth.
        MismatchError: if its categories are others.
    """
    data = instance_data(images, annotations, expected=categories, keep_empty=True)
    found = data.images
    if not isinstance(found, InstanceImages) or len(found) != len(found.gt.images):
        raise InputError(f"{data.source}: not every image can be used.", code="images")
    photos = tuple(
        Photo(path, int(key), name, (int(size[0]), int(size[1])))
        for path, key, name, size in zip(
            found.files, found.gt.images.id, found.names, found.sizes, strict=True
        )
    )
    ids = tuple(key for key, _ in categories)
    predicting = Predicting(photos, config, ids, how or Measuring())
    # not those of `data`: what cannot be trained on is measured all the same
    return InstanceValidation(found.gt, predicting, found.gt.notes)


def semantic_validation(
    images: str | Path,
    label_maps: str | Path,
    *,
    config: Config,
    classes: LabelClasses,
    how: Measuring | None = None,
) -> SemanticValidation:
    """Label maps and images to measure a semantic model on.

    Args:
        images: the folder of the images.
        label_maps: the folder of the label maps.
        config: of the model; images are looked at as `segeval predict` does.
        classes: of the model.
        how: the images are predicted; None for one process on a CPU.

    Raises:
        InputError: if a folder or a file is missing.
        MismatchError: if images and label maps do not belong together.
    """
    data = label_map_data(images, label_maps, classes)
    found = data.images
    if not isinstance(found, LabelMapImages):
        raise InputError(f"{data.source}: has no label maps.", code="images")
    photos = tuple(
        Photo(path, place, str(path), (int(size[0]), int(size[1])))
        for place, (path, size) in enumerate(zip(found.files, found.sizes, strict=True))
    )
    predicting = Predicting(photos, config, found.classes.ids, how or Measuring())
    return SemanticValidation(found.label_maps, found.classes, predicting, data.notes)


def in_turn(parts: Sequence[Sequence[T]]) -> list[T]:
    """Items that were dealt to several processes, in their order before.

    Example:
        >>> in_turn([["a", "c", "e"], ["b", "d"]])
        ['a', 'b', 'c', 'd', 'e']
    """
    total = sum(len(part) for part in parts)
    return [parts[place % len(parts)][place // len(parts)] for place in range(total)]


def _columns(preds: Predictions) -> tuple[Any, ...]:
    """Predictions of one image as what can travel between processes."""
    sizes = preds.segments.strings.sizes
    masks = preds.segments.run_lengths(sizes, preds, workers=1)
    runs = (masks.counts, masks.offsets, masks.sizes)
    return preds.image_id, preds.category_id, preds.score, preds.boxes, runs


def _joined(columns: Sequence[tuple[Any, ...]]) -> Predictions:
    """Predictions of all images."""
    image_id, category_id, score, boxes, runs = zip(*columns, strict=True)
    return predictions_from_arrays(
        image_id=np.concatenate(image_id),
        category_id=np.concatenate(category_id),
        score=np.concatenate(score),
        boxes=np.concatenate(boxes),
        masks=concatenate([RunLengths(*each) for each in runs]),
        source="validation",
    )
