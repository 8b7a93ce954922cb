"""Statistics of Cityscapes' AP per image: outcomes of predictions, and counts of objects.

A curve needs every prediction with its score: 13 bytes each, and 16 bytes of counts per image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.cityscapes.matching import FrameMatches
from segeval.metrics.image_columns import ImageStatistics, narrow, offsets_of, rules_of


@frozen(eq=False, kw_only=True, repr=False)
class CityscapesStatistics(ImageStatistics):
    """Predictions and counts of objects by image, the source of every number of the AP follows.

    Attributes:
        iou: "segm" or "boundary".
        rules: other settings that decide the numbers, such as `boundary_px=3`.
        keys: city, sequence and frame of I images, ascending.
        gt: number of objects that count, by image and class of `INSTANCES`, unsigned, shape (I, K).
        offsets: image i has the predictions `offsets[i]:offsets[i + 1]`, int64, shape (I + 1,).
        category: index of the class in `INSTANCES`, uint8, shape (N,).
        score: float64, shape (N,).
        matched_bits: bit t is set if it is a true positive at threshold t, uint16, shape (N,).
        ignored_bits: bit t is set if it counts neither as true nor as false, uint16, shape (N,).
    """

    BY_IMAGE: ClassVar = ("gt",)
    BY_ROW: ClassVar = {"offsets": ("category", "score", "matched_bits", "ignored_bits")}

    iou: str
    rules: tuple[str, ...]
    keys: tuple[str, ...]
    gt: NDArray[np.unsignedinteger]
    offsets: NDArray[np.int64]
    category: NDArray[np.uint8]
    score: NDArray[np.float64]
    matched_bits: NDArray[np.uint16]
    ignored_bits: NDArray[np.uint16]


def cityscapes_statistics(
    images: Sequence[FrameMatches],
    frames: Sequence[str],
    iou: str,
    settings: Mapping[str, Any],
) -> CityscapesStatistics:
    """Statistics of images matched one by one.

    Args:
        images: matches of I images, at least one.
        frames: city, sequence and frame of each image, in any order.
        iou: "segm" or "boundary".
        settings: other settings that decide the numbers.
    """
    in_given_order = CityscapesStatistics(
        iou=iou,
        rules=rules_of(settings),
        keys=tuple(frames),
        gt=narrow(np.stack([image.gt for image in images])),
        offsets=offsets_of([len(image.score) for image in images]),
        category=np.concatenate([image.category for image in images]).astype(np.uint8),
        score=np.concatenate([image.score for image in images]),
        matched_bits=np.concatenate([image.matched_bits for image in images]),
        ignored_bits=np.concatenate([image.ignored_bits for image in images]),
    )
    return CityscapesStatistics.merge([in_given_order])
