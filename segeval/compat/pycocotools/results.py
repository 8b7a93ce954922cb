"""What `COCO.loadRes` makes of predictions: records with the fields of annotations."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval import masks
from segeval.compat.pycocotools.encoded import sound_strings
from segeval.compat.pycocotools.records import Record
from segeval.errors import FormatError, InputError, MismatchError, ShapeError
from segeval.words import beginning, more_like_it

NUMBERS = {
    "bbox": "four numbers: x, y, width, height",
    "segmentation": "a dict with size and counts",
    "keypoints": "numbers: x, y and visibility of each point",
}
"""What the fields of predictions hold."""

EXPECTED = (
    "Results are a list of records, each with image_id, category_id, score and a mask or box."
)


def dataset_of(truth: Record, images: Mapping[Any, Record], anns: Any) -> Record:
    """Predictions in the form of a data set.

    Args:
        truth: the data set that they are on.
        images: its images by id.
        anns: the predictions, which get the fields that they lack.

    Raises:
        FormatError: if they are no list of records, or a record lacks a field that the first has.
        MismatchError: for a record of an image that the data set lacks.
    """
    if not isinstance(anns, list):
        raise FormatError(
            f"`resFile` is of the type {type(anns).__name__}. {EXPECTED}",
            code="type",
            option="resFile",
        )
    _check_images(anns, images)
    found: Record = {
        "info": copy.deepcopy(truth.get("info", {})),
        "images": list(truth["images"]),
    }
    first: Record = anns[0] if anns else {"bbox": None}
    if "caption" in first:
        captioned = {ann["image_id"] for ann in anns}
        found["images"] = [image for image in found["images"] if image["id"] in captioned]
        _number(anns)
    else:
        fields = [name for name in _COMPLETED if name in first and not _is_empty_box(name, first)]
        if fields:
            found["categories"] = copy.deepcopy(truth["categories"])
            try:
                _COMPLETED[fields[0]](anns)
            except KeyError as error:
                raise _without(anns, str(error.args[0])) or error from None
            except InputError:
                raise
            except (IndexError, TypeError, ValueError) as error:
                raise _misshapen(anns, fields[0]) or error from None
    found["annotations"] = anns
    return found


def from_array(data: NDArray[Any]) -> list[Record]:
    """Predictions from an array (N, 7) of image id, x, y, width, height, score and category id.

    Raises:
        ShapeError: for another shape.
        FormatError: for ids that are no numbers.
    """
    if data.ndim != 2 or data.shape[1] != 7:
        raise ShapeError(
            f"`data` has shape {data.shape}, expected (N, 7): image id, x, y, width, height, score "
            "and category id.",
            code="shape",
            option="data",
        )
    try:
        return [
            {
                "image_id": int(row[0]),
                "bbox": [row[1], row[2], row[3], row[4]],
                "score": row[5],
                "category_id": int(row[6]),
            }
            for row in data
        ]
    except (OverflowError, TypeError, ValueError):
        raise FormatError(
            "`data` holds ids of images or categories that are no numbers, expected numbers in "
            "columns 0 and 6.",
            code="type",
            option="data",
        ) from None


def _is_empty_box(field: str, record: Record) -> bool:
    """Whether a field is a box without numbers, which is none."""
    return field == "bbox" and isinstance(record[field], list) and not record[field]


def _check_images(anns: list[Any], images: Mapping[Any, Record]) -> None:
    """Refuse records without an image, or of an image that the data set lacks."""
    try:
        unknown = {ann["image_id"] for ann in anns} - images.keys()
    except (KeyError, TypeError):
        raise _without(anns, "image_id") or _no_id(anns) from None
    if not unknown:
        return
    wrong = [index for index, ann in enumerate(anns) if ann["image_id"] in unknown]
    raise MismatchError(
        f"prediction #{wrong[0]}: image_id is {anns[wrong[0]]['image_id']!r}, which none of the "
        f"{len(images):,} images of the ground truth has.{more_like_it(len(wrong))}",
        code="unknown-image",
        index=wrong[0],
        field="image_id",
        count=len(wrong),
    )


def _no_id(anns: list[Record]) -> FormatError:
    """The error for the first record whose image_id is a list or a dict."""
    index = next(i for i, ann in enumerate(anns) if not isinstance(ann["image_id"], Hashable))
    shown = beginning(repr(anns[index]["image_id"]), 60)
    return FormatError(
        f"prediction #{index}: image_id is {shown}, expected a number or text.",
        code="id-type",
        index=index,
        field="image_id",
    )


def _without(anns: list[Any], field: str) -> FormatError | None:
    """The error for the first record that lacks a field; None if none does."""
    for index, ann in enumerate(anns):
        if not isinstance(ann, dict):
            text = f"prediction #{index} is {beginning(repr(ann), 60)}. {EXPECTED}"
        elif field not in ann:
            text = f"prediction #{index} has no {field}, which pycocotools needs here."
        else:
            continue
        return FormatError(text, code="missing-field", index=index, field=field)
    return None


def _misshapen(anns: list[Record], field: str) -> FormatError | None:
    """The error for the first record whose field holds no numbers; None if none is found."""
    for index, ann in enumerate(anns):
        try:
            _COMPLETED[field]([dict(ann)])
        except (IndexError, TypeError, ValueError):
            return FormatError(
                f"prediction #{index}: {field} is {beginning(repr(ann[field]), 60)}, expected "
                f"{NUMBERS[field]}.",
                code=f"bad-{field}",
                index=index,
                field=field,
            )
    return None


def _number(anns: list[Record]) -> None:
    """Give records their number from 1 as id."""
    for number, ann in enumerate(anns, 1):
        ann["id"] = number


def _with_boxes(anns: list[Record]) -> None:
    """Complete records of which the first has a box; one without a mask gets that of its box."""
    for number, ann in enumerate(anns, 1):
        box = ann["bbox"]
        x, y, width, height = box[0], box[1], box[2], box[3]
        if "segmentation" not in ann:
            right, bottom = x + width, y + height
            ann["segmentation"] = [[x, y, x, bottom, right, bottom, right, y]]
        ann["area"] = width * height
        ann["id"] = number
        ann["iscrowd"] = 0


def _with_masks(anns: list[Record]) -> None:
    """Complete records of which the first has a mask alone: all masks must be compressed."""
    strings, areas = sound_strings(ann["segmentation"] for ann in anns)
    missing = [index for index, ann in enumerate(anns) if "bbox" not in ann]
    boxes = iter(masks.boxes(strings.take(np.array(missing, np.intp)).decode()))
    for number, (ann, area) in enumerate(zip(anns, areas.astype(np.uint32), strict=True), 1):
        ann["area"] = area
        if "bbox" not in ann:
            ann["bbox"] = next(boxes)
        ann["id"] = number
        ann["iscrowd"] = 0


def _with_keypoints(anns: list[Record]) -> None:
    """Complete records of which the first has keypoints alone."""
    for number, ann in enumerate(anns, 1):
        x, y = ann["keypoints"][0::3], ann["keypoints"][1::3]
        left, right, top, bottom = np.min(x), np.max(x), np.min(y), np.max(y)
        ann["area"] = (right - left) * (bottom - top)
        ann["id"] = number
        ann["bbox"] = [left, top, right - left, bottom - top]


_COMPLETED = {
    "bbox": _with_boxes,
    "segmentation": _with_masks,
    "keypoints": _with_keypoints,
}
