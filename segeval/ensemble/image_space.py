"""Predictions on changed images, mapped back to the images as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.data.geometry import masks_of
from segeval.data.segmentations import Format, Segmentations
from segeval.ensemble.known_sizes import ImageSource, KnownSizes
from segeval.ensemble.view import View
from segeval.errors import MismatchError
from segeval.findings import refusal
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
from segeval.words import size_text

BATCH = 1024
"""Masks that are decoded together."""

TELL = "Give ground truth, or any COCO file that lists the images and their sizes: `images`."
"""What to do where the size of an image is not known."""


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
    if view.is_none:
        return preds
    known = KnownSizes([] if images is None else [images])
    return mapped(preds, view, known, workers=workers)[0]


def mapped(
    preds: Predictions,
    view: View,
    known: KnownSizes,
    *,
    corners: NDArray[np.int64] | None = None,
    workers: int | None = None,
) -> tuple[Predictions, NDArray[np.int64]]:
    """Predictions as in `to_image`, and the rows that are left, int64.

    Args:
        preds: N predictions, with the ids of whole images.
        view: how the images, or the parts of images at `corners`, were changed.
        known: sizes of images.
        corners: x, y of the part of each prediction, int64, shape (N, 2); None for the view's.
        workers: threads, None for all cores.
    """
    if corners is None and view.offset is not None:
        corners = np.tile(np.array([view.offset], np.int64), (len(preds), 1))
    frames = _frames(preds, view, known, corners)
    boxes, is_left = _boxes(preds, view, frames)
    masks, is_drawn = _masks(preds, view, frames, workers)
    rows = np.flatnonzero(is_left & is_drawn)
    found = replace(preds, boxes=boxes, segmentations=masks)
    return (found if len(rows) == len(preds) else found.only(rows)), rows


@dataclass(frozen=True, eq=False)
class Frames:
    """Where the frames of N predictions lie, in pixels of their images.

    Attributes:
        has_mask: whether each has a mask, bool, shape (N,).
        own: (H, W) that the model saw, of predictions with a mask, int64, shape (N, 2).
        part: (H, W) of the image, or of the part of it, before it was scaled, int64, shape (N, 2);
            -1 where nothing tells.
        image: (H, W) of the whole image, int64, shape (N, 2); -1 where nothing tells.
        corners: x, y of the part in the image, int64, shape (N, 2); None where all are whole.
    """

    has_mask: NDArray[np.bool_]
    own: NDArray[np.int64]
    part: NDArray[np.int64]
    image: NDArray[np.int64]
    corners: NDArray[np.int64] | None

    @property
    def reaches_over(self) -> NDArray[np.bool_]:
        """Whether the part reaches beyond the image, where both are known, bool, shape (N,)."""
        if self.corners is None:
            return np.zeros(len(self.part), np.bool_)
        end = self.corners + self.part[:, ::-1]
        beyond = (self.corners < 0) | ((end > self.image[:, ::-1]) & (self.part[:, ::-1] >= 0))
        return np.asarray(beyond.any(axis=1) & (self.image >= 0).all(axis=1))


def _frames(
    preds: Predictions, view: View, known: KnownSizes, corners: NDArray[np.int64] | None
) -> Frames:
    """The frames of predictions.

    Raises:
        FormatError: for a polygon, or an image whose size is needed and not known.
        MismatchError: for a mask whose size does not fit the scale, or a part beyond its image.
    """
    segments = preds.segmentations
    drawn = np.flatnonzero(segments.format == Format.POLYGON)
    if len(drawn):
        raise refusal(
            preds,
            f"has a polygon, which the view {view} cannot map back.",
            rows=drawn,
            code="image-view",
            field="segmentation",
            hint="Write it as run lengths.",
            option="views",
        )
    has_mask = segments.format != Format.NONE
    own = np.where(has_mask[:, None], segments.strings.sizes, -1).astype(np.int64)
    is_whole = corners is None
    flips = view.hflip or view.vflip
    bare = bool((~has_mask).any())
    image = np.full((len(preds), 2), -1, np.int64)
    if not is_whole or view.scale != 1 or (flips and bare):
        image = known.of(preds)
    if view.scale == 1:
        part = own.copy()
    else:
        part = _unscaled(preds, view, own, image if is_whole else np.full_like(image, -1), is_whole)
    if is_whole:
        part = np.where(has_mask[:, None], part, image)
    frames = Frames(has_mask, own, part, image, corners)
    _check_frames(preds, view, frames)
    return frames


def _check_frames(preds: Predictions, view: View, frames: Frames) -> None:
    """Refuse what cannot be mapped back because a size is not known, or a part lies outside."""
    boxed = preds.has_box
    if view.hflip or view.vflip:
        unknown = np.flatnonzero(boxed & (frames.part < 0).any(axis=1))
        if len(unknown):
            is_whole = frames.corners is None
            raise refusal(
                preds,
                f"has a box without a mask in the view {view}, and nothing says how large "
                f"{'its image' if is_whole else 'the part of its image'} is.",
                rows=unknown,
                code="no-size",
                field="bbox",
                hint=TELL if is_whole else "Give predictions with masks.",
                option="images" if is_whole else "views",
            )
    if frames.corners is None:
        return
    unknown = np.flatnonzero(frames.has_mask & (frames.image < 0).any(axis=1))
    if len(unknown):
        raise refusal(
            preds,
            "has a mask of a part of its image, and nothing says how large the image is.",
            rows=unknown,
            code="no-size",
            field="segmentation",
            hint=TELL,
            option="images",
        )
    begins = (frames.corners >= frames.image[:, ::-1]) & (frames.image[:, ::-1] >= 0)
    ends = (frames.corners + frames.part[:, ::-1] <= 0) & (frames.part[:, ::-1] >= 0)
    outside = np.flatnonzero((begins | ends).any(axis=1))
    if len(outside):
        row = outside[0]
        raise refusal(
            preds,
            f"is of a part of the image at {tuple(frames.corners[row].tolist())} (x, y), which "
            f"lies outside of its {size_text(frames.image[row])} pixels (height x width).",
            rows=outside,
            code="image-view",
            field="segmentation",
            error=MismatchError,
            option="views",
        )


def _unscaled(
    preds: Predictions,
    view: View,
    own: NDArray[np.int64],
    image: NDArray[np.int64],
    is_whole: bool,  # noqa: FBT001
) -> NDArray[np.int64]:
    """(H, W) of the frames of masks before they were scaled, int64, shape (N, 2).

    A side times the scale may have been rounded either way.

    Raises:
        FormatError: if several sizes of the image would give that of the mask, and nothing tells.
        MismatchError: if the size that is known does not.
    """
    masked = own >= 0
    known = image >= 0
    guess = np.round(own / view.scale).astype(np.int64)
    part = np.where(known, image, guess)
    wrong = np.flatnonzero((masked & ~_fits(part, view.scale, own)).any(axis=1))
    if len(wrong):
        row = wrong[0]
        here, there = size_text(own[row]), np.round(image[row] * view.scale).astype(int)
        text = f"the mask is {here} pixels (height x width), which is no size times {view.scale:g}"
        if known[row].all():
            text = (
                f"the mask is {here} pixels (height x width), expected {size_text(there)}: its "
                f"image is {size_text(image[row])}, and the scale of its view {view.scale:g}"
            )
        raise refusal(
            preds,
            f"{text}.",
            rows=wrong,
            code="mask-size",
            field="segmentation",
            error=MismatchError,
            option="views",
        )
    if not is_whole:  # half a pixel of a part matters less than of a whole image
        return np.where(masked, part, -1)
    others = _fits(guess - 1, view.scale, own) | _fits(guess + 1, view.scale, own)
    unsure = np.flatnonzero((masked & ~known & others).any(axis=1))
    if len(unsure):
        row = unsure[0]
        raise refusal(
            preds,
            f"the mask is {size_text(own[row])} pixels (height x width) in the view {view}, which "
            "images of several sizes would give.",
            rows=unsure,
            code="no-size",
            field="segmentation",
            hint=TELL,
            option="images",
        )
    return np.where(masked, part, -1)


def _fits(size: NDArray[np.int64], scale: float, own: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether sides times the scale, rounded either way, are others."""
    return np.asarray(np.abs(size * scale - own) < 1 - 1e-6)


def _boxes(
    preds: Predictions, view: View, frames: Frames
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Boxes in the image, (N, 4), and whether anything is left of each, bool, shape (N,)."""
    corner, sides = preds.boxes[:, :2].copy(), preds.boxes[:, 2:].copy()
    part = frames.part[:, ::-1]
    if view.scale != 1:
        exact = (frames.own > 0) & (frames.part > 0)
        factor = np.full(corner.shape, view.scale)
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
