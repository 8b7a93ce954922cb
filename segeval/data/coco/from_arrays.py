"""Predictions from arrays, one value per prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.data.columns import Predictions
from segeval.data.id_values import ids_in_memory
from segeval.data.keys import Keys
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import FormatError, InputError, ShapeError
from segeval.host_arrays import host_array
from segeval.masks import CompressedMasks, RunLengths, compress, encode


def predictions_from_arrays(
    *,
    image_id: ArrayLike,
    category_id: ArrayLike,
    score: ArrayLike,
    boxes: ArrayLike | None = None,
    masks: ArrayLike | Sequence[ArrayLike] | RunLengths | CompressedMasks | None = None,
    source: str = "predictions",
) -> Predictions:
    """Predictions from arrays, one value per prediction.

    Arrays may be of numpy, torch (on any device), or anything that can become a numpy array.

    Args:
        image_id: whole numbers, or text, shape (N,), or one for all.
        category_id: whole numbers, or text, shape (N,), or one for all.
        score: shape (N,).
        boxes: xywh in pixels, shape (N, 4); a row of NaN means no box. None for no boxes at all.
        masks: N masks of 0 and 1, shape (N, H, W); or N arrays (H, W) whose shapes may differ; or
            run-length masks. None for no masks at all.
        source: name of these predictions in messages.

    Raises:
        FormatError: for a value of another kind, such as a mask of probabilities.
        ShapeError: if the arrays differ in length.

    Example:
        >>> preds = predictions_from_arrays(
        ...     image_id=1, category_id=[5, 7], score=[0.9, 0.4], masks=np.ones((2, 4, 6), bool)
        ... )
        >>> preds.image_id.tolist(), preds.segmentations.strings.sizes.tolist()
        ([1, 1], [[4, 6], [4, 6]])
    """
    scores = _numbers("score", score, source)
    if scores.ndim != 1:
        raise ShapeError(
            f"{source}: `score` has shape {scores.shape}, expected (N,) for N predictions.",
            code="shape",
            path=source,
            field="score",
            option="score",
        )
    if boxes is None and masks is None and len(scores):
        raise InputError(
            f"{source}: neither `masks` nor `boxes` are given, expected at least one.",
            code="no-segmentation",
            path=source,
            option="masks",
        )
    images, image_keys = _ids("image_id", image_id, len(scores), source)
    categories, category_keys = _ids("category_id", category_id, len(scores), source)
    return Predictions(
        image_id=images,
        category_id=categories,
        score=scores,
        boxes=_boxes(boxes, len(scores), source),
        segmentations=_segments(masks, len(scores), source),
        source=source,
        image_keys=image_keys,
        category_keys=category_keys,
    )


def _numbers(field: str, values: Any, source: str) -> NDArray[np.float64]:
    """Values as float64."""
    array = host_array(values)
    if array.dtype.kind not in "iuf" and array.size:
        first = array.ravel()[:1].tolist()[0]
        raise FormatError(
            f"{source}: `{field}` holds {first!r}, expected numbers.",
            code="type",
            path=source,
            field=field,
            option=field,
        )
    return array.astype(np.float64)


def _ids(
    field: str, values: Any, length: int, source: str
) -> tuple[NDArray[np.int64], Keys | None]:
    """Ids as int64, one per prediction, and their keys."""
    if isinstance(values, list | tuple) and any(map(_is_single, values)):
        # numpy would turn [1, "a"] into text and [1, True] into numbers
        found: Any = values
        shape: tuple[int, ...] = (len(values),)
    else:
        found = host_array(values)
        shape = found.shape or (length,)
        found = found if found.ndim else found.reshape(1)
    if shape != (length,):
        raise _wrong_shape(field, shape, f"({length},)", source)
    column, keys = ids_in_memory(found, field, "prediction", source)
    return np.broadcast_to(column, length).copy(), keys


def _is_single(value: Any) -> bool:
    """Whether a value is one number or text, and no list."""
    return isinstance(value, int | str | float | bytes) or getattr(value, "ndim", 1) == 0


def _boxes(boxes: Any, length: int, source: str) -> NDArray[np.float64]:
    """Boxes, float64, shape (N, 4), rows of NaN where there is none."""
    if boxes is None:
        return np.full((length, 4), np.nan)
    array = _numbers("boxes", boxes, source)
    if not array.size and not length:
        return np.empty((0, 4))
    if array.shape != (length, 4):
        raise _wrong_shape("boxes", array.shape, f"({length}, 4)", source)
    wrong = ~np.isfinite(array).all(axis=1) & ~np.isnan(array).all(axis=1)
    if wrong.any():
        index = int(np.argmax(wrong))
        raise FormatError(
            f"{source}: prediction #{index}: bbox is {array[index].tolist()}, expected four "
            "finite numbers.",
            code="bad-box",
            path=source,
            index=index,
            field="bbox",
            count=int(wrong.sum()),
        )
    return array


def _segments(masks: Any, length: int, source: str) -> Segmentations:
    """Masks as compressed strings; of format NONE if there are none at all."""
    if masks is None:
        nothing = CompressedMasks.from_strings([""] * length, np.zeros((length, 2), np.int32))
        return Segmentations(np.full(length, Format.NONE, np.uint8), nothing)
    if not isinstance(masks, CompressedMasks):
        masks = compress(masks if isinstance(masks, RunLengths) else _dense(masks, source))
    if len(masks) != length:
        raise _wrong_shape("masks", (len(masks), "H", "W"), f"({length}, H, W)", source)
    return Segmentations(np.full(length, Format.STRING, np.uint8), masks)


def _dense(masks: Any, source: str) -> RunLengths:
    """Runs of dense masks, which must hold only 0 and 1."""
    single = host_array(masks) if not isinstance(masks, list | tuple) else None
    pixels = single if single is not None else [host_array(mask) for mask in masks]
    for index, mask in enumerate(pixels):
        if mask.dtype.kind not in "biufO":
            raise FormatError(
                f"{source}: mask #{index} holds {mask.dtype}, expected 0 and 1.",
                code="mask-values",
                path=source,
                index=index,
                field="masks",
            )
    is_whole = all(mask.dtype.kind in "biu" for mask in pixels)
    if not is_whole:  # else encode looks at them while it reads them
        for index, mask in enumerate(pixels):
            if not np.isin(mask, (0, 1)).all():
                raise _wrong_values(mask, index, source)
    try:
        return encode(pixels, strict=is_whole)
    except FormatError as error:
        if error.code != "mask-values" or error.index is None:
            raise
        raise _wrong_values(pixels[error.index], error.index, source) from None


def _wrong_values(mask: NDArray[Any], index: int, source: str) -> FormatError:
    """The error for a mask with values other than 0 and 1."""
    return FormatError(
        f"{source}: mask #{index} holds values from {mask.min().item():g} to "
        f"{mask.max().item():g}, expected 0 and 1. Threshold first: `masks > 0.5`.",
        code="mask-values",
        path=source,
        index=index,
        field="masks",
    )


def _wrong_shape(field: str, shape: Sequence[Any], expected: str, source: str) -> ShapeError:
    """The error for an array without one value (or row) per prediction."""
    found = ", ".join(str(side) for side in shape)
    return ShapeError(
        f"{source}: `{field}` has shape ({found}{',' if len(shape) == 1 else ''}), expected "
        f"{expected}: one for each score.",
        code="shape",
        path=source,
        field=field,
        option=field,
    )
