"""Validation during training: the model predicts, and segeval evaluates.

Each process predicts and matches its share of the images; what it found is merged in the first one,
so that the numbers equal those of a single process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import numpy as np
from torch import nn

from segeval.data import GroundTruth, Predictions
from segeval.data.keys import written
from segeval.data.label_maps.classes import LabelClasses
from segeval.errors import InputError, Note
from segeval.kernels.threads import OnProgress
from segeval.metrics.loop.growing import GrowingMetric
from segeval.metrics.loop.image_targets import ImageTargets
from segeval.metrics.loop.label_maps import LabelMapMetric
from segeval.metrics.loop.metric import Metric
from segeval.models.arguments import require_least
from segeval.models.config import Config
from segeval.models.config.kinds import draws_masks
from segeval.models.predict.options import PredictionOptions
from segeval.models.predict.photo_queue import Photo
from segeval.models.predict.predictor import Predicted, predict
from segeval.models.training.distributed import ALONE, Processes
from segeval.models.training.instance_data import InstanceImages, instance_data
from segeval.models.training.label_map_data import LabelMapImages, label_map_data

SIZES = ("small", "medium", "large")

SUFFIXES = ("", "50", "75")
"""Of the names of AP: the mean over thresholds, and single ones in percent."""

INSTANCE_METRICS = (
    "AP", "AP50", "AP75", "boundary_AP", "boundary_AP50", "boundary_AP75",
    *(f"AP_{size}" for size in SIZES),
)  # fmt: skip

TRIMAPS = (1.0, 3.0, 8.0, 20.0)
"""Widths of trimaps for mean IoU, in pixels on each side of a boundary."""

SEMANTIC_METRICS = ("mIoU", "pixel_accuracy", *(f"trimap_{width:g}" for width in TRIMAPS))

M = TypeVar("M", bound=GrowingMetric)


@dataclass(frozen=True)
class ValidationSettings:
    """How the images of a validation are predicted.

    Attributes:
        device: of the model.
        workers: threads that read images.
        processes: that share the images.
        on_progress: told how many of how many images this process has done; may be None.
        most_images: number of images to measure, spread evenly over the list; None for all.
    """

    device: str = "cpu"
    workers: int = 2
    processes: Processes = ALONE
    on_progress: OnProgress | None = None
    most_images: int | None = None

    def __post_init__(self) -> None:
        require_least([("most_images", self.most_images, 1)])

    def chosen(self, photos: Sequence[Photo]) -> tuple[Photo, ...]:
        """The images that are measured, in order."""
        number = len(photos) if self.most_images is None else min(self.most_images, len(photos))
        return tuple(photos[place * len(photos) // number] for place in range(number))


@dataclass(frozen=True, eq=False)
class ValidationImages:
    """Images that a model predicts during training, exactly like `segeval predict`.

    Attributes:
        photos: every image to measure, in order.
        config: of the model.
        category_ids: id of each class.
        settings: how they are predicted.
    """

    photos: tuple[Photo, ...]
    config: Config
    category_ids: tuple[int, ...]
    settings: ValidationSettings

    def predicted(self, model: nn.Module) -> Iterator[Predicted]:
        """Predictions for this process's share of the images."""
        shown, settings = self.config.input, self.settings
        own = self.photos[settings.processes.rank :: settings.processes.world]
        options = PredictionOptions.of(
            shown, device=settings.device, workers=max(1, settings.workers)
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
            if settings.on_progress is not None:
                settings.on_progress(done, len(own))

    def merged(self, work: Callable[[], M]) -> M | None:
        """In the first process the metric of all processes' images; None in others.

        Args:
            work: makes the metric of this process's share.

        Raises:
            InputError: in every process, if any raises it.
        """
        processes = self.settings.processes
        parts: list[M] | None = processes.gather(processes.together(work))
        if parts is None:
            return None
        metric, *others = parts
        for other in others:
            metric.merge(other)
        return metric


@dataclass(frozen=True, eq=False)
class InstanceValidation:
    """AP of masks and of boundaries, or of boxes alone, by the rules of COCO.

    Attributes:
        gt: ground truth.
        images: its images, or some of them.
        notes: of the ground truth's reader.
    """

    gt: GroundTruth
    images: ValidationImages
    notes: tuple[Note, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics; the first decides unless the run names another."""
        if self._has_masks:
            return INSTANCE_METRICS
        return tuple(name for name in INSTANCE_METRICS if not name.startswith("boundary"))

    @property
    def _has_masks(self) -> bool:
        """Whether masks are predicted, or boxes alone."""
        return draws_masks(self.images.config.mask)

    def __call__(self, model: nn.Module) -> Mapping[str, float | None]:
        """Fractions by name, in the first process; nothing in the others."""
        metric = self.images.merged(lambda: self._matched(model))
        if metric is None:
            return {}
        found = metric.compute()
        overall, by_boundary = found.first.overall, found.scores.get("boundary")
        boundaries = None if by_boundary is None else by_boundary.overall
        by_size = {f"AP_{each.name}": each.ap for each in found.first.sizes}
        values = {f"AP{suffix}": getattr(overall, f"ap{suffix}") for suffix in SUFFIXES}
        if boundaries is not None:
            values |= {
                f"boundary_AP{suffix}": getattr(boundaries, f"ap{suffix}") for suffix in SUFFIXES
            }
        return values | {name: by_size[name] for name in INSTANCE_METRICS if name in by_size}

    @cached_property
    def _targets(self) -> ImageTargets:
        """The ground truth, image by image."""
        return ImageTargets(self.gt)

    def _matched(self, model: nn.Module) -> Metric:
        """This process's share of the images, matched while they come."""
        metric = Metric(
            self.gt.categories, iou=("segm", "boundary") if self._has_masks else ("bbox",)
        )
        for each in self.images.predicted(model):
            preds = cast("Predictions", each.found)
            pred: dict[str, Any] = {
                "scores": preds.score,
                "labels": written(preds.category_id, preds.category_keys),
            }
            if self._has_masks:
                sizes = np.full((len(preds), 2), each.size, np.int32)
                pred["masks"] = preds.segmentations.run_lengths(sizes, preds)
            else:
                corners = preds.boxes.copy()
                corners[:, 2:] += corners[:, :2]
                pred["boxes"] = corners
            metric.update([each.photo.id], [pred], [self._targets[each.photo.id]])
        return metric


@dataclass(frozen=True, eq=False)
class SemanticValidation:
    """Mean IoU of label maps, over all pixels and near the boundaries.

    Attributes:
        label_maps: of each image.
        classes: the classes to evaluate.
        images: of the label maps; an id is an index into `label_maps`.
        notes: what is not measured.
        metrics: names of the metrics; the first decides unless the run names another.
    """

    label_maps: tuple[Path, ...]
    classes: LabelClasses
    images: ValidationImages
    notes: tuple[Note, ...] = ()
    metrics: ClassVar[tuple[str, ...]] = SEMANTIC_METRICS

    def __call__(self, model: nn.Module) -> Mapping[str, float | None]:
        """Fractions by name, in the first process; nothing in the others."""
        metric = self.images.merged(lambda: self._counted(model))
        if metric is None:
            return {}
        found = metric.compute().scores
        return {
            "mIoU": found.miou,
            "pixel_accuracy": found.pixel_accuracy,
            **{f"trimap_{each.width:g}": each.miou for each in found.trimap},
        }

    def _counted(self, model: nn.Module) -> LabelMapMetric:
        """This process's share of the images, counted while they come."""
        metric = LabelMapMetric(self.classes, trimap=TRIMAPS, workers=1)
        for each in self.images.predicted(model):
            truth = self.label_maps[int(each.photo.id)]
            metric.update([str(truth)], [np.asarray(each.found)], [truth])
        return metric


def instance_validation(
    images: str | Path,
    annotations: str | Path | Mapping[str, Any],
    *,
    config: Config,
    categories: Sequence[tuple[int, str]],
    settings: ValidationSettings | None = None,
    boxes: str | Path | None = None,
) -> InstanceValidation:
    """Ground truth and images to measure an instance model on.

    Args:
        images: the folder of the images.
        annotations: a COCO file or dictionary.
        config: of the model.
        categories: id and name of each class of the model.
        settings: how the images are predicted; None for one process on a CPU.
        boxes: a file of predictions whose boxes the model is shown; None to let it find its own.

    Raises:
        InputError: if a file or a folder is missing.
        FormatError: if the file is not ground truth.
        MismatchError: if its categories differ from the model's.
    """
    data = instance_data(
        images,
        annotations,
        expected=categories,
        keep_empty=True,
        boxes=boxes,
        needs_masks=draws_masks(config.mask),
    )
    found = data.images
    if not isinstance(found, InstanceImages) or len(found) != len(found.gt.images):
        raise InputError(f"{data.source}: not every image can be used.", code="images")
    photos = tuple(
        Photo(
            path,
            key,
            name,
            (int(size[0]), int(size[1])),
            None if found.given is None else found.given.of(key),
        )
        for path, key, name, size in zip(
            found.files, found.ids, found.names, found.sizes, strict=True
        )
    )
    ids = tuple(key for key, _ in categories)
    settings = settings or ValidationSettings()
    chosen = ValidationImages(settings.chosen(photos), config, ids, settings)
    # not those of `data`: annotations that cannot train still count
    notes = (*found.gt.notes, *(note for note in data.notes if note.code == "no-boxes"))
    return InstanceValidation(found.gt, chosen, notes)


def semantic_validation(
    images: str | Path,
    label_maps: str | Path,
    *,
    config: Config,
    classes: LabelClasses,
    settings: ValidationSettings | None = None,
) -> SemanticValidation:
    """Label maps and images to measure a semantic model on.

    Args:
        images: the folder of the images.
        label_maps: the folder of the label maps.
        config: of the model.
        classes: of the model.
        settings: how the images are predicted; None for one process on a CPU.

    Raises:
        InputError: if a folder or a file is missing.
        MismatchError: if an image and its label map do not fit together.
    """
    data = label_map_data(images, label_maps, classes)
    found = data.images
    if not isinstance(found, LabelMapImages):
        raise InputError(f"{data.source}: has no label maps.", code="images")
    photos = tuple(
        Photo(path, place, str(path), (int(size[0]), int(size[1])))
        for place, (path, size) in enumerate(zip(found.files, found.sizes, strict=True))
    )
    settings = settings or ValidationSettings()
    chosen = ValidationImages(settings.chosen(photos), config, found.classes.ids, settings)
    return SemanticValidation(found.label_maps, found.classes, chosen, data.notes)
