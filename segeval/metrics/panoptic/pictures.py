"""Both pictures of one image, checked against their files and each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import rows_of
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.wrong_ids import few_ids, unseen_segments
from segeval.errors import MismatchError
from segeval.findings import refusal
from segeval.metrics.panoptic.matching import ImageSegments
from segeval.metrics.panoptic.shared_pixels import (
    SegmentMap,
    SharedPixels,
    segment_map,
    shared_pixels,
)
from segeval.words import counted, size_text


@dataclass(frozen=True, eq=False)
class ImagePair:
    """Prediction and ground truth of one image; segments are in the order of their ids.

    Attributes:
        preds, gt: the segments.
        preds_map, gt_map: the pictures.
        shared: pixels of every pair of their segments.
        gt_pixels: pixels of every ground-truth segment in its picture, int64, shape (M,).
        gt_start: first row of the image's segments in the ground truth.
        wrong_areas: ground-truth segments whose area is not their number of pixels.
        gt_in_one_only: ground-truth ids that only the picture or only the file has.
    """

    preds: ImageSegments
    gt: ImageSegments
    preds_map: SegmentMap
    gt_map: SegmentMap
    shared: SharedPixels
    gt_pixels: NDArray[np.int64]
    gt_start: int
    wrong_areas: int
    gt_in_one_only: int


def read_pair(
    preds: PanopticSegments, pred: int, gt: PanopticSegments, image: int, *, lenient: bool
) -> ImagePair:
    """Read both pictures of an image.

    Args:
        preds: the predictions.
        pred: place of the image among them.
        gt: the ground truth.
        image: place of the image in it.
        lenient: accept ids that only the picture or only the file of the ground truth has.

    Raises:
        MismatchError: if the sizes differ, or a picture and its file have different ids.
    """
    gt_picture, picture = gt.picture(image), preds.picture(pred)
    if gt_picture.shape != picture.shape:
        raise MismatchError(
            f"{preds.path(pred)}: is {size_text(picture.shape)} pixels, but "
            f"{gt.path(image)} is {size_text(gt_picture.shape)} (image_id "
            f"{gt.image_id[image]}).",
            code="size",
            path=str(preds.path(pred)),
        )
    gt_order, order = _by_id(gt, image), _by_id(preds, pred)
    gt_map = segment_map(gt_picture, gt.id[gt_order])
    preds_map = segment_map(picture, preds.id[order])
    shared = shared_pixels(preds_map, gt_map)
    gt_pixels = shared.totals(shared.gt, gt_map.inside)
    pixels = shared.totals(shared.pred, preds_map.inside)
    _require_same_ids(preds, pred, preds_map, pixels)
    if not lenient:
        _require_same_ids(gt, image, gt_map, gt_pixels)
    unlisted = _unlisted(gt, image, gt_map) if gt_pixels[gt_map.unlisted] else []
    given = gt.area[gt_order]
    counts = gt_pixels[1 : gt_map.unlisted]
    missing = counts == 0
    area = np.where(np.isnan(given), counts, given)
    return ImagePair(
        preds=_segments(preds, order, gt, pixels[1 : preds_map.unlisted].astype(np.float64)),
        gt=_segments(gt, gt_order, gt, area),
        preds_map=preds_map,
        gt_map=gt_map,
        shared=shared,
        gt_pixels=counts,
        gt_start=int(gt.offsets[image]),
        wrong_areas=int(((area != counts) & ~missing).sum()),
        gt_in_one_only=len(unlisted) + int(missing.sum()),
    )


def _by_id(segments: PanopticSegments, image: int) -> NDArray[np.int64]:
    """Rows of an image's segments by ascending id."""
    part = segments.of_image(image)
    order: NDArray[np.int64] = part.start + np.argsort(segments.id[part])
    return order


def _segments(
    segments: PanopticSegments,
    rows: NDArray[np.int64],
    gt: PanopticSegments,
    area: NDArray[np.float64],
) -> ImageSegments:
    """The segments of one image, categories as places in the ground truth's list."""
    return ImageSegments(
        category=rows_of(segments.category_id[rows], gt.categories.id),
        area=area,
        is_crowd=segments.is_crowd[rows],
        order=np.argsort(rows),
    )


def _require_same_ids(
    segments: PanopticSegments, image: int, found: SegmentMap, pixels: NDArray[np.int64]
) -> None:
    """Refuse a picture that has an id its file does not list, or lacks one."""
    if pixels[found.unlisted]:
        ids = _unlisted(segments, image, found)
        raise refusal(
            str(segments.path(image)),
            f"has {counted(len(ids), 'id')} that {segments.source} does not list for image_id "
            f"{segments.image_id[image]}: {few_ids(ids)}. Id = R + 256 G + 65536 B; 0 is void.",
            code="segment-ids",
            field="segments_info",
            error=MismatchError,
            told=len(ids),
        )
    missing = found.ids[pixels[1 : found.unlisted] == 0].tolist()
    if missing:
        raise unseen_segments(segments, image, missing)


def _unlisted(segments: PanopticSegments, image: int, found: SegmentMap) -> list[int]:
    """Ids in the picture that the file does not list, ascending."""
    unlisted = segments.picture(image)[found.places == found.unlisted]
    ids: list[int] = np.unique(unlisted).tolist()
    return ids
