"""Images of a batch as the columns that files become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, IdLists, Images, Predictions
from segeval.data.keys import Keys, numbering, one_numbering, shown_key
from segeval.data.segmentations import Segmentations
from segeval.metrics.loop.image_records import ImageRecord, Side
from segeval.metrics.loop.settings import Settings, no_masks

PREDS = "predictions"
GROUND_TRUTH = "ground truth"


def columns_of(
    records: Sequence[ImageRecord], settings: Settings, *, alone: bool = False
) -> tuple[Predictions, GroundTruth]:
    """Predictions and ground truth of some images.

    Args:
        records: the images, each once.
        settings: what the metric is asked for.
        alone: whether messages are about one image, and number its annotations.
    """
    numbers = numbering(record.key for record in records)
    image_id = numbers.column(record.key for record in records)
    preds = [record.preds for record in records]
    source = f"image {shown_key(records[0].key)}: {PREDS}" if alone else PREDS
    return (
        _predictions(preds, image_id, numbers.keys, source),
        _ground_truth(records, image_id, numbers.keys, settings, alone=alone),
    )


def places_within(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each record in its image, int64.

    Args:
        lengths: number of records of each image, shape (I,).

    Example:
        >>> places_within(np.array([2, 0, 1]))
        array([0, 1, 0])
    """
    starts = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) - np.repeat(starts, lengths)


def _predictions(
    sides: Sequence[Side], image_id: NDArray[np.int64], keys: Keys | None, source: str
) -> Predictions:
    """Predictions of some images, which messages number image by image."""
    lengths = _lengths(sides)
    parts = one_numbering([(side.category_keys, [side.category]) for side in sides])
    return Predictions(
        image_id=np.repeat(image_id, lengths),
        category_id=_joined([column for _, [column] in parts], np.int64),
        score=_joined([side.score for side in sides], np.float64),
        boxes=_joined([side.boxes for side in sides], np.float64, 4),
        segmentations=_masks(sides),
        source=source,
        image_keys=keys,
        category_keys=parts[0][0] if parts else None,
        rows=places_within(lengths),
    )


def _ground_truth(
    records: Sequence[ImageRecord],
    image_id: NDArray[np.int64],
    keys: Keys | None,
    settings: Settings,
    *,
    alone: bool,
) -> GroundTruth:
    """Ground truth of some images."""
    sides, categories = [record.gt for record in records], settings.categories
    lengths = _lengths(sides)
    lists = [
        _lists([getattr(record, name) for record in records])
        for name in ("negative", "not_exhaustive")
    ]
    listed = [(categories.keys, [categories.id, *(one.ids for one in lists)])]
    parts = one_numbering([*listed, *((side.category_keys, [side.category]) for side in sides)])
    (category_keys, [category_ids, *list_ids]), *own = parts
    lists = [replace(one, ids=ids) for one, ids in zip(lists, list_ids, strict=True)]
    names = [*range(1, int(lengths.sum()) + 1)]
    named: list[int | str] = [f"#{name - 1}" for name in names] if alone else [*names]
    numbers = numbering(named)
    return GroundTruth(
        images=Images(
            id=image_id,
            sizes=np.array([record.size for record in records], np.int32).reshape(-1, 2),
            file_names=tuple(record.file_name for record in records),
            negative=lists[0] if settings.federated else None,
            not_exhaustive=lists[1] if settings.federated else None,
            keys=keys,
        ),
        categories=replace(categories, id=category_ids, keys=category_keys),
        id=numbers.column(named),
        keys=numbers.keys,
        image_id=np.repeat(image_id, lengths),
        category_id=_joined([column for _, [column] in own], np.int64),
        area=_joined([side.area for side in sides], np.float64),
        boxes=_joined([side.boxes for side in sides], np.float64, 4),
        is_crowd=_joined([side.is_crowd for side in sides], np.bool_),
        crowd_missing=np.zeros(len(named), np.bool_),
        ignore=_joined([side.ignore for side in sides], np.bool_),
        segmentations=_masks(sides),
        source=GROUND_TRUTH,
    )


def _lengths(sides: Sequence[Side]) -> NDArray[np.int64]:
    """Number of records of each image."""
    return np.fromiter(map(len, sides), np.int64, len(sides))


def _joined(columns: Sequence[NDArray], dtype: type, *entry: int) -> NDArray:  # type: ignore[type-arg]
    """A column of all images."""
    return np.concatenate([np.zeros((0, *entry), dtype), *columns])


def _masks(sides: Sequence[Side]) -> Segmentations:
    """The masks of all images."""
    return Segmentations.concatenate([no_masks(0), *(side.segmentations for side in sides)])


def _lists(lists: Sequence[NDArray[np.int64]]) -> IdLists:
    """Lists of categories, one per image."""
    lengths = np.fromiter(map(len, lists), np.int64, len(lists))
    return IdLists(_joined(lists, np.int64), np.concatenate([[0], np.cumsum(lengths)]))
