"""Evaluation of the files to compare, by the function that reads their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

from segeval.checks.label_map_report import are_label_maps
from segeval.data import GroundTruth, load_ground_truth
from segeval.data.cityscapes.frames import LISTS
from segeval.data.cityscapes.labels import frame_of
from segeval.data.folder_files import files_below
from segeval.data.id_maps.elsewhere import CONVERTED
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.paths import is_csv, is_folder
from segeval.errors import FormatError, InputError
from segeval.frozen import frozen
from segeval.metrics.cityscapes.average_precision import cityscapes_ap
from segeval.metrics.coco.average_precision import average_precision
from segeval.metrics.id_maps.average_precision import id_maps_ap
from segeval.metrics.open_images.average_precision import open_images_ap
from segeval.metrics.panoptic.quality import panoptic_quality
from segeval.metrics.result import Result
from segeval.metrics.semantic.mean_iou import mean_iou

OTHERS: dict[str, Callable[..., Result[Any]]] = {
    "cityscapes": cityscapes_ap,
    "openimages": open_images_ap,
    "id-maps": id_maps_ap,
}
"""Functions of protocols that do not read COCO's files."""

NAMES = {
    "average_precision": "instances of COCO or LVIS",
    "cityscapes_ap": "instances of Cityscapes",
    "open_images_ap": "instances of Open Images",
    "id_maps_ap": "id maps",
    "panoptic_quality": "panoptic files",
    "mean_iou": "label maps",
}
"""What each function evaluates, for messages."""


@frozen
class Evaluation:
    """How the files of a comparison are evaluated.

    Attributes:
        function: what evaluates one file of predictions.
        gt: the ground truth, read where that is possible once for all.
        arguments: by name.
    """

    function: Callable[..., Result[Any]]
    gt: Any
    arguments: Mapping[str, Any]

    def of(self, preds: Any, workers: int | None) -> Result[Any]:
        """The result of one file of predictions; errors as the function has them."""
        return self.function(preds, self.gt, workers=workers, **self.arguments)


def evaluation_of(preds: Any, gt: Any, arguments: Mapping[str, Any]) -> Evaluation:
    """How files are evaluated: what they are decides, as the commands of segeval recognise it.

    Args:
        preds: the first file of predictions.
        gt: the ground truth.
        arguments: of the evaluation, by name; None for those that are not given.

    Raises:
        InputError: for an argument that the files' kind does not have, or for label maps without
            their classes.
        FormatError: for ground truth that cannot be used.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    function, gt = _recognised(preds, gt, given)
    if function in OTHERS.values():
        given.pop("protocol", None)
    if function is open_images_ap and isinstance(given.get("max_dets"), list | tuple):
        given["max_dets"] = _only(given["max_dets"])
    if function is mean_iou and "classes" not in given:
        raise InputError(
            f"{preds}: label maps are evaluated by their classes, expected `classes` as well, such "
            f'as `classes="cityscapes"`. {CONVERTED}',
            code="classes",
            path=str(preds),
            option="classes",
        )
    known = signature(function).parameters
    for name in given:
        if name not in known:
            raise InputError(
                f"`{name}` does not go with {NAMES[function.__name__]}.",
                code="option",
                option=name,
            )
    return Evaluation(function, gt, given)


def _only(max_dets: Sequence[int]) -> int:
    """The cap of Open Images, which has one."""
    if len(max_dets) != 1:
        raise InputError(
            f"`max_dets` is {list(max_dets)}, expected one number for Open Images.",
            code="max-dets",
            option="max_dets",
        )
    return max_dets[0]


def _recognised(
    preds: Any, gt: Any, given: Mapping[str, Any]
) -> tuple[Callable[..., Result[Any]], Any]:
    """The function for the files, and the ground truth as it takes it."""
    protocol = given.get("protocol")
    if isinstance(protocol, str) and protocol in OTHERS:
        return OTHERS[protocol], gt
    if "classes" in given:
        return mean_iou, gt
    if is_csv(gt):
        return open_images_ap, gt
    if isinstance(gt, PanopticSegments):
        return panoptic_quality, gt
    if are_label_maps(preds, gt):
        if lists_masks(preds):
            return cityscapes_ap, gt
        return mean_iou, gt
    if isinstance(gt, GroundTruth):
        return average_precision, gt
    try:
        return average_precision, load_ground_truth(gt)
    except FormatError as error:
        if error.code != "panoptic":
            raise
        return panoptic_quality, gt


def lists_masks(preds: Any) -> bool:
    """Whether a folder of predictions has Cityscapes' lists of masks, named after frames."""
    if not isinstance(preds, str | Path) or not is_folder(Path(preds)):
        return False
    return any(map(frame_of, files_below(Path(preds), LISTS)))
