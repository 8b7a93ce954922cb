"""From what any model puts out to predictions: masks become runs where they are, on the device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segeval.data import Predictions, predictions_from_arrays
from segeval.errors import ShapeError
from segeval.masks import RunLengths, concatenate

BATCH = 1 << 27
"""Pixels of masks that are turned into runs at once."""

CLASS_KEYS = ("classes", "labels", "pred_classes")
"""What models call the class of each prediction."""


def to_predictions(
    outputs: Sequence[Mapping[str, Any]],
    image_ids: Sequence[int],
    *,
    category_ids: Sequence[int] | None = None,
    threshold: float = 0.5,
    source: str = "predictions",
) -> Predictions:
    """Predictions of some images, from the tensors of a model on any device.

    Args:
        outputs: per image "scores" (N,), "classes" or "labels" (N,) and, both or one of them,
            "boxes" (N, 4) as x0, y0, x1, y1 and "masks" (N, H, W) or (N, 1, H, W): bool, or
            probabilities; or N masks as runs, of `runs_of_masks`. Other keys are not looked at.
        image_ids: id of each image.
        category_ids: id of each class; None if the classes are ids.
        threshold: a pixel is in the mask if its probability is no less.
        source: what messages call these predictions.

    Raises:
        ShapeError: if the tensors of an image do not agree in length.
        FormatError: for values that are not what they should be.

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
            f"{source}: {len(outputs)} outputs for {len(image_ids)} image ids.", code="shape"
        )
    found = [_of_image(output, source) for output in outputs]
    counts = [len(each["score"]) for each in found]
    classes = np.concatenate([each["class"] for each in found] or [np.zeros(0, np.int64)])
    return predictions_from_arrays(
        image_id=np.repeat(np.asarray(image_ids, np.int64), counts),
        category_id=classes if category_ids is None else np.asarray(category_ids)[classes],
        score=np.concatenate([each["score"] for each in found] or [np.zeros(0)]),
        boxes=_boxes(found),
        masks=_masks(found, threshold),
        source=source,
    )


def _boxes(found: Sequence[Mapping[str, Any]]) -> NDArray[np.float64] | None:
    """Boxes of all images, NaN where an image has none; None if no image has any."""
    if all(each["box"] is None for each in found):
        return None
    return np.concatenate(
        [
            np.full((len(each["score"]), 4), np.nan) if each["box"] is None else each["box"]
            for each in found
        ]
    )


def _masks(found: Sequence[Mapping[str, Any]], threshold: float) -> RunLengths | None:
    """Masks of all images that have some; None if no image has any."""
    given = [each["mask"] for each in found if each["mask"] is not None]
    if not given:
        return None
    return concatenate(
        [
            masks if isinstance(masks, RunLengths) else runs_of_masks(masks, threshold)
            for masks in given
        ]
    )


@torch.no_grad()
def runs_of_masks(masks: Tensor, threshold: float = 0.5) -> RunLengths:
    """Runs of a batch of masks of one size, found on their device; only the runs travel.

    Args:
        masks: bool or probabilities, (N, H, W).
        threshold: a pixel is in the mask if its probability is no less.

    Returns:
        N masks in canonical runs.

    Example:
        >>> runs_of_masks(torch.tensor([[[0.1, 0.7], [0.9, 0.8]]])).counts
        array([1, 3], dtype=uint32)
    """
    number, height, width = masks.shape
    columns = [
        _runs(each, threshold) for each in masks.split(max(1, BATCH // max(1, height * width)))
    ]
    if not number:
        return RunLengths(np.zeros(0, np.uint32), np.zeros(1, np.int64), np.zeros((0, 2), np.int32))
    return concatenate(columns)


def _runs(masks: Tensor, threshold: float) -> RunLengths:
    """Runs of masks that fit into memory twice."""
    number, height, width = masks.shape
    inside = masks if masks.dtype == torch.bool else masks >= threshold
    pixels = inside.transpose(1, 2).reshape(number, height * width)  # column-major
    before = torch.cat([pixels.new_zeros(number, 1), pixels[:, :-1]], dim=1)
    mask, place = (pixels != before).nonzero(as_tuple=True)
    rows, places = mask.cpu().numpy(), place.cpu().numpy()
    turns = np.bincount(rows, minlength=number)
    offsets = np.concatenate([[0], np.cumsum(turns + 1)]).astype(np.int64)
    ends = np.empty(offsets[-1], np.int64)  # of all runs; the last of each mask ends with it
    ends[offsets[1:] - 1] = height * width
    ends[np.arange(len(places)) + rows] = places
    counts = np.diff(ends, prepend=0)
    counts[offsets[:-1]] = ends[offsets[:-1]]
    sizes = np.tile(np.array([[height, width]], np.int32), (number, 1))
    return RunLengths(counts.astype(np.uint32), offsets, sizes)


def _of_image(output: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Columns of one image: score, class, box xywh, masks on their device."""
    score = _array(output["scores"]).astype(np.float64)
    key = next((key for key in CLASS_KEYS if key in output), CLASS_KEYS[0])
    columns: dict[str, Any] = {
        "score": score,
        "class": _array(output[key]).astype(np.int64),
        "box": None,
        "mask": output.get("masks"),
    }
    if output.get("boxes") is not None:
        boxes = _array(output["boxes"]).astype(np.float64).reshape(-1, 4)
        columns["box"] = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    if isinstance(columns["mask"], Tensor) and columns["mask"].ndim == 4:
        columns["mask"] = columns["mask"][:, 0]
    for name in ("class", "box", "mask"):
        if columns[name] is not None and len(columns[name]) != len(score):
            raise ShapeError(
                f"{source}: an image has {len(score)} scores and {len(columns[name])} {name}es.",
                code="shape",
            )
    return columns


def _array(values: Any) -> NDArray[Any]:
    """A tensor of any device, or whatever numpy understands."""
    return values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
