"""Mistakes in panoptic pictures: unreadable ones, and those that contradict their files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from segeval.checks.misplaced_segments import misplaced_segments, where_segments_fit
from segeval.checks.panoptic import mapped_categories
from segeval.checks.report import gathered
from segeval.data.ids import rows_of
from segeval.data.keys import Keys
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.pictures import (
    MappedPicture,
    PicturePair,
    read_pictures,
    unlisted_ids,
)
from segeval.data.panoptic.wrong_ids import few_ids, unseen_segments
from segeval.errors import InputError, MismatchError
from segeval.findings import Finding, finding_of
from segeval.kernels.threads import in_order
from segeval.words import counted

Fits = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Category ids of predicted segments and of those that they fit, shape (P,) each."""

Examined = tuple[list[Finding], list[Fits]]
"""Mistakes in the pictures of one image, and which of its segments fit."""

NO_SEGMENT = "Pixels of no segment are 0."
"""What ids in memory are, which are no colours."""

LEAST_UNION = 2.0**-53
"""A union needs more pixels than this per shared pixel: IoU must be small enough to be summed."""


def mistakes_of_pictures(
    preds: PanopticSegments, gt: PanopticSegments, *, are_unknown: bool = False
) -> list[Finding]:
    """Mistakes in the pictures of the images in both files, one finding per kind.

    Args:
        preds: the predictions, with their folder.
        gt: the ground truth, with its folder.
        are_unknown: whether categories of the predictions are unknown, so that they are not judged.
    """
    places = rows_of(gt.image_id, preds.image_id)
    images = np.flatnonzero(places >= 0).tolist()

    def examined(image: int) -> Examined:
        fits: list[Fits] = []
        return list(_of_image(preds, int(places[image]), gt, image, fits)), fits

    judged = list(in_order(examined, images))
    found = gathered((finding for of_image, _ in judged for finding in of_image), "picture")
    if found or are_unknown:
        return found
    fitting, fitted = (
        np.concatenate(
            [np.empty(0, np.int64), *(fits[side] for _, each in judged for fits in each)]
        )
        for side in (0, 1)
    )
    return list(
        misfits(
            fitting,
            fitted,
            objects=int((~gt.is_crowd).sum()),
            keys=gt.categories.keys,
            source=preds.source,
            where=partial(where_segments_fit, preds, gt),
        )
    )


def misfits(
    found: NDArray[np.int64],
    true: NDArray[np.int64],
    *,
    objects: int,
    keys: Keys | None,
    source: str,
    where: Callable[[], Iterable[str]],
) -> Iterator[Finding]:
    """Why few segments are found: exchanged categories, or pictures in another place.

    Args:
        found: category id of a predicted segment that fits one of the ground truth, shape (P,).
        true: category id of the latter, shape (P,).
        objects: segments of the ground truth that are no crowd regions.
        keys: the keys of the categories.
        source: name of the predictions.
        where: what `where_segments_fit` says; asked only if few segments are found.
    """
    exchanged = list(mapped_categories(found, true, keys, source))
    fitting = int((found == true).sum())
    yield from exchanged or misplaced_segments(where, objects, fitting, source)


def mistakes_of_own_pictures(segments: PanopticSegments) -> list[Finding]:
    """Mistakes in the pictures of one file, one finding per kind."""

    def examined(image: int) -> list[Finding]:
        try:
            picture = read_pictures(segments, image, segments, image).gt
        except InputError as error:
            return [finding_of(error, "pictures")]
        return [*other_ids(segments, image, picture)]

    found = in_order(examined, range(len(segments)))
    return gathered((finding for of_image in found for finding in of_image), "picture")


def other_ids(segments: PanopticSegments, image: int, picture: MappedPicture) -> Iterator[Finding]:
    """Ids of segments that only a picture or only its file has."""
    ids = unlisted_ids(segments, image, picture)
    in_memory = segments.pictures is not None
    lister = "`segments_info`" if in_memory else segments.source
    if ids:
        yield Finding(
            "error",
            "segment ids",
            f"has {counted(len(ids), 'id')} that {lister} does not list for image_id "
            f"{segments.shown_image(image)}: {few_ids(ids)}",
            count=len(ids),
            path=str(segments.path(image)),
            hint=NO_SEGMENT if in_memory else _hint_on_ids(ids, picture.map.ids),
            code="segment-ids",
            field="segments_info",
            error=MismatchError,
        )
    missing = picture.map.ids[picture.pixels == 0]
    if len(missing):
        yield unseen_segments(segments, image, missing)


def _hint_on_ids(ids: Sequence[int], listed: NDArray[np.int64]) -> str:
    """How ids are written; or that they are listed with their first and last byte exchanged."""
    rule = "Id = R + 256 G + 65536 B; 0 is void."
    turned = [(each & 0xFF) << 16 | each & 0xFF00 | each >> 16 for each in ids]
    if np.isin(turned, listed).all():
        return f"They are listed with red and blue exchanged: saved as BGR? {rule}"
    return rule


def union_too_small(pixels: NDArray[np.int64], union: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the union of two segments is not positive, or as good as nothing.

    Args:
        pixels: pixels that the segments share, shape (Q,).
        union: pixels of their union by the area in the file, shape (Q,).
    """
    return np.asarray(union <= pixels * LEAST_UNION)


def area_too_small(gt: PanopticSegments, segment: int, pixels: int) -> Finding:
    """An area in the file so small that the union of two segments is not positive.

    Args:
        gt: the ground truth.
        segment: its row.
        pixels: its number of pixels in the picture.
    """
    return Finding(
        "error",
        "area field",
        f"{gt.name(segment)}: area is {gt.area[segment]:g}, but it shares more pixels than that "
        f"with a prediction. The picture has {pixels:,} pixels of it",
        count=1,
        path=gt.source,
        code="area",
        field="area",
        error=InputError,
    )


def _of_image(
    preds: PanopticSegments, pred: int, gt: PanopticSegments, image: int, fits: list[Fits]
) -> Iterator[Finding]:
    """Mistakes in the pictures of one image; which segments fit is added to `fits`."""
    try:
        pair = read_pictures(preds, pred, gt, image)
    except InputError as error:
        yield finding_of(error, "pictures")
        if error.path == str(gt.path(image)):  # the other was not read
            try:
                preds.picture(pred)
            except InputError as other:
                yield finding_of(other, "pictures")
        return
    yield from other_ids(preds, pred, pair.preds)
    yield from other_ids(gt, image, pair.gt)
    fits.append(_fitting_categories(preds, gt, pair))
    for place in _with_too_small_areas(preds, gt, pair):
        yield area_too_small(gt, int(pair.gt.rows[place]), int(pair.gt.pixels[place]))


def _fitting_categories(preds: PanopticSegments, gt: PanopticSegments, pair: PicturePair) -> Fits:
    """Category ids of predictions and of the segments that they fit by their pixels."""
    pred, true, pixels = _listed(pair)
    whole = pair.preds.pixels[pred] + pair.gt.pixels[true] - pixels
    rows = pair.gt.rows[true]
    fits = (2 * pixels > whole) & ~gt.is_crowd[rows]
    return preds.category_id[pair.preds.rows[pred[fits]]], gt.category_id[rows[fits]]


def _listed(pair: PicturePair) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Places of two listed segments that share pixels, and how many, shape (Q,) each."""
    shared = pair.shared
    listed = (shared.pred > 0) & (shared.pred < pair.preds.map.unlisted)
    listed &= (shared.gt > 0) & (shared.gt < pair.gt.map.unlisted)
    return shared.pred[listed] - 1, shared.gt[listed] - 1, shared.pixels[listed]


def _with_too_small_areas(
    preds: PanopticSegments, gt: PanopticSegments, pair: PicturePair
) -> NDArray[np.int64]:
    """Places of ground-truth segments whose union with a prediction is not positive."""
    shared, (of_preds, of_gt) = pair.shared, (pair.preds, pair.gt)
    pred, true, pixels = _listed(pair)
    rows = of_gt.rows[true]
    rival = preds.category_id[of_preds.rows[pred]] == gt.category_id[rows]
    rival &= ~gt.is_crowd[rows] & ~np.isnan(gt.area[rows])
    void = shared.of_void(len(of_preds.totals))[1:]
    union = of_preds.pixels[pred] + gt.area[rows] - pixels - void[pred]
    return np.unique(true[rival & union_too_small(pixels, union)])
