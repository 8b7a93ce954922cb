"""Panoptic images of a batch as the columns that files become; pictures stay in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import Categories, Images
from segeval.data.id_values import id_value
from segeval.data.json.broken import shown
from segeval.data.keys import Key, numbering
from segeval.data.panoptic.columns import LARGEST_ID, PanopticSegments
from segeval.errors import FormatError, InputError, ShapeError
from segeval.metrics.loop.places import Place

LARGEST_AREA = float(np.finfo(np.float64).max)
"""The largest area in pixels squared that columns hold."""

KEYS = ("segmentation", "segments_info")

SEGMENT = (
    "id", "category_id", "label_id", "iscrowd", "area", "isthing", "bbox", "score", "was_fused",
)  # fmt: skip
"""Fields of a segment; the last four are not used."""


def segments_of(
    given: Sequence[Any],
    keys: Sequence[Key],
    side: str,
    categories: Categories,
    is_thing: NDArray[np.bool_],
) -> PanopticSegments:
    """The predictions, or the ground truth, of a batch.

    Args:
        given: of each image a dict: "segmentation" (H, W), ids of segments, 0 or -1 for none, and
            "segments_info", a list of dicts.
        keys: ids of the images.
        side: "preds" or "targets".
        categories: all K categories.
        is_thing: whether each is countable, bool, shape (K,).

    Raises:
        FormatError: for what is no panoptic image; the message names image and field.
        ShapeError: for a picture of another shape.
    """
    images = [_image(each, Place(key, side)) for key, each in zip(keys, given, strict=True)]
    segments = [segment for _, own in images for segment in own]
    by_key, of_categories = numbering(keys), categories.written_ids
    named = numbering([*of_categories, *(segment["category_id"] for segment in segments)])
    source = "predictions" if side == "preds" else "ground truth"
    image_id = by_key.column(keys)
    names = tuple(f"image {key}" for key in keys)
    sizes = np.array([picture.shape for picture, _ in images], np.int32).reshape(-1, 2)
    return PanopticSegments(
        image_id=image_id,
        file_names=names,
        offsets=np.cumsum([0, *(len(own) for _, own in images)], dtype=np.int64),
        id=np.array([segment["id"] for segment in segments], np.int64),
        category_id=named.column(segment["category_id"] for segment in segments),
        area=np.array([segment["area"] for segment in segments], np.float64),
        boxes=np.full((len(segments), 4), np.nan),
        is_crowd=np.array([segment["iscrowd"] for segment in segments], np.bool_),
        categories=Categories(
            named.column(of_categories), categories.names, categories.frequencies, named.keys
        ),
        is_thing=is_thing,
        images=Images(image_id, sizes, names, keys=by_key.keys),
        folder=Path(source),
        source=source,
        pictures=tuple(picture for picture, _ in images),
    )


def _image(given: Any, place: Place) -> tuple[NDArray[np.int32], list[dict[str, Any]]]:
    """The picture of one image, and its segments."""
    if not isinstance(given, Mapping) or not all(key in given for key in KEYS):
        what = f"is of the type {type(given).__name__}"
        if isinstance(given, Mapping):
            what = f"has {', '.join(map(str, given)) or 'no keys'}"
        raise FormatError(
            f'{place} {what}, expected a dictionary with "segmentation" and "segments_info".',
            code="missing-field",
            field="segmentation",
        )
    return _picture(given["segmentation"], place.of("segmentation")), _segments(
        given["segments_info"], place.of("segments_info")
    )


def _picture(given: Any, place: Place) -> NDArray[np.int32]:
    """The id of the segment of every pixel."""
    found = place.picture(given)
    is_whole = found.dtype.kind in "iu" or (
        # as Hugging Face's processors give it where they find nothing: -1.0 everywhere
        found.dtype.kind == "f" and bool((found == np.trunc(found)).all())
    )
    if found.ndim != 2 or not found.size or not is_whole or not np.isfinite(found).all():
        raise ShapeError(
            f"{place} holds {found.dtype} of shape {found.shape}, expected whole numbers of shape "
            "(H, W).",
            code="shape",
            field="segmentation",
        )
    low, high = int(found.min()), int(found.max())
    if low < -1 or high > LARGEST_ID:
        raise FormatError(
            f"{place} holds {low if low < -1 else high}, expected ids of segments from 1 to "
            f"{LARGEST_ID:,}, and 0 or -1 where there is none.",
            code="segment-ids",
            field="segmentation",
        )
    return np.ascontiguousarray(np.maximum(found.astype(np.int32), 0))


def _segments(given: Any, place: Place) -> list[dict[str, Any]]:
    """The segments of one image."""
    if not isinstance(given, Sequence) or not all(isinstance(one, Mapping) for one in given):
        raise FormatError(
            f"{place} is {shown(given, 40)}, expected a list with a dictionary for each segment.",
            code="type",
            field="segments_info",
        )
    found = [_segment(one, place.at(row)) for row, one in enumerate(given)]
    ids = [one["id"] for one in found]
    if len(set(ids)) < len(ids):
        twice = next(number for number in ids if ids.count(number) > 1)
        raise FormatError(
            f"{place} has two segments with id {twice}, expected every id once.",
            code="repeated-id",
            field="id",
        )
    return found


def _segment(given: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """One segment with its id, category, area and whether it is a crowd region."""
    unknown = next((name for name in given if name not in SEGMENT), None)
    category = given.get("category_id", given.get("label_id"))
    if unknown is not None or category is None or given.get("id") is None:
        what = f"the unknown key {unknown!r}" if unknown is not None else "no id or no category_id"
        raise FormatError(
            f"{place} has {what}, expected id, category_id (or label_id) and, for ground truth, "
            "iscrowd and area.",
            code="unknown-field" if unknown is not None else "missing-field",
            field=str(unknown or "category_id"),
        )
    number = _whole(given["id"], place, "id")
    if not isinstance(number, int) or not 1 <= number <= LARGEST_ID:
        raise FormatError(
            f"{place}: id is {shown(given['id'], 40)}, expected 1 to {LARGEST_ID:,}.",
            code="segment-ids",
            field="id",
        )
    area, crowd = given.get("area"), given.get("iscrowd", 0)
    is_flag = getattr(crowd, "shape", ()) == () and crowd in (0, 1)
    is_area = area is None or (isinstance(area, int | float) and 0 <= area <= LARGEST_AREA)
    if not is_flag or not is_area:
        raise FormatError(
            f"{place}: iscrowd is {shown(crowd, 20)} and area {shown(area, 20)}, expected 0 or 1, "
            "and a number from 0.",
            code="bad-field",
            field="iscrowd",
        )
    return {
        "id": number,
        "category_id": _whole(category, place, "category_id"),
        "area": np.nan if area is None else float(area),
        "iscrowd": bool(crowd),
    }


def _whole(given: Any, place: Place, field: str) -> Key:
    """An id."""
    value = given
    if hasattr(given, "dtype"):
        array = place.array(given)
        value = array.item() if array.size == 1 else array.tolist()
    try:
        return id_value(value, field)
    except InputError as error:
        raise FormatError(f"{place}: {error.message}.", code=error.code, field=field) from None
