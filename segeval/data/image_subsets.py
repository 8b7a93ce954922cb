"""The records of some images alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import GroundTruth, Predictions
from segeval.data.ids import index_of
from segeval.data.keys import written
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.words import counted


def predictions_within(preds: Predictions, gt: GroundTruth) -> Predictions:
    """The predictions for the images of a ground truth, in their order.

    Args:
        preds: predictions for these and other images.
        gt: ground truth, whose ids of images are of the same kind.
    """
    return preds.take(rows_within(preds, gt))


def rows_within(preds: Predictions, gt: GroundTruth) -> NDArray[np.int64]:
    """Rows of the predictions for the images of a ground truth, ascending, int64."""
    ids = set(gt.images.written_ids)
    images = np.unique(preds.image_id)
    known = np.array([key in ids for key in written(images, preds.image_keys)], np.bool_)
    return np.flatnonzero(known[index_of(preds.image_id, images)])


def ground_truth_of(gt: GroundTruth, images: NDArray[np.bool_]) -> GroundTruth:
    """The ground truth of some of its images, in their order.

    Args:
        gt: ground truth of I images.
        images: those to keep, bool, shape (I,).
    """
    return _some(gt, images, _annotations_of(gt, images))


def listed_annotations(gt: GroundTruth) -> GroundTruth:
    """The ground truth without annotations of images and categories that it does not list."""
    known = np.isin(gt.image_id, gt.images.id) & np.isin(gt.category_id, gt.categories.id)
    return _some(gt, np.ones(len(gt.images), np.bool_), np.flatnonzero(known))


def _annotations_of(gt: GroundTruth, images: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows of the annotations of some images, ascending."""
    return np.flatnonzero(np.isin(gt.image_id, np.unique(gt.images.id[images])))


def _some(gt: GroundTruth, images: NDArray[np.bool_], rows: NDArray[np.int64]) -> GroundTruth:
    """Some images and annotations."""
    columns = ("id", "image_id", "category_id", "area", "boxes", "is_crowd", "crowd_missing")
    return replace(
        gt,
        images=gt.images.take(np.flatnonzero(images)),
        segmentations=gt.segmentations.take(rows),
        ignore=gt.ignore[rows],
        **{name: getattr(gt, name)[rows] for name in columns},
    )


def bounds_of_slice(number: int, count: int, images: int, source: str) -> tuple[int, int]:
    """Where one of several contiguous slices of a list of images begins and ends.

    Args:
        number: of the slice, from 1.
        count: of all slices, at most as many as there are images.
        images: length of the list.
        source: of the ground truth, for messages.

    Raises:
        InputError: if there is no such slice, or there are fewer images than slices.

    Example:
        >>> bounds_of_slice(2, 3, 10, "gt.json")
        (3, 6)
    """
    if not 1 <= number <= count:
        expected = f"1/{count} to {count}/{count}" if count > 0 else "one of at least 1 slice"
        raise InputError(
            f"`shard` is {number}/{count}, expected {expected}.",
            code="shard",
            option="shard",
        )
    if count > max(images, 1):
        raise InputError(
            f"`shard` asks for {counted(count, 'slice')}, and {source} has only "
            f"{counted(images, 'image')}.",
            code="shard",
            option="shard",
        )
    return (number - 1) * images // count, number * images // count


@frozen(eq=False, repr=False)
class ImageSlice:
    """Some images of two files, with all their records.

    Attributes:
        preds: rows of its predictions, ascending, int64.
        gt: rows of its annotations, ascending, int64.
        images: which images of the ground truth it has, bool, shape (I,).
    """

    preds: NDArray[np.int64]
    gt: NDArray[np.int64]
    images: NDArray[np.bool_]

    def of(self, preds: Predictions, gt: GroundTruth) -> tuple[Predictions, GroundTruth]:
        """Its records, from those of both files."""
        own = preds if len(self.preds) == len(preds) else preds.only(self.preds)
        return own, _some(gt, self.images, self.gt)

    @classmethod
    def where(
        cls, preds: NDArray[np.int64], gt: GroundTruth, images: NDArray[np.bool_]
    ) -> ImageSlice:
        """That of some rows of predictions, and of some images, bool, shape (I,)."""
        return cls(preds, _annotations_of(gt, images), images)


def image_slice(preds: Predictions, gt: GroundTruth, number: int, count: int) -> ImageSlice:
    """One of several contiguous slices of the images in ascending id, with their predictions.

    Every prediction is in one slice. Those for images that the ground truth lacks are where their
    id would be.

    Args:
        preds: predictions, whose ids have the numbers of the ground truth's.
        gt: ground truth.
        number: of the slice, from 1.
        count: of all slices, at most as many as there are images.

    Raises:
        InputError: if there is no such slice, or there are fewer images than slices.
    """
    ids = np.unique(gt.images.id)
    first, end = bounds_of_slice(number, count, len(ids), gt.source)

    def inside(column: NDArray[np.int64]) -> NDArray[np.bool_]:
        found = np.ones(len(column), np.bool_)
        if number > 1:
            found &= column >= ids[first]
        if number < count:
            found &= column < ids[end]
        return found

    return ImageSlice.where(np.flatnonzero(inside(preds.image_id)), gt, inside(gt.images.id))
