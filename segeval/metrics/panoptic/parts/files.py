"""What a part keeps of the files of each image: what notes count, names and hashes."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import rows_of
from segeval.data.keys import Key, Keys, written
from segeval.data.panoptic.columns import PanopticSegments
from segeval.frozen import frozen
from segeval.metrics.image_columns import ImageStatistics, narrow, offsets_of
from segeval.metrics.panoptic.notes import ImageCounts
from segeval.metrics.panoptic.quality import JudgedImage, fits_of

WIDTH = 8
"""Bytes of a hash."""


@frozen(eq=False, kw_only=True, repr=False)
class PanopticFiles(ImageStatistics):
    """The files of I images.

    Attributes:
        keys: ids of the images, as in `PanopticStatistics`.
        file_names: names of the photographs, text, shape (I,).
        predicted: number of predicted segments, unsigned, shape (I,).
        segments: number of segments of the ground truth.
        objects: those that are no crowd regions.
        wrong_areas: those whose area is not their number of pixels.
        in_one_only: ids of the ground truth that only the picture or only the file has.
        preds_digest: hash of the predicted picture and its segments, uint64, shape (I,).
        gt_digest: hash of the true ones.
        fit_offsets: image i has the rows `fit_offsets[i]:fit_offsets[i + 1]`, one for every
            predicted segment that fits one of the ground truth; int64, shape (I + 1,).
        fitting: place of the category of the predicted segment, unsigned, shape (P,).
        fitted: place of the category of the other one.
    """

    BY_IMAGE: ClassVar = (
        "file_names", "predicted", "segments", "objects", "wrong_areas", "in_one_only",
        "preds_digest", "gt_digest",
    )  # fmt: skip
    BY_ROW: ClassVar = {"fit_offsets": ("fitting", "fitted")}

    keys: NDArray[np.int64] | tuple[Key, ...]
    file_names: NDArray[np.object_]
    predicted: NDArray[np.integer]
    segments: NDArray[np.integer]
    objects: NDArray[np.integer]
    wrong_areas: NDArray[np.integer]
    in_one_only: NDArray[np.integer]
    preds_digest: NDArray[np.uint64]
    gt_digest: NDArray[np.uint64]
    fit_offsets: NDArray[np.int64]
    fitting: NDArray[np.integer]
    fitted: NDArray[np.integer]

    def counts(self, category_id: NDArray[np.int64], keys: Keys | None) -> ImageCounts:
        """What notes count in all images.

        Args:
            category_id: ids of the categories, int64, shape (K,).
            keys: their keys.
        """
        return ImageCounts(
            category_id[self.fitting],
            category_id[self.fitted],
            keys,
            *(
                int(column.sum(dtype=np.int64))
                for column in (self.objects, self.wrong_areas, self.in_one_only)
            ),
        )


def files_of(
    preds: PanopticSegments,
    gt: PanopticSegments,
    images: Sequence[int],
    found: Sequence[JudgedImage],
    keys: NDArray[np.int64] | tuple[Key, ...],
) -> PanopticFiles:
    """The files of judged images.

    Args:
        preds: the predictions.
        gt: the ground truth.
        images: places of the images in it.
        found: what is found in each image.
        keys: ids of all I images in ascending order, which is that of `images`.
    """
    places = rows_of(gt.image_id[np.array(images, np.int64)], preds.image_id).tolist()
    names = gt.photographs()
    crowds = [int(gt.is_crowd[gt.of_image(image)].sum()) for image in images]
    segments, predicted = np.diff(gt.offsets)[list(images)], np.diff(preds.offsets)[places]
    fitting, fitted = fits_of(found)
    return PanopticFiles(
        keys=keys,
        file_names=np.array([*(names[image] for image in images), ""], object)[:-1],
        predicted=narrow(predicted),
        segments=narrow(segments),
        objects=narrow(segments - np.array(crowds, np.int64)),
        wrong_areas=narrow(np.array([one.wrong_areas for one in found], np.int64)),
        in_one_only=narrow(np.array([one.gt_in_one_only for one in found], np.int64)),
        preds_digest=np.array([_digest(preds, place) for place in places], np.uint64),
        gt_digest=np.array([_digest(gt, image) for image in images], np.uint64),
        fit_offsets=offsets_of([len(one.fits[0]) for one in found]),
        fitting=narrow(fitting),
        fitted=narrow(fitted),
    )


def _digest(segments: PanopticSegments, image: int) -> int:
    """A hash of a picture's file and of its segments."""
    rows = segments.of_image(image)
    if segments.pictures is None:
        hashed = blake2b(segments.path(image).read_bytes(), digest_size=WIDTH)
    else:
        picture = segments.pictures[image]
        hashed = blake2b(f"{picture.shape}".encode() + picture.tobytes(), digest_size=WIDTH)
    for column in (segments.id, segments.area, segments.is_crowd):
        hashed.update(column[rows].tobytes())
    for key in written(segments.category_id[rows], segments.categories.keys):
        hashed.update(f"{key!r}".encode())
    return int.from_bytes(hashed.digest(), "little")
