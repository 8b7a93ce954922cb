"""What `COCOeval` is asked for: `params`, as users set them, and what of it segeval can do."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.metrics.coco.caps import NO_LIMIT
from segeval.metrics.coco.curves import RECALLS
from segeval.metrics.coco.greedy import MOST_THRESHOLDS
from segeval.metrics.coco.protocol import AREA_LIMIT, COCO_THRESHOLDS
from segeval.words import beginning

IOU_TYPES = ("segm", "bbox", "boundary")
"""Kinds of IoU; pycocotools itself has no boundaries."""


class Params:
    """The settings of an evaluation.

    Args:
        iouType: "segm", "bbox", or "boundary", which pycocotools lacks.

    Attributes:
        imgIds: ids of the images to evaluate.
        catIds: ids of the categories to evaluate.
        iouThrs: T IoU thresholds, float64, shape (T,).
        recThrs: R recall points, float64, shape (R,).
        maxDets: M caps on the predictions of an image and category.
        areaRng: A ranges of areas in pixels squared, both ends included.
        areaRngLbl: names of the ranges.
        useCats: 1, or 0 to take all categories as one.
        iouType: the kind of IoU.
        useSegm: deprecated: 1 for "segm", 0 for "bbox".

    Raises:
        InputError: for another kind of IoU.

    Example:
        >>> settings = Params("bbox")
        >>> settings.maxDets, settings.areaRngLbl
        ([1, 10, 100], ['all', 'small', 'medium', 'large'])
    """

    def __init__(self, iouType: str = "segm") -> None:
        if iouType not in IOU_TYPES:
            raise InputError(
                f"`iouType` is {iouType!r}, expected one of {', '.join(IOU_TYPES)}.",
                code="iou",
                option="iouType",
            )
        self.setDetParams()
        self.iouType = iouType
        self.useSegm: int | None = None

    def setDetParams(self) -> None:
        """Set everything but the kind of IoU to what COCO uses."""
        small, medium = 32**2, 96**2
        self.imgIds: list[Any] = []
        self.catIds: list[Any] = []
        self.iouThrs: Any = np.array(COCO_THRESHOLDS)
        self.recThrs: Any = RECALLS.copy()
        self.maxDets: Any = [1, 10, 100]
        self.areaRng: list[Any] = [
            [0, AREA_LIMIT],
            [0, small],
            [small, medium],
            [medium, AREA_LIMIT],
        ]
        self.areaRngLbl = ["all", "small", "medium", "large"]
        self.useCats = 1


def checked_thresholds(values: Any) -> NDArray[np.float64]:
    """IoU thresholds, float64, shape (T,).

    Raises:
        InputError: unless there are 1 to 64, finite and above 0.
    """
    found = _numbers(values, "iouThrs")
    if not 1 <= len(found) <= MOST_THRESHOLDS or not (found > 0).all():
        raise InputError(
            f"`params.iouThrs` is {_shown(values)}, expected 1 to {MOST_THRESHOLDS} numbers above "
            "0.",
            code="thresholds",
            option="params.iouThrs",
        )
    return found


def checked_points(values: Any) -> NDArray[np.float64]:
    """Recall points, float64, shape (R,).

    Raises:
        InputError: unless they are finite, from 0 on, and rise.
    """
    found = _numbers(values, "recThrs")
    if not (found >= 0).all() or not (np.diff(found) >= 0).all():
        raise InputError(
            f"`params.recThrs` is {_shown(values)}, expected rising numbers from 0 on.",
            code="recalls",
            option="params.recThrs",
        )
    return found


def checked_caps(values: Any) -> list[int]:
    """Caps on the predictions of an image and category, rising.

    Raises:
        InputError: unless they are whole numbers of at least 1.
    """
    several = list(values) if isinstance(values, Iterable) else [values]
    sound = [isinstance(cap, int | np.integer) and 1 <= cap < NO_LIMIT for cap in several]
    if not sound or not all(sound):
        raise InputError(
            f"`params.maxDets` is {_shown(values)}, expected whole numbers of at least 1.",
            code="max-dets",
            option="params.maxDets",
        )
    return sorted(several)


def checked_ranges(values: Any) -> list[tuple[float, float]]:
    """Ranges of areas, from and to, in pixels squared.

    Raises:
        InputError: unless each is two numbers.
    """
    try:
        found = [(low, high) for low, high in values]
        sound = bool(found) and not any(math.isnan(end) for pair in found for end in pair)
    except (TypeError, ValueError):
        sound, found = False, []
    if not sound:
        raise InputError(
            f"`params.areaRng` is {_shown(values)}, expected a list of pairs: least and largest "
            "area.",
            code="sizes",
            option="params.areaRng",
        )
    return found


def check_use_of_categories(value: Any) -> None:
    """Refuse anything but 0 and 1.

    Raises:
        InputError: for another value.
    """
    if value not in (0, 1):
        raise InputError(
            f"`params.useCats` is {value!r}, expected 1 or 0.",
            code="agnostic",
            option="params.useCats",
        )


def check_merged_categories(categories: Iterable[Any]) -> None:
    """Refuse a category that comes twice where all are taken as one.

    Raises:
        InputError: names it.
    """
    every = list(categories)
    twice = next((each for place, each in enumerate(every) if each in every[:place]), None)
    if twice is not None:
        raise InputError(
            f"`params.catIds` holds {twice} twice, expected every id once: as `params.useCats` is "
            "0, pycocotools would count the records of this category twice.",
            code="repeated-id",
            option="params.catIds",
        )


def _numbers(values: Any, name: str) -> NDArray[np.float64]:
    """Finite numbers, float64, of one axis."""
    try:
        found = np.array(values, np.float64)
    except (TypeError, ValueError):
        found = np.array(math.nan)
    if found.ndim != 1 or not np.isfinite(found).all():
        raise InputError(
            f"`params.{name}` is {_shown(values)}, expected a list of numbers.",
            code="type",
            option=f"params.{name}",
        )
    return found


def _shown(value: Any) -> str:
    """A value for messages, cut short."""
    return beginning(" ".join(str(value).split()), 60)
