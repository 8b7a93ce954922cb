"""Masks of annotations that have a box only, for models that find boxes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from segeval.data import GroundTruth, Segmentations
from segeval.data.segmentations import Format
from segeval.masks import CompressedMasks


def boxes_as_masks(gt: GroundTruth) -> GroundTruth:
    """The ground truth in which an annotation without a mask has its box as one.

    An annotation without a box either stays as it is.

    Args:
        gt: of any file.

    Example:
        >>> from segeval.data import load_ground_truth
        >>> box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 0, 2, 3]}
        >>> content = {
        ...     "images": [{"id": 1, "width": 4, "height": 4}],
        ...     "categories": [{"id": 1, "name": "cup"}],
        ...     "annotations": [box],
        ... }
        >>> from segeval.masks import area
        >>> area(boxes_as_masks(load_ground_truth(content)).masks)
        array([6])
    """
    own = gt.segmentations
    rows = np.flatnonzero((own.format == Format.NONE) & np.isfinite(gt.boxes).all(axis=1))
    if not len(rows):
        return gt
    texts = []
    for left, top, width, height in gt.boxes[rows].tolist():
        right, bottom = left + width, top + height
        corners = (left, top, right, top, right, bottom, left, bottom)
        texts.append(f"[[{','.join(map(repr, corners))}]]".encode())
    lengths = np.array([len(each) for each in texts], np.int32)
    ends = np.cumsum(lengths, dtype=np.int64)
    polygons = Segmentations(
        np.full(len(rows), Format.POLYGON, np.uint8),
        CompressedMasks(
            np.frombuffer(b"".join(texts), np.uint8),
            ends - lengths,
            lengths,
            np.zeros((len(rows), 2), np.int32),
        ),
    )
    order = np.arange(len(gt))
    order[rows] = len(gt) + np.arange(len(rows))
    return replace(gt, segmentations=Segmentations.concatenate([own, polygons]).take(order))
