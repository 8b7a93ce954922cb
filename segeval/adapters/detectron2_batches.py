"""What models of detectron2 find in a batch, as `segeval.Metric` takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval.adapters.fields import field_of
from segeval.data import GroundTruth
from segeval.data.keys import Key, shown_key
from segeval.errors import FormatError, InputError, ShapeError
from segeval.metrics.loop.batch_ids import image_keys
from segeval.metrics.loop.places import array_of
from segeval.words import counted


def ids_of_classes(gt: Any, places: Any) -> dict[int, Any]:
    """Ids of categories by the classes of a model of detectron2.

    Args:
        gt: ground truth.
        places: class of each id.

    Raises:
        InputError: for other types, or if a class has no id of its own.
    """
    if not isinstance(gt, GroundTruth):
        raise InputError(
            f"`gt` is of the type {type(gt).__name__}, expected what `load_ground_truth` reads.",
            code="type",
            option="gt",
        )
    if not isinstance(places, Mapping) or not places:
        had = "empty" if isinstance(places, Mapping) else f"of the type {type(places).__name__}"
        raise InputError(
            f"`places` is {had}, expected a mapping of category ids to classes, such as the "
            "metadata's `thing_dataset_id_to_contiguous_id`.",
            code="type",
            option="places",
        )
    ids: dict[int, Any] = {}
    for key, place in places.items():
        other: Any = ids.setdefault(place, key)
        if other is not key:
            raise InputError(
                f"`places` gives the categories {shown_key(other)} and {shown_key(key)} the same "
                f"class, {place!r}: expected a class of its own for each.",
                code="category",
                option="places",
            )
    return ids


def batch_of_detectron2(
    inputs: Sequence[Any], outputs: Sequence[Any], *, by_box: bool
) -> tuple[list[Key], list[dict[str, Any]]]:
    """Ids of the images of a batch, and what was found in each.

    Raises:
        FormatError: for a field that is missing.
        ShapeError: for another number of outputs than of inputs.
    """
    if len(inputs) != len(outputs):
        raise ShapeError(
            f"`outputs` has {counted(len(outputs), 'entry', 'entries')} for "
            f"{counted(len(inputs), 'input')}.",
            code="shape",
            option="outputs",
        )
    keys = image_keys([
        field_of(each, "image_id", f"input #{place} of the batch")
        for place, each in enumerate(inputs)
    ])  # fmt: skip
    found = []
    for key, each in zip(keys, outputs, strict=True):
        where = f"image {shown_key(key)}: the output"
        instances = field_of(each, "instances", where)
        found.append(columns_of_detectron2(instances, f"{where}'s `instances`", by_box=by_box))
    return keys, found


def columns_of_detectron2(found: Any, where: str, *, by_box: bool) -> dict[str, Any]:
    """`Instances` of detectron2; labels are classes of the model, boxes a corner and a size."""
    names = {"scores": "scores", "labels": "pred_classes", "masks": "pred_masks"}
    columns = {own: field_of(found, name, where) for own, name in names.items()}
    if by_box:
        boxes = field_of(found, "pred_boxes", where)
        columns["boxes"] = field_of(boxes, "tensor", f"{where.split(':')[0]}: `pred_boxes`").clone()
        if tuple(columns["boxes"].shape[1:]) == (4,):  # the metric refuses others, such as rotated
            columns["boxes"][:, 2:] -= columns["boxes"][:, :2]  # float32, as detectron2 does it
    return columns


def category_ids(key: Key, given: Any, ids: Mapping[int, Any]) -> list[Any]:
    """Ids of the categories of an image's predictions.

    Args:
        key: the image.
        given: `pred_classes`, (N,).
        ids: as `ids_of_classes` gives them.

    Raises:
        FormatError: for a class without an id.
    """
    where = f"image {shown_key(key)}"
    places = array_of(given, f"{where}: `pred_classes`", "pred_classes").ravel().tolist()
    if unknown := {*places} - {*ids}:
        text = f"class {min(unknown)} is none of the data set's, which has 0 to {max(ids)}"
        raise FormatError(f"{where}: {text}.", code="category", field="pred_classes")
    return [ids[place] for place in places]
