"""Both pictures of one image as maps of listed segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.shared_pixels import (
    SegmentMap,
    SharedPixels,
    segment_map,
    shared_pixels,
)
from segeval.errors import MismatchError
from segeval.frozen import frozen
from segeval.words import size_text


@frozen(eq=False)
class MappedPicture:
    """One picture; its S segments are in the order of their ids.

    Attributes:
        rows: rows of the segments in the file, int64, shape (S,).
        map: the segment of every pixel.
        totals: pixels by place in the map, int64, shape (S + 3,).
    """

    rows: NDArray[np.int64]
    map: SegmentMap
    totals: NDArray[np.int64]

    @property
    def pixels(self) -> NDArray[np.int64]:
        """Pixels of every segment, int64, shape (S,)."""
        return self.totals[1 : self.map.unlisted]

    @property
    def has_unlisted(self) -> bool:
        """Whether the picture has an id that its file does not list."""
        return bool(self.totals[self.map.unlisted])


@frozen(eq=False)
class PicturePair:
    """The pictures of the prediction and of the ground truth of one image.

    Attributes:
        preds, gt: the pictures.
        shared: pixels of every pair of their segments.
    """

    preds: MappedPicture
    gt: MappedPicture
    shared: SharedPixels


def read_pictures(
    preds: PanopticSegments, pred: int, gt: PanopticSegments, image: int
) -> PicturePair:
    """Read both pictures of an image.

    Args:
        preds: the predictions.
        pred: place of the image among them.
        gt: the ground truth.
        image: place of the image in it.

    Raises:
        InputError: if there is no such picture.
        FormatError: if it is not a PNG file with three colours of 8 bits.
        MismatchError: if the sizes differ.
    """
    gt_picture, picture = gt.picture(image), preds.picture(pred)
    if gt_picture.shape != picture.shape:
        raise MismatchError(
            f"{preds.path(pred)}: is {size_text(picture.shape)} pixels, but "
            f"{gt.path(image)} is {size_text(gt_picture.shape)} (image_id "
            f"{gt.shown_image(image)}).",
            code="size-differs",
            path=str(preds.path(pred)),
        )
    gt_rows, rows = _by_id(gt, image), _by_id(preds, pred)
    gt_map = segment_map(gt_picture, gt.id[gt_rows], has_void=gt.has_void)
    preds_map = segment_map(picture, preds.id[rows])
    shared = shared_pixels(preds_map, gt_map)
    return PicturePair(
        preds=MappedPicture(rows, preds_map, shared.totals(shared.pred, preds_map.inside)),
        gt=MappedPicture(gt_rows, gt_map, shared.totals(shared.gt, gt_map.inside)),
        shared=shared,
    )


def unlisted_ids(segments: PanopticSegments, image: int, picture: MappedPicture) -> list[int]:
    """Ids in a picture that its file does not list, ascending."""
    if not picture.has_unlisted:
        return []
    found = segments.picture(image)[picture.map.places == picture.map.unlisted]
    ids: list[int] = np.unique(found).tolist()
    return ids


def _by_id(segments: PanopticSegments, image: int) -> NDArray[np.int64]:
    """Rows of an image's segments by ascending id."""
    part = segments.of_image(image)
    order: NDArray[np.int64] = part.start + np.argsort(segments.id[part])
    return order
