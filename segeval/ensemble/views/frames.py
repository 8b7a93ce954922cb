"""Where the frames that models saw lie in their images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.data.segmentations import Format
from segeval.ensemble.views.known_sizes import KnownSizes
from segeval.ensemble.views.view import View
from segeval.errors import MismatchError
from segeval.findings import refusal
from segeval.frozen import frozen
from segeval.words import size_text

TELL = "Give ground truth, or any COCO file that lists the images and their sizes: `images`."
"""What to do where the size of an image is not known."""


@frozen(eq=False)
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

    def take(self, rows: NDArray[np.integer]) -> Frames:
        """The frames of some predictions, in that order."""
        return Frames(
            self.has_mask[rows],
            self.own[rows],
            self.part[rows],
            self.image[rows],
            None if self.corners is None else self.corners[rows],
        )

    @property
    def reaches_over(self) -> NDArray[np.bool_]:
        """Whether the part reaches beyond the image, where both are known, bool, shape (N,)."""
        if self.corners is None:
            return np.zeros(len(self.part), np.bool_)
        end = self.corners + self.part[:, ::-1]
        beyond = (self.corners < 0) | ((end > self.image[:, ::-1]) & (self.part[:, ::-1] >= 0))
        return np.asarray(beyond.any(axis=1) & (self.image >= 0).all(axis=1))


def frames_of(
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
        where = f"the view {view}" if corners is None or view.offset else "a table of tiles"
        raise refusal(
            preds,
            f"has a polygon, which {where} cannot map back.",
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
    elif view.scale is None:
        part = _of_masks(preds, own, image)
    else:
        known_size = image if is_whole else np.full_like(image, -1)
        part = _unscaled(preds, view.scale, own, known_size, is_whole)
    if is_whole:
        part = np.where(has_mask[:, None], part, image)
    frames = Frames(has_mask, own, part, image, corners)
    _check_frames(preds, view, frames)
    return frames


def _check_frames(preds: Predictions, view: View, frames: Frames) -> None:
    """Refuse what cannot be mapped back because a size is not known, or a part lies outside."""
    boxed = preds.has_box
    bare = np.flatnonzero(boxed & ~frames.has_mask)
    if view.scale is None and len(bare):
        raise refusal(
            preds,
            f"has a box without a mask in the view {view}, and only masks say how large the "
            "model saw its image.",
            rows=bare,
            code="no-size",
            field="bbox",
            hint="Give the scale: `views`.",
            option="views",
        )
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
        x, y = frames.corners[outside[0]].tolist()
        shown = size_text(frames.image[outside[0]])
        raise refusal(
            preds,
            f"is of a part of the image from x {x}, y {y} on, which lies outside of its {shown} "
            "pixels (height x width).",
            rows=outside,
            code="image-view",
            field="segmentation",
            error=MismatchError,
            option="views",
        )


def _of_masks(
    preds: Predictions, own: NDArray[np.int64], image: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(H, W) of images that were scaled by what the size of each mask says, int64, shape (N, 2).

    Raises:
        FormatError: if the size of an image is not known.
        MismatchError: for a mask that is not of the shape of its image.
    """
    masked = (own >= 0).all(axis=1)
    unknown = np.flatnonzero(masked & (image < 0).any(axis=1))
    if len(unknown):
        raise refusal(
            preds,
            "has a mask at a scale that only the size of its image tells, which is not known.",
            rows=unknown,
            code="no-size",
            field="segmentation",
            hint=TELL,
            option="images",
        )
    # Both sides are rounded: to the size that the other side says, less than one pixel is missing.
    off = np.abs((own * image[:, ::-1]) @ [1, -1]) >= 2 * image.max(axis=1)
    off |= own.min(axis=1) < 1
    wrong = np.flatnonzero(masked & off)
    if len(wrong):
        here, there = size_text(own[wrong[0]]), size_text(image[wrong[0]])
        raise refusal(
            preds,
            f"the mask is {here} pixels (height x width), which is no scale of its image of "
            f"{there}.",
            rows=wrong,
            code="mask-size",
            field="segmentation",
            error=MismatchError,
            option="views",
        )
    part = image.copy()
    part[~masked] = -1
    return part


def _unscaled(
    preds: Predictions,
    scale: float,
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
    guess = np.round(own / scale).astype(np.int64)
    part = np.where(known, image, guess)
    wrong = np.flatnonzero((masked & ~_fits(part, scale, own)).any(axis=1))
    if len(wrong):
        row = wrong[0]
        here, there = size_text(own[row]), np.round(image[row] * scale).astype(int)
        text = f"the mask is {here} pixels (height x width), which is no size times {scale:g}"
        if known[row].all():
            text = (
                f"the mask is {here} pixels (height x width), expected {size_text(there)}: its "
                f"image is {size_text(image[row])}, and the scale of its view {scale:g}"
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
    others = _fits(guess - 1, scale, own) | _fits(guess + 1, scale, own)
    unsure = np.flatnonzero((masked & ~known & others).any(axis=1))
    if len(unsure):
        row = unsure[0]
        raise refusal(
            preds,
            f"the mask is {size_text(own[row])} pixels (height x width) at scale {scale:g}, which "
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
