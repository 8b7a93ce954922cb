"""The objects of id maps: those of one image, and those of all as COCO's columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.coco.from_arrays import predictions_from_arrays
from segeval.data.columns import Categories, GroundTruth, Images, Predictions
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.masks import CompressedMasks, area, boxes, compress
from segeval.masks.regions import regions

CATEGORY = 1
"""Id of the one category of id maps."""

CATEGORY_NAME = "object"


@frozen(eq=False)
class MapObjects:
    """The N objects of one image, by ascending id.

    Attributes:
        id: values of their pixels, int64, shape (N,).
        masks: N masks; an object may be in several pieces.
        area: pixels, int64, shape (N,).
        boxes: xywh in pixels, float64, shape (N, 4).
        size: (H, W) of the image in pixels.
    """

    id: NDArray[np.int64]
    masks: CompressedMasks
    area: NDArray[np.int64]
    boxes: NDArray[np.float64]
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.id)


def objects_of(ids: NDArray[np.integer[Any]]) -> MapObjects:
    """The objects of an id map.

    Args:
        ids: 0 for background, shape (H, W).

    Raises:
        ShapeError: if ids is not two-dimensional.

    Example:
        >>> found = objects_of(np.array([[0, 7, 7], [3, 0, 7]]))
        >>> found.id.tolist(), found.area.tolist()
        ([3, 7], [1, 3])
    """
    values, every = regions(ids)
    kept = np.flatnonzero(values)
    masks = every.take(kept)
    height, width = ids.shape
    return MapObjects(
        id=values[kept].astype(np.int64),
        masks=compress(masks),
        area=area(masks).astype(np.int64),
        boxes=boxes(masks).astype(np.float64),
        size=(height, width),
    )


def ground_truth_of(
    found: Sequence[MapObjects], names: Sequence[str], source: str, notes: Sequence[Note] = ()
) -> GroundTruth:
    """The objects of I images as ground truth of one category, by image, then by id.

    Image i has the id i + 1; annotations are numbered from 1.

    Args:
        found: of each image.
        names: of the images.
        source: name for messages.
        notes: notes from reading.
    """
    count = sum(map(len, found))
    return GroundTruth(
        images=Images(
            id=np.arange(1, len(found) + 1),
            sizes=np.array([each.size for each in found], np.int32).reshape(-1, 2),
            file_names=tuple(names),
        ),
        categories=Categories(id=np.array([CATEGORY], np.int64), names=(CATEGORY_NAME,)),
        id=np.arange(1, count + 1),
        image_id=_image_ids(found),
        category_id=np.full(count, CATEGORY, np.int64),
        area=np.concatenate([np.empty(0), *(each.area for each in found)]),
        boxes=np.concatenate([np.empty((0, 4)), *(each.boxes for each in found)]),
        is_crowd=np.zeros(count, np.bool_),
        crowd_missing=np.zeros(count, np.bool_),
        ignore=np.zeros(count, np.bool_),
        segmentations=Segmentations(np.full(count, Format.STRING, np.uint8), _masks(found)),
        source=source,
        notes=tuple(notes),
    )


def predictions_of(
    found: Sequence[MapObjects],
    scores: NDArray[np.float64] | None,
    source: str,
    notes: Sequence[Note] = (),
) -> Predictions:
    """The objects of I images as predictions of one category, by image, then by id.

    Args:
        found: of each image; image i has the id i + 1.
        scores: of all N objects in this order, shape (N,); None for 1 each.
        source: name for messages.
        notes: notes from reading.
    """
    count = sum(map(len, found))
    preds = predictions_from_arrays(
        image_id=_image_ids(found),
        category_id=np.full(count, CATEGORY, np.int64),
        score=np.ones(count) if scores is None else scores,
        masks=_masks(found),
        source=source,
    )
    return replace(preds, notes=tuple(notes))


def _image_ids(found: Sequence[MapObjects]) -> NDArray[np.int64]:
    """The image of every object."""
    return np.repeat(np.arange(1, len(found) + 1), [len(each) for each in found])


def _masks(found: Sequence[MapObjects]) -> CompressedMasks:
    """The masks of all images."""
    if not found:
        return CompressedMasks.from_strings([], np.zeros((0, 2), np.int32))
    return CompressedMasks.concatenate([each.masks for each in found])
