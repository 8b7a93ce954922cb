"""Predictions on changed images, mapped back to the images as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.data.geometry import masks_of
from segeval.data.segmentations import Format, Segmentations
from segeval.ensemble.views.frames import Frames, frames_of
from segeval.ensemble.views.known_sizes import ImageSource, KnownSizes
from segeval.ensemble.views.size_factors import by_size
from segeval.ensemble.views.view import View
from segeval.kernels.threads import map_slices
from segeval.limits import check_limit, limits
from segeval.masks import (
    CompressedMasks,
    RunLengths,
    area,
    compress,
    flip_horizontal,
    flip_vertical,
    paste,
    resize,
)
from segeval.masks.placing import room_for_pasted
from segeval.masks.resizing import room_for_resized
from segeval.masks.room import spans

BATCH = 1024
"""Masks that are decoded together."""


def to_image(
    preds: Predictions,
    view: View | str,
    *,
    images: ImageSource | None = None,
    workers: int | None = None,
) -> Predictions:
    """Predictions on changed images, as if they had been made on the images as they are.

    Boxes are moved, masks too, without dense pixels; masks at another scale take the nearest pixel.
    What lies beyond the image of a part that reaches over its border is cut off, and predictions of
    which nothing is left are dropped.

    Args:
        preds: N predictions.
        view: how the images were changed, or its text, such as "hflip+scale=2".
        images: ground truth, or any COCO file that lists the images with their sizes. Flips of
            masks need none.
        workers: threads, None for all cores.

    Raises:
        InputError: for a text that is no view.
        FormatError: for a polygon, a mask that is malformed, or an image of unknown size.
        MismatchError: for a mask whose size is not that of its image times the scale.

    Example:
        >>> from segeval import load_ground_truth, load_predictions
        >>> box = {"image_id": 1, "category_id": 1, "bbox": [10, 20, 20, 20], "score": 0.9}
        >>> size = {"images": [{"id": 1, "width": 100, "height": 80}]}
        >>> gt = load_ground_truth({**size, "annotations": [], "categories": []})
        >>> to_image(load_predictions([box]), "hflip", images=gt).boxes
        array([[70., 20., 20., 20.]])
    """
    if isinstance(view, str):
        view = View.parse(view)
    if view.is_plain:
        return by_size(preds, view)
    known = KnownSizes([] if images is None else [images])
    return mapped(preds, view, known, workers=workers)[0]


def mapped(
    preds: Predictions,
    view: View,
    known: KnownSizes,
    *,
    corners: NDArray[np.int64] | None = None,
    workers: int | None = None,
) -> tuple[Predictions, Frames]:
    """Predictions as in `to_image`, and the frames of those that are left.

    Args:
        preds: N predictions, with the ids of whole images.
        view: how the images, or the parts of images at `corners`, were changed.
        known: sizes of images.
        corners: x, y of the part of each prediction, int64, shape (N, 2); None for the view's.
        workers: threads, None for all cores.
    """
    if corners is None and view.offset is not None:
        corners = np.tile(np.array([view.offset], np.int64), (len(preds), 1))
    frames = frames_of(preds, view, known, corners)
    boxes, is_left = _boxes(preds, view, frames)
    masks, is_drawn = _masks(preds, view, frames, workers)
    rows = np.flatnonzero(is_left & is_drawn)
    found = replace(preds, boxes=boxes, segmentations=masks)
    if len(rows) < len(preds):
        found, frames = found.only(rows), frames.take(rows)
    return by_size(found, view), frames


def _boxes(
    preds: Predictions, view: View, frames: Frames
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Boxes in the image, (N, 4), and whether anything is left of each, bool, shape (N,)."""
    corner, sides = preds.boxes[:, :2].copy(), preds.boxes[:, 2:].copy()
    part = frames.part[:, ::-1]
    if view.scale != 1:
        exact = (frames.own > 0) & (frames.part > 0)
        factor = np.full(corner.shape, view.scale or 1.0)
        np.divide(frames.own[:, ::-1], part, out=factor, where=exact[:, ::-1])
        corner /= factor
        sides /= factor
    last = 1 if view.pixel_convention == "legacy" else 0
    for axis, is_flipped in enumerate((view.hflip, view.vflip)):
        if is_flipped:
            corner[:, axis] = part[:, axis] - last - (corner[:, axis] + sides[:, axis])
    is_left = np.ones(len(preds), np.bool_)
    if frames.corners is not None:
        corner += frames.corners
        cut = frames.reaches_over & preds.has_box
        image = frames.image[cut, ::-1]
        end = np.minimum(corner[cut] + sides[cut], image)
        corner[cut] = np.maximum(corner[cut], 0)
        sides[cut] = np.maximum(end - corner[cut], 0)
        is_left[cut] = (end > corner[cut]).all(axis=1)
    return np.concatenate([corner, sides], axis=1), is_left


def _masks(
    preds: Predictions, view: View, frames: Frames, workers: int | None
) -> tuple[Segmentations, NDArray[np.bool_]]:
    """Masks in the image, and whether anything is left of each, bool, shape (N,)."""
    rows = np.flatnonzero(frames.has_mask)
    is_left = np.ones(len(preds), np.bool_)
    over = frames.reaches_over
    strings = preds.segmentations.strings
    room = _RoomForRuns(preds, int(strings.lengths[rows].sum(dtype=np.int64)))

    def one(start: int, stop: int) -> list[CompressedMasks]:
        found = []
        for first in range(start, stop, BATCH):
            own = rows[first : min(first + BATCH, stop)]
            masks = masks_of(preds, own)
            areas = []
            for part in _parts(masks, view, frames, own):
                room.take(part)
                found.append(compress(part))
                if over[own].any():
                    areas.append(area(part))
            if areas:
                gone = over[own] & (np.concatenate(areas) == 0) & (area(masks) > 0)
                is_left[own[gone]] = False
        return found

    parts = [each for part in map_slices(one, len(rows), workers) for each in part]
    form = np.full(len(preds), Format.NONE, np.uint8)
    starts = np.zeros(len(preds), np.int64)
    lengths, sizes = np.zeros(len(preds), np.int32), np.zeros((len(preds), 2), np.int32)
    text = np.zeros(0, np.uint8)
    if parts:
        whole = CompressedMasks.concatenate(parts)
        form[rows], starts[rows], lengths[rows] = Format.STRING, whole.starts, whole.lengths
        sizes[rows], text = whole.sizes, whole.text
    return Segmentations(form, CompressedMasks(text, starts, lengths, sizes)), is_left


def _parts(
    masks: RunLengths, view: View, frames: Frames, rows: NDArray[np.intp]
) -> Iterator[RunLengths]:
    """Masks of some rows mapped back, a few at a time if they grow."""
    new = frames.part[rows]
    for start, stop in (
        [(0, len(masks))] if view.scale == 1 else spans(room_for_resized(masks, new))
    ):
        own = _span(masks, start, stop)
        if view.scale != 1:
            own = resize(own, new[start:stop])
        if view.hflip:
            own = flip_horizontal(own)
        if view.vflip:
            own = flip_vertical(own)
        if frames.corners is None:
            yield own
            continue
        at = rows[start:stop]
        for first, last in spans(room_for_pasted(own)):
            few = at[first:last]
            yield paste(_span(own, first, last), frames.corners[few], frames.image[few])


def _span(masks: RunLengths, start: int, stop: int) -> RunLengths:
    """Consecutive masks, all of them as they are."""
    return masks if stop - start == len(masks) else masks.take(np.arange(start, stop))


class _RoomForRuns:
    """The runs that masks of one file may still become.

    Args:
        preds: the predictions.
        text: bytes of the text of their masks.
    """

    def __init__(self, preds: Predictions, text: int) -> None:
        self._most = max(limits().drawn_runs, limits().drawn_ratio * text)
        self._used = 0
        self._source = preds.source
        self._lock = Lock()

    def take(self, masks: RunLengths) -> None:
        """Count the runs of more masks.

        Raises:
            FormatError: if no room is left for them.
        """
        with self._lock:
            self._used += len(masks.counts)
            used = self._used
        what = f"the masks would have {used:,} runs or more on whole images"
        if used > self._most:
            check_limit("drawn_runs", used, what, source=self._source)
