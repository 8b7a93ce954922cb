"""The request of `segeval train`, and which options exclude each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval.frozen import frozen

if TYPE_CHECKING:
    import torch

    from segeval.models.config import Config
    from segeval.models.training.run_settings import RunSettings


@frozen
class Files:
    """Places of the data; None for an option that is not given.

    Attributes:
        images: a folder.
        annotations: a COCO file.
        label_maps: a folder.
        boxes: a file of predictions.
    """

    images: Path | None
    annotations: Path | None
    label_maps: Path | None
    boxes: Path | None = None


@frozen
class TrainRequest:
    """A run of training, new or continued.

    Attributes:
        config: of the model, not yet fitted to the data.
        settings: of the run.
        learnt: files of the training set.
        measured: files of the validation set.
        classes: of label maps.
        ignore: labels to leave out.
        device: of the model.
        output: folder of the run.
        init: weights to begin with.
        resume: whether to continue the run in the folder.
        overwrite: whether to replace an older run in the folder.
        is_new: whether the configuration comes from a preset or a file instead of the run.
        most_measured: number of validation images to measure; None for all.
    """

    config: Config
    settings: RunSettings
    learnt: Files
    measured: Files
    classes: str | None
    ignore: Sequence[str] | None
    device: torch.device
    output: Path
    init: Path | None
    resume: bool
    overwrite: bool
    is_new: bool
    most_measured: int | None = None


def check_files(
    config: Config, learnt: Files, measured: Files, classes: str | None, ignore: object
) -> None:
    """Refuse options that exclude each other, before any file is read.

    Raises:
        InputError: for the first conflict.
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


def check_boxes(asked: TrainRequest) -> None:
    """Refuse boxes for a model that finds its own, and a model that needs boxes without any.

    A model of crops learns from true boxes if none are given.

    Raises:
        InputError: for the first option that is too much or missing.
    """
    from segeval.models.config.kinds import cuts_out_boxes, needs_boxes

    detector = asked.config.detector
    needs = asked.config.task == "instance" and needs_boxes(detector)
    for files, prefix in ((asked.learnt, "--"), (asked.measured, "--val-")):
        if files.boxes is not None and not needs:
            raise InputError(
                f"{prefix}boxes: {asked.config.name} finds its own boxes (detector.kind is "
                f'"{detector.kind}"). Leave it out, or choose one that works on boxes: --set '
                "detector.kind=regressor, or crops.",
                code="option",
            )
        has_true_ones = prefix == "--" and cuts_out_boxes(detector)
        if files.boxes is None and needs and files.annotations is not None and not has_true_ones:
            raise InputError(
                f"{prefix}boxes is missing: {asked.config.name} works on boxes that it is given, "
                "of a file of predictions.",
                code="option",
            )


def check_beginning(init: Path | None, *, resume: bool, overwrite: bool) -> None:
    """Refuse initial weights for a resumed run, and to replace the run that is resumed.

    Raises:
        InputError: if both are requested.
    """
    if resume and overwrite:
        raise InputError(
            "--resume continues the run that --overwrite would replace. Leave out one of them.",
            code="option",
        )
    if resume and init is not None:
        raise InputError(
            f"--init {init}: --resume takes the weights from the run in the folder. Leave out "
            "--init, or leave out --resume and name another folder.",
            code="option",
        )


def check_measured(asked: TrainRequest) -> None:
    """Refuse validation options without validation data.

    Raises:
        InputError: for the first that is given.
    """
    if asked.measured.annotations is not None or asked.measured.label_maps is not None:
        return
    given = {name: getattr(asked.settings, name) for name in ("metric", "patience", "eval_every")}
    for name, value in (given | {"val_limit": asked.most_measured}).items():
        if value is not None:
            raise InputError(
                f"--{name.replace('_', '-')} is given, but nothing is measured: name images and "
                "their annotations, such as --val-images val/ --val-annotations val.json.",
                code="option",
            )


def _named(prefix: str, option: str) -> str:
    return prefix + option.replace("_", "-")
