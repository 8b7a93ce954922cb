"""Training and validation data of `segeval train`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segeval_cli.commands.train.request import Files
from segeval_cli.values import parse_ignored

if TYPE_CHECKING:
    from segeval.data.label_maps.classes import LabelClasses
    from segeval.models.config import Config
    from segeval.models.training.data import TrainingData
    from segeval.models.training.validation import (
        InstanceValidation,
        SemanticValidation,
        ValidationSettings,
    )

VOID = 255
"""The label of no class in most data sets."""


def training_data(
    files: Files, classes: str | None, ignore: Sequence[str] | None, config: Config
) -> TrainingData:
    """The training images with their annotations or label maps.

    Args:
        files: to read.
        classes: of label maps, as for `segeval miou`.
        ignore: labels to leave out; None for 255, unless it is a class.
        config: of the model: whether it sees crops, and whether objects must have masks.

    Raises:
        InputError: if a file is missing or cannot be used; the message names it.
    """
    images = files.images or Path()
    if files.annotations is not None:
        from segeval.models.config.kinds import cuts_out_boxes, draws_masks
        from segeval.models.training.crop_data import crop_data
        from segeval.models.training.instance_data import instance_data

        detector = config.detector
        if cuts_out_boxes(detector):
            return crop_data(images, files.annotations, boxes=files.boxes, iou=detector.iou)
        masks = draws_masks(config.mask)
        iou = min(getattr(config.detector, "ious", ()), default=None)
        return instance_data(
            images, files.annotations, boxes=files.boxes, iou=iou, needs_masks=masks
        )
    from segeval.data.label_maps.classes import label_classes
    from segeval.models.training.label_map_data import label_map_data

    labels = label_classes(classes or "", parse_ignored(ignore))
    if ignore is None and VOID not in labels.ids:
        labels = label_classes(labels, VOID)
    return label_map_data(images, files.label_maps or Path(), labels)


def validation_data(
    files: Files, learnt: Files, config: Config, data: TrainingData, settings: ValidationSettings
) -> InstanceValidation | SemanticValidation | None:
    """The validation data; None without any.

    Args:
        files: to read; without a folder of images, the training set's is used.
        learnt: files of the training set.
        config: of the model.
        data: the training set; the classes must be the same.
        settings: how the images are predicted.

    Raises:
        InputError: if a file is missing or cannot be used; the message names it.
    """
    from segeval.models.training.validation import instance_validation, semantic_validation

    images = files.images or learnt.images or Path()
    if files.annotations is not None:
        return instance_validation(
            images,
            files.annotations,
            config=config,
            categories=data.categories,
            settings=settings,
            boxes=files.boxes,
        )
    if files.label_maps is not None:
        classes: LabelClasses = data.images.classes  # type: ignore[attr-defined]
        return semantic_validation(
            images, files.label_maps, config=config, classes=classes, settings=settings
        )
    return None
