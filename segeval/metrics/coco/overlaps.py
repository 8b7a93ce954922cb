"""Overlaps of predictions with the objects of their images, as part files keep them.

Matches know at which thresholds a prediction took an object, not which one, nor what else it
overlaps. Error kinds ask for that at any threshold and in any size bucket, and once a part is
written there is nothing left to measure: so everything that they compare is measured before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.filling import ALMOST_ONE
from segeval.metrics.coco.image_pairs import ImagePairs, image_pairs
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.pair_shapes import pair_shapes
from segeval.metrics.ragged import rows_of_entries

BACKGROUND = 0.1
"""IoU up to which a prediction has hit nothing."""

GOOD = 0.75
"""Mask IoU at which a true positive is not looked at any more."""

BY_ROW = ("count", "beside")
"""Columns with a value for every prediction."""

BY_PAIR = ("place", "iou")
"""Columns with a value for every pair."""

OF_MASKS = ("box", "boundary", "shape")
"""Columns with a value for every pair of masks."""


@frozen(eq=False)
class Overlaps:
    """P pairs of N predictions and the objects of their images, row by row.

    Attributes:
        count: number of pairs of each prediction, integers, shape (N,).
        beside: number of thresholds that its best IoU with what does not count reaches, such as
            the share of it in a crowd region, uint8, shape (N,).
        place: of the object among all of its image in the order of the file, ascending in a row,
            integers, shape (P,).
        iou: float64, shape (P,).
        box: number of thresholds that the IoU of the boxes of both masks reaches, uint8, shape
            (P,).
        boundary: the same of their boundaries, where error kinds ask for it, uint8, shape (P,).
        shape: the bits of `pair_shapes`, uint8, shape (P,).
    """

    count: NDArray[np.integer[Any]]
    beside: NDArray[np.uint8]
    place: NDArray[np.integer[Any]]
    iou: NDArray[np.float64]
    box: NDArray[np.uint8]
    boundary: NDArray[np.uint8]
    shape: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.count)

    def columns(self, *, masks: bool) -> dict[str, NDArray[Any]]:
        """The columns by name, those of masks only if asked for."""
        names = (*BY_ROW, *BY_PAIR, *(OF_MASKS if masks else ()))
        return {name: getattr(self, name) for name in names}

    @classmethod
    def none(cls) -> Overlaps:
        """Those of no predictions."""
        byte, place = np.zeros(0, np.uint8), np.zeros(0, np.int64)
        return cls(place, byte, place, np.zeros(0), byte, byte, byte)

    @property
    def row(self) -> NDArray[np.int64]:
        """The row of each pair, int64, shape (P,)."""
        return np.repeat(np.arange(len(self)), self.count)

    def take(self, rows: slice | NDArray[Any]) -> Overlaps:
        """Those of some predictions, in that order."""
        pairs = rows_of_entries(self.count, rows)
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in BY_ROW},
            **{name: getattr(self, name)[pairs] for name in (*BY_PAIR, *OF_MASKS)},
        )

    def of_objects(self, matches: Matches, objects: NDArray[np.bool_]) -> Overlaps:
        """Those with some of the objects, which are counted as if there were no others.

        Args:
            matches: of the same predictions.
            objects: those to keep, bool, shape (G,).
        """
        order = np.argsort(matches.gt_image, kind="stable")
        before: NDArray[np.int64] = np.cumsum(objects[order]) - objects[order]
        first = np.searchsorted(matches.gt_image[order], matches.gt_image[order])
        place = np.empty(len(order), np.int64)
        place[order] = before - before[first]
        own = self.objects(matches)
        kept = objects[own]
        return replace(
            self,
            count=np.bincount(self.row[kept], minlength=len(self)),
            place=place[own[kept]],
            **{name: getattr(self, name)[kept] for name in ("iou", *OF_MASKS)},
        )

    @classmethod
    def joined(cls, parts: Sequence[Overlaps]) -> Overlaps:
        """Several lists of predictions end to end."""
        names = (*BY_ROW, *BY_PAIR, *OF_MASKS)
        return cls(**{
            name: np.concatenate([getattr(part, name) for part in parts]) for name in names
        })  # fmt: skip

    def objects(self, matches: Matches) -> NDArray[np.int64]:
        """The place of the object of each pair in `Matches.gt`, int64, shape (P,).

        Args:
            matches: of the same predictions.
        """
        images = len(matches.image_ids)
        order = np.argsort(matches.gt_image, kind="stable")  # of one image: as in the file
        first = np.searchsorted(matches.gt_image[order], np.arange(images))
        image = np.repeat(matches.image, self.count)
        return order[first[image] + self.place]

    def pairs(self, matches: Matches, least: float) -> ImagePairs:
        """What `image_pairs` would find anew.

        Args:
            matches: of the same predictions.
            least: pairs of a lower IoU are left out; at least the one that was measured with.
        """
        kept = self.iou >= least
        number = np.bincount(self.row[kept], minlength=len(self))
        offsets = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
        return ImagePairs(offsets, self.objects(matches)[kept], self.iou[kept])


def overlaps_of(evaluation: Evaluation, workers: int | None = None) -> Overlaps:
    """The overlaps of every judged prediction with the objects that count.

    Args:
        evaluation: both files, matched.
        workers: threads, None for all cores.

    Raises:
        FormatError: for a malformed mask, or too many pairs.
    """
    matches = evaluation.matches
    thresholds = matches.thresholds
    counted = matches.gt_counted[0]
    least = min(BACKGROUND, float(thresholds[0]))
    near = image_pairs(evaluation, least=least, workers=workers)
    number = np.diff(near.offsets)
    row = np.repeat(np.arange(len(matches)), number)
    box, boundary, shape = (np.zeros(len(row), np.uint8) for _ in OF_MASKS)
    if matches.request.iou == "segm":
        same = np.flatnonzero(matches.category[row] == matches.gt_category[near.gt])
        iou = near.iou[same]
        # boundaries are asked for where a match is poor, and where an IoU is a threshold itself
        outlined = ((iou >= thresholds[0]) & (iou < GOOD)) | np.isin(iou, thresholds)
        found = pair_shapes(evaluation, row[same], near.gt[same], outlined, counted, workers)
        box[same] = _reached(found.box, thresholds)
        boundary[same] = _reached(found.boundary, thresholds)
        shape[same] = found.bits
    return Overlaps(
        count=number,
        beside=_beside(evaluation, workers),
        place=_places(matches)[near.gt],
        iou=near.iou,
        box=box,
        boundary=boundary,
        shape=shape,
    )


def _reached(iou: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.uint8]:
    """How many of the thresholds each IoU reaches, uint8."""
    return np.searchsorted(thresholds, iou, side="right").astype(np.uint8)


def _beside(evaluation: Evaluation, workers: int | None) -> NDArray[np.uint8]:
    """How many thresholds the best IoU of each prediction with what does not count reaches."""
    matches = evaluation.matches
    best = np.zeros(len(matches))
    thresholds = np.minimum(matches.thresholds, ALMOST_ONE)
    is_crowd = np.zeros(len(matches.gt), np.bool_)
    if matches.request.rules.uses_crowd:
        is_crowd = evaluation.gt.is_crowd[matches.gt]
    for crowd in (False, True):
        some = ~matches.gt_counted[0] & (is_crowd == crowd)
        if some.any():
            near = image_pairs(
                evaluation, least=float(thresholds[0]), gts=some, crowd=crowd, workers=workers
            )
            row = np.repeat(np.arange(len(matches)), np.diff(near.offsets))
            np.maximum.at(best, row, near.iou)
    return _reached(best, thresholds)


def _places(matches: Matches) -> NDArray[np.int64]:
    """The place of each object among those of its image, int64, shape (G,)."""
    order = np.argsort(matches.gt_image, kind="stable")
    image = matches.gt_image[order]
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order)) - np.searchsorted(image, image)
    return places
