"""What callers hold in memory, in the form of COCO's files: objects, outputs of models.

Outputs are read where every image's id is known; else the error says how to give the ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.coco.refused_predictions import LIST_OF_PREDICTIONS
from segeval.data.json.broken import shown
from segeval.data.recognisers import known_value, other_format
from segeval.errors import FormatError, ShapeError
from segeval.host_arrays import host_array
from segeval.words import counted

CLASS_KEYS = ("labels", "classes", "pred_classes")
"""Names that models use for the category of each prediction."""

THRESHOLD = 0.5
"""Least probability of a pixel in a mask."""

PLAIN = (Mapping, list, str, int, float)
"""Types of JSON's values."""

GROUND_TRUTH = "an object with images, annotations and categories"


def predictions_in_memory(source: Any, name: str) -> Any:
    """Records in the form of a COCO results file, or of a whole file with scores.

    Args:
        source: records; an object of pycocotools, as `loadRes` gives it; or outputs of a model with
            their image ids.
        name: name for messages.

    Raises:
        FormatError: for anything else; the message says what it is, if that is known.
    """
    dataset = getattr(source, "dataset", None)
    if isinstance(dataset, Mapping):
        return _as_loaded(dataset)
    if isinstance(source, Mapping):
        if "annotations" in source:
            return source
        if source and all(isinstance(key, Integral) for key in source):
            return _records(source.items(), name)
    elif isinstance(source, Sequence) and not isinstance(source, str | bytes):
        first = source[0] if len(source) else None
        if isinstance(first, Mapping) and {"image_id", "instances"} <= {*first}:
            return _of_detectron2(source, name)
        if isinstance(first, Mapping) and {"image_id", "scores"} <= {*first}:
            return _records(_identified(source, name), name)
        if first is None or (isinstance(first, PLAIN) and known_value(source) is None):
            return source  # the reader names what is wrong with a record
        if isinstance(first, Mapping) and {"image_id", "category_id"} <= {*first}:
            return source
    raise _refused(source, name, LIST_OF_PREDICTIONS)


def ground_truth_in_memory(source: Any, name: str) -> Any:
    """Ground truth in the form of a COCO file: a dict, or the `dataset` of an object that has one.

    Raises:
        FormatError: for anything else.
    """
    dataset = getattr(source, "dataset", None)
    if isinstance(dataset, Mapping):
        return dataset
    is_list = isinstance(source, list | tuple)
    if isinstance(source, Mapping) or (is_list and known_value(source) is None):
        return source
    raise _refused(source, name, GROUND_TRUTH)


def _refused(source: Any, name: str, expected: str) -> FormatError:
    """The error for an object that cannot be read."""
    known = known_value(source)
    if known is not None:
        return other_format(name, known, expected)
    kind = type(source)
    found = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    return FormatError(
        f"{name}: is of the type {found}, expected a path or {expected}.", code="type", path=name
    )


def _as_loaded(dataset: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `loadRes` made of a list of results, without what it added.

    It turns boxes into polygons, whose AP would be taken for that of masks, and gives masks their
    boxes, which would decide their size.
    """
    records = dataset.get("annotations")
    if not isinstance(records, list) or not records or not all(map(_is_loaded, records)):
        return dataset
    if all(_is_box_polygon(each) for each in records):
        added = "segmentation"
    elif any(each["area"] != each["bbox"][2] * each["bbox"][3] for each in records):
        added = "bbox"
    else:
        return dataset
    kept = [{key: each[key] for key in each if key != added} for each in records]
    return {**dataset, "annotations": kept}


def _is_loaded(record: Any) -> bool:
    """Whether a record has what `loadRes` gives every prediction."""
    if not isinstance(record, Mapping) or not {"bbox", "area", "score"} <= {*record}:
        return False
    box = record["bbox"]
    sides = box if isinstance(box, Sequence | np.ndarray) and len(box) == 4 else [None]
    return all(isinstance(each, Real) for each in (*sides, record["area"]))


def _is_box_polygon(record: Mapping[str, Any]) -> bool:
    """Whether the mask is the polygon that `loadRes` makes of a box."""
    box = record["bbox"]
    x, y, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    polygon = [x, y, x, bottom, right, bottom, right, y]
    segmentation = record.get("segmentation")
    return isinstance(segmentation, list) and segmentation == [polygon]


def _of_detectron2(source: Iterable[Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    """The records of detectron2's evaluators: {image_id, instances} per image."""
    records: list[dict[str, Any]] = []
    for place, image in enumerate(source):
        if not {"image_id", "instances"} <= {*image}:
            raise FormatError(
                f"{name}: record #{place} lacks image_id or instances; those before it have both.",
                code="bad-field",
                path=name,
                index=place,
            )
        found = image["instances"]
        if isinstance(found, Sequence) and all(isinstance(each, Mapping) for each in found):
            records += [{"image_id": image["image_id"], **each} for each in found]
        else:
            records += _records([(image["image_id"], found)], name)
    return records


def _identified(source: Iterable[Any], name: str) -> Iterator[tuple[Any, Any]]:
    """Outputs with the image ids that they name."""
    for place, output in enumerate(source):
        if not isinstance(output, Mapping) or "image_id" not in output:
            raise FormatError(
                f"{name}: record #{place} has no image_id; those before it have one.",
                code="missing-field",
                path=name,
                index=place,
                field="image_id",
            )
        yield output["image_id"], output


def _records(outputs: Iterable[tuple[Any, Any]], name: str) -> list[dict[str, Any]]:
    """One record per prediction of outputs with their image ids."""
    records: list[dict[str, Any]] = []
    for image_id, output in outputs:
        records += _of_image(_plain_id(image_id), _fields(output, name), name)
    return records


def _plain_id(image_id: Any) -> Any:
    """An image id as a number or text, also of a tensor or array with one value."""
    array = host_array(image_id)
    return array.reshape(-1)[0] if array.size == 1 else image_id


def _fields(output: Any, name: str) -> Mapping[str, Any]:
    """The fields of one image, also of detectron2's `Instances`, by torchvision's names."""
    if isinstance(output, Mapping):
        return output
    fields = output.get_fields() if hasattr(output, "get_fields") else None
    if not isinstance(fields, Mapping):
        raise FormatError(
            f"{name}: an image has {shown(output, 40)}, expected boxes, labels and scores.",
            code="type",
            path=name,
        )
    boxes = fields.get("pred_boxes")
    own = {"boxes": getattr(boxes, "tensor", boxes), "masks": fields.get("pred_masks")}
    return {**fields, **{key: value for key, value in own.items() if value is not None}}


def _of_image(image_id: Any, output: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The predictions of one image."""
    place = f"{name}: image {image_id}"
    key = next((key for key in CLASS_KEYS if key in output), CLASS_KEYS[0])
    for needed in ("scores", key):
        if needed not in output:
            raise FormatError(
                f"{place}: has no {needed}, only {', '.join(map(str, output)) or 'nothing'}.",
                code="missing-field",
                path=name,
                field=needed,
            )
    columns: dict[str, Any] = {
        "score": _numbers(output["scores"], "scores", (1,), place, name),
        "category_id": _numbers(output[key], key, (1,), place, name),
    }
    if output.get("boxes") is not None:
        corners = _numbers(output["boxes"], "boxes", (2,), place, name).astype(np.float64)
        if corners.size and corners.shape[1] != 4:
            raise _wrong_shape(corners, "boxes", "(N, 4)", place, name)
        corners = corners.reshape(-1, 4)
        columns["bbox"] = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    if output.get("masks") is not None:
        dense = _numbers(output["masks"], "masks", (3, 4), place, name)
        dense = dense[:, 0] if dense.ndim == 4 and dense.shape[1] else dense
        if dense.ndim != 3:
            raise _wrong_shape(dense, "masks", "(N, H, W) or (N, 1, H, W)", place, name)
        columns["segmentation"] = dense if dense.dtype == bool else dense >= THRESHOLD
    count = len(columns["score"])
    for field, column in columns.items():
        if len(column) != count:
            raise ShapeError(
                f"{place}: {counted(count, 'score')}, but {counted(len(column), 'value')} of "
                f"{field}.",
                code="shape",
                path=name,
                field=field,
            )
    return [
        {"image_id": image_id, **{field: column[row] for field, column in columns.items()}}
        for row in range(count)
    ]


def _numbers(
    values: Any, field: str, dimensions: tuple[int, ...], place: str, name: str
) -> NDArray[Any]:
    """A field of an output as an array of numbers; an empty one has the first of `dimensions`."""
    try:
        found = host_array(values)
    except (TypeError, ValueError):
        found = np.array(None)
    if not found.size:
        return np.zeros((0,) * dimensions[0], np.float64)
    if found.dtype.kind not in "biuf":
        raise FormatError(
            f"{place}: {field} holds {shown(values, 40)}, expected an array of numbers.",
            code="type",
            path=name,
            field=field,
        )
    if found.ndim not in dimensions:
        expected = " or ".join(map(str, dimensions))
        raise _wrong_shape(found, field, f"{expected} dimensions", place, name)
    return found


def _wrong_shape(
    found: NDArray[Any], field: str, expected: str, place: str, name: str
) -> ShapeError:
    return ShapeError(
        f"{place}: {field} has the shape {found.shape}, expected {expected}.",
        code="shape",
        path=name,
        field=field,
    )
