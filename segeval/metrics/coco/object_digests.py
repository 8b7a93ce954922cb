"""A hash of the annotations of each image, which tells ground truth from other ground truth."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.ids import distinct, index_of
from segeval.metrics.parts.digests import row_digests

SPACE = b" \t\r\n"
"""What JSON may have between values, which says nothing."""


def object_digests(gt: GroundTruth, image_ids: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hashes of the annotations of each image, uint64, shape (I,).

    They depend on what the file says of category, area, box, crowd region, `ignore` and
    segmentation, not on ids of annotations, their order, or spaces between values.

    Args:
        gt: the ground truth.
        image_ids: ids of the images, ascending, int64, shape (I,).
    """
    found = np.zeros(len(image_ids), np.uint64)
    image = index_of(gt.image_id, image_ids)
    rows = np.flatnonzero(image >= 0)
    category = index_of(gt.category_id, distinct(gt.categories.id))  # whatever numbers ids have
    strings = gt.segmentations.strings
    text = strings.text.data  # of all records, where these are a part of a file
    starts, ends = strings.starts, strings.starts + strings.lengths
    places = zip(starts[rows].tolist(), ends[rows].tolist(), strict=True)
    words = [zlib.crc32(bytes(text[start:end]).translate(None, SPACE)) for start, end in places]
    columns = [
        category[rows], gt.is_crowd[rows], gt.ignore[rows], np.array(words, np.uint64),
        _bits(gt.area[rows]), *_bits(gt.boxes[rows]).T,
    ]  # fmt: skip
    np.add.at(found, image[rows], row_digests(columns))
    return found


def _bits(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    """The bits of numbers; of all that are no numbers the same."""
    plain = np.where(np.isnan(values), np.nan, values + 0.0)  # -0.0 is 0.0
    return np.ascontiguousarray(plain).view(np.uint64)
