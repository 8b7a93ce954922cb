"""What `segeval train` learns from, and what it measures on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval_cli.values import parse_ids

if TYPE_CHECKING:
    from segeval.data.label_maps.classes import LabelClasses
    from segeval.models.config import Config
    from segeval.models.training.data import TrainingData
    from segeval.models.training.run_settings import RunSettings
    from segeval.models.training.validation import (
        InstanceValidation,
        SemanticValidation,
        ValidationSettings,
    )

VOID = 255
"""The label that stands for no class in most data sets."""


@dataclass(frozen=True)
class Files:
    """Where data are; None is not given.

    Attributes:
        images: a folder.
        annotations: a COCO file.
        label_maps: a folder.
    """

    images: Path | None
    annotations: Path | None
    label_maps: Path | None


def check_files(
    config: Config, learnt: Files, measured: Files, classes: str | None, ignore: object
) -> None:
    """Refuse options that do not go together, before any file is read.

    Raises:
        InputError: for the first of them.
    """
    semantic = config.task == "semantic"
    wanted, other = ("label_maps", "annotations") if semantic else ("annotations", "label_maps")
    what = "label maps" if semantic else "objects"
    for files, option, prefix in ((learnt, "--", ""), (measured, "--val-", "val-")):
        if getattr(files, other) is not None:
            raise InputError(
                f"{_named(option, other)}: the configuration {config.name} is for {what}. Give "
                f"{_named(option, wanted)}, or another --config (segeval models lists them).",
                code="option",
            )
        if getattr(files, wanted) is None and (not prefix or files.images is not None):
            reason = f" beside --{prefix}images" if prefix else f": {config.name} is for {what}"
            raise InputError(f"{_named(option, wanted)} is missing{reason}.", code="option")
    if semantic and classes is None:
        raise InputError(
            "--classes is missing: say which labels the label maps have, such as cityscapes, a "
            "number of classes, or a file of ids and names.",
            code="option",
        )
    if not semantic and (classes is not None or ignore):
        option = "--ignore" if classes is None else "--classes"
        raise InputError(
            f"{option} is for label maps; the categories of objects are in the annotations.",
            code="option",
        )


def check_beginning(init: Path | None, *, resume: bool) -> None:
    """Refuse weights to begin with for a run that has begun.

    Raises:
        InputError: if there are some.
    """
    if resume and init is not None:
        raise InputError(
            f"--init {init}: with --resume the weights are those of the run in the folder. Leave "
            "out --init, or leave out --resume and name another folder.",
            code="option",
        )


def check_measured(measured: Files, settings: RunSettings) -> None:
    """Refuse options for what is measured, if nothing is.

    Raises:
        InputError: for the first that is given.
    """
    if measured.annotations is not None or measured.label_maps is not None:
        return
    for name in ("metric", "patience", "eval_every"):
        if getattr(settings, name) is not None:
            raise InputError(
                f"--{name.replace('_', '-')} is given, but nothing is measured: name images and "
                "their annotations, such as --val-images val/ --val-annotations val.json.",
                code="option",
            )


def training_data(files: Files, classes: str | None, ignore: Sequence[str] | None) -> TrainingData:
    """Images with what is to be learned from them.

    Args:
        files: to read.
        classes: of label maps, as `segeval miou` takes them.
        ignore: labels that are not trained on; None for 255, if that is no class.

    Raises:
        InputError: if a file is missing or cannot be used; the message names it.
    """
    images = files.images or Path()
    if files.annotations is not None:
        from segeval.models.training.instance_data import instance_data

        return instance_data(images, files.annotations)
    from segeval.data.label_maps.classes import label_classes
    from segeval.models.training.label_map_data import label_map_data

    labels = label_classes(classes or "", parse_ids(ignore, "--ignore"))
    if ignore is None and VOID not in labels.ids:
        labels = label_classes(labels, VOID)
    return label_map_data(images, files.label_maps or Path(), labels)


def validation_data(
    files: Files,
    learnt: Files,
    config: Config,
    data: TrainingData,
    settings: ValidationSettings,
) -> InstanceValidation | SemanticValidation | None:
    """What is measured on during training, None if nothing is.

    Args:
        files: to read; without a folder of images they are in that of the training set.
        learnt: files of the training set.
        config: of the model.
        data: the training set, whose classes these have to have.
        settings: how the images are predicted.

    Raises:
        InputError: if a file is missing or cannot be used; the message names it.
    """
    from segeval.models.training.validation import instance_validation, semantic_validation

    images = files.images or learnt.images or Path()
    if files.annotations is not None:
        return instance_validation(
            images, files.annotations, config=config, categories=data.categories, settings=settings
        )
    if files.label_maps is not None:
        classes: LabelClasses = data.images.classes  # type: ignore[attr-defined]
        return semantic_validation(
            images, files.label_maps, config=config, classes=classes, settings=settings
        )
    return None


def _named(prefix: str, option: str) -> str:
    return prefix + option.replace("_", "-")
