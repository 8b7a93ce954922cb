"""Predictions from the outputs of any model; masks become runs on their device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segeval.data import Predictions, predictions_from_arrays
from segeval.data.id_values import exact_of, ids_in_memory
from segeval.data.joining import joined_numbers
from segeval.data.keys import Keys, one_numbering, shown_id
from segeval.errors import FormatError, ShapeError
from segeval.masks import RunLengths, concatenate
from segeval.models.ops.runs import runs_of_masks
from segeval.words import counted, more_like_it

Ids = Sequence[int | str] | NDArray[Any] | Tensor

Column = tuple[NDArray[np.int64], Keys | None]
"""Ids, and the keys of their numbers."""

EXTRA = {"box_scores": "box_score", "mask_ious": "mask_iou"}
"""Further numbers of each prediction, and their names in its record."""

CLASS_KEYS = ("classes", "labels", "pred_classes")
"""Names that models use for the class of each prediction."""


def to_predictions(
    outputs: Sequence[Mapping[str, Any]],
    image_ids: Ids,
    *,
    category_ids: Ids | None = None,
    threshold: float = 0.5,
    source: str = "predictions",
) -> Predictions:
    """Predictions of some images, from the tensors of a model on any device.

    Args:
        outputs: per image, tensors or arrays: "scores" (N,), "classes" or "labels" (N,), and
            "boxes" (N, 4) as x0, y0, x1, y1, or "masks", or both. Masks have the size of the image,
            (N, H, W) or (N, 1, H, W), bool or probabilities, or are N runs, see `runs_of_masks`.
            "box_scores" and "mask_ious" (N,) of all images become `extra` numbers "box_score" and
            "mask_iou". Other keys are ignored.
        image_ids: id of each image, a whole number or text.
        category_ids: id of each class, likewise; None if the classes are ids.
        threshold: least value of a pixel in the mask; 0 for logits.
        source: name of these predictions, for messages.

    Raises:
        ShapeError: if the tensors of an image differ in length.
        FormatError: for a missing key or an impossible value, such as a class without an id.

    Example:
        >>> output = {
        ...     "scores": torch.tensor([0.9]),
        ...     "labels": torch.tensor([0]),
        ...     "masks": torch.ones(1, 1, 4, 6),
        ... }
        >>> preds = to_predictions([output], [139], category_ids=[62])
        >>> preds.image_id.tolist(), preds.category_id.tolist()
        ([139], [62])
    """
    if len(outputs) != len(image_ids):
        raise ShapeError(
            f"{source}: {counted(len(outputs), 'output')} for "
            f"{counted(len(image_ids), 'image id')}.",
            code="shape",
        )
    images, image_keys = _numbered(image_ids, "image_id", "image", source)
    ids = None if category_ids is None else _numbered(category_ids, "category_id", "class", source)
    places = [f"{source}: image {shown_id(number, image_keys)}" for number in images]
    found = [_columns(output, ids, at) for output, at in zip(outputs, places, strict=True)]
    image_id = np.repeat(images, [len(each.scores) for each in found])
    alike = one_numbering([(each.keys, [each.ids]) for each in found])
    category_id = np.concatenate([np.zeros(0, np.int64), *(column for _, [column] in alike)])
    preds = predictions_from_arrays(
        image_id=image_id,
        category_id=category_id,
        score=np.concatenate([np.zeros(0), *(each.scores for each in found)]),
        boxes=_boxes(found),
        masks=_masks(found, threshold, places),
        source=source,
    )
    category_keys = alike[0][0] if alike else None
    extra = joined_numbers([each.extra for each in found]) if found else {}
    return replace(preds, image_keys=image_keys, category_keys=category_keys, extra=extra)


class _Columns(NamedTuple):
    """The predictions of one image: scores, category ids, boxes xywh, masks on their device."""

    scores: NDArray[np.float64]
    ids: NDArray[np.int64]
    boxes: NDArray[np.float64] | None
    masks: Tensor | RunLengths | None
    keys: Keys | None
    extra: dict[str, NDArray[np.float64]]


def _boxes(found: Sequence[_Columns]) -> NDArray[np.float64] | None:
    """Boxes of all images, NaN for images without any; None if no image has any."""
    if all(each.boxes is None for each in found):
        return None
    return np.concatenate(
        [
            np.full((len(each.scores), 4), np.nan) if each.boxes is None else each.boxes
            for each in found
        ]
    )


def _masks(found: Sequence[_Columns], threshold: float, places: Sequence[str]) -> RunLengths | None:
    """Masks of all images with predictions; None if no image has any."""
    given = [each.masks for each in found if each.masks is not None]
    if not given:
        return None
    for each, place in zip(found, places, strict=True):
        if each.masks is None and len(each.scores):
            raise FormatError(
                f"{place}: has no masks, though other images do.",
                code="missing-field",
                field="masks",
            )
    return concatenate(
        [
            masks if isinstance(masks, RunLengths) else runs_of_masks(masks, threshold)
            for masks in given
        ]
    )


def _numbered(values: Ids, field: str, noun: str, source: str) -> Column:
    """Ids as a column, and the keys of its numbers; tensors are fetched from their device."""
    if not isinstance(values, Tensor):
        return ids_in_memory(values, field, noun, source)
    return ids_in_memory(_array(values), field, noun, source, exact=exact_of(values))


def _columns(
    output: Mapping[str, Any],
    category_ids: Column | None,
    source: str,
) -> _Columns:
    """The predictions of one image."""
    key = next((key for key in CLASS_KEYS if key in output), "classes")
    for needed in ("scores", key):
        if needed not in output:
            raise FormatError(
                f"{source}: has no {needed}, only {', '.join(map(str, output)) or 'nothing'}.",
                code="missing-field",
                field=needed,
            )
    boxes, masks = output.get("boxes"), output.get("masks")
    if masks is not None and not isinstance(masks, RunLengths):
        masks = torch.as_tensor(masks)
    if boxes is not None:
        boxes = _array(boxes).astype(np.float64)
        if boxes.size and (boxes.ndim != 2 or boxes.shape[1] != 4):
            raise ShapeError(
                f"{source}: boxes have shape {boxes.shape}, expected (N, 4).", code="shape"
            )
        boxes = boxes.reshape(-1, 4)
        boxes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    scores = _array(output["scores"]).astype(np.float64)
    ids, keys = _ids(output[key], category_ids, source)
    extra = {
        name: _array(output[key]).astype(np.float64) for key, name in EXTRA.items() if key in output
    }
    columns = _Columns(scores, ids, boxes, masks, keys, extra)
    nouns = (
        ("class", "classes"),
        ("box", "boxes"),
        ("mask", "masks"),
        *((one, many) for many, one in EXTRA.items()),
    )
    lengths = (*columns[1:4], *(extra.get(name) for name in EXTRA.values()))
    for noun, column in zip(nouns, lengths, strict=True):
        if column is not None and len(column) != len(scores):
            raise ShapeError(
                f"{source}: {counted(len(scores), 'score')} and {counted(len(column), *noun)}.",
                code="shape",
            )
    return columns


def _ids(classes: Any, category_ids: Column | None, source: str) -> Column:
    """The category id of each prediction, and their keys."""
    numbers, keys = _numbered(classes, "class", "prediction", source)
    if category_ids is None:
        return numbers, keys
    ids, id_keys = category_ids
    wrong = np.flatnonzero((numbers < 0) | (numbers >= len(ids)) | (keys is not None))
    if len(wrong):
        raise FormatError(
            f"{source}: class {shown_id(numbers[wrong[0]], keys)}, expected 0 to {len(ids) - 1}, "
            f"an index into category_ids.{more_like_it(len(wrong))}",
            code="category",
            field="classes",
            count=len(wrong),
        )
    return ids[numbers], id_keys


def _array(values: Any) -> NDArray[Any]:
    """An array from a tensor on any device, or from anything that numpy accepts."""
    if not isinstance(values, Tensor):
        return np.asarray(values)
    values = values.detach()
    found: NDArray[Any] = (values.float() if values.is_floating_point() else values).cpu().numpy()
    return found
