"""Coordinates that would fit the other file if they were read in another way.

A reading is reported only if boxes read so overlap those of the other file, and as written do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from segeval.checks.box_geometry import FORMS, Boxes, best_ious
from segeval.checks.records import AnyRecords
from segeval.data.ids import distinct
from segeval.findings import Finding
from segeval.frozen import frozen

IMAGES = 32
"""Images in which two files are compared."""

MOST = 128
"""Records of an image that are compared."""

FITS = 0.4
"""Two files with a larger mean IoU fit as they are."""

GOOD = 0.5
"""Least mean IoU at which two files agree in another reading."""

BETTER = 0.2
"""How much larger the mean IoU of another reading must be."""

RESIZED = 0.03
"""How far the factors of two axes may differ, as a share."""

USUAL_SIDES = (224, 256, 320, 384, 416, 448, 512, 576, 640, 672, 768, 800, 896, 1000, 1024, 1280)
"""Sides in pixels of the square inputs of networks, and of coordinates in thousandths."""


@frozen(eq=False)
class Located:
    """Boxes of n records of one file, and their images.

    Attributes:
        name: the file.
        rows: their rows in the columns, int64, shape (n,).
        image_id: int64, shape (n,).
        boxes: xywh in pixels, finite, shape (n, 4).
        sizes: (H, W) of their images, negative where unknown, shape (n, 2).
    """

    name: str
    rows: NDArray[np.int64]
    image_id: NDArray[np.int64]
    boxes: Boxes
    sizes: NDArray[np.int32]

    def take(self, rows: NDArray[np.integer]) -> Located:
        """The records at `rows`."""
        return Located(
            self.name,
            self.rows[rows],
            self.image_id[rows],
            self.boxes[rows],
            self.sizes[rows],
        )


Others = Callable[[NDArray[np.int64]], Located | None]
"""Finds where the records of the other file are in some images; None if it is not given."""


def other_reading(
    own: Located,
    others: Others,
    *,
    are_boxes: bool,
    good: float = GOOD,
    images: NDArray[np.int64] | None = None,
) -> str:
    """The way to read coordinates that fits the other file, in a sentence; "" if there is none.

    Args:
        own: the records in question.
        others: finds the records of the other file.
        are_boxes: whether the records give boxes, not corners of polygons.
        good: as in `best_reading`.
        images: ids of the images to look at, ascending; None for all that have such records.
    """
    images = distinct(own.image_id) if images is None else images
    images = images[:: max(len(images) // IMAGES, 1)]
    other = others(images)
    if other is None or not len(other.image_id):
        return ""
    own = own.take(np.flatnonzero(np.isin(own.image_id, images)))
    return best_reading(own, other, partial(_readings, are_boxes=are_boxes), good)


def best_reading(
    own: Located,
    other: Located,
    readings: Callable[[Located, Located], Iterator[tuple[Boxes, str]]],
    good: float = GOOD,
) -> str:
    """What to say of the reading that fits the other file clearly better; "" if none does.

    Args:
        own: records of one file.
        other: records of the other file in the same images.
        readings: the boxes of `own` as they may be meant, each with what to say if they are.
        good: least mean IoU at which the files agree.
    """
    with np.errstate(all="ignore"):  # boxes may be of any size
        as_they_are = overlap(own, other)
        if as_they_are > FITS:
            return ""
        best, told = max(good, as_they_are + BETTER), ""
        for boxes, text in readings(own, other):
            fits = overlap(replace(own, boxes=boxes), other)
            if fits > best:
                best, told = fits + 0.01, text
    return told


def _readings(own: Located, other: Located, *, are_boxes: bool) -> Iterator[tuple[Boxes, str]]:
    """Boxes as they may be meant, and what to say if they are."""
    if are_boxes:
        for name, read in FORMS.items():
            yield read(own.boxes), f"Are they {name}? Boxes are x, y, width, height."
    else:
        yield own.boxes[:, [1, 0, 3, 2]], "Are they y, x? Polygons are x, y."
    sides = own.sizes[:, ::-1].astype(np.float64)
    if (sides > 0).all():
        fraction = np.concatenate([sides, sides], axis=1)
        yield own.boxes * fraction, "Are they fractions of the image? Write pixels."
        yield own.boxes * fraction / 100, "Are they percent of the image? Write pixels."
    yield from rescaled(own, other)


def rescaled(own: Located, other: Located) -> Iterator[tuple[Boxes, str]]:
    """Boxes as they may be meant if images were resized or padded, and what to say if they are."""
    sides = own.sizes[:, ::-1].astype(np.float64)
    across, down = _factors(own, other)
    if across and abs(across / down - 1) < RESIZED:
        factor = (across + down) / 2
        yield (
            own.boxes * factor,
            f"They fit {other.name} multiplied by {factor:.3g}: another scale?",
        )
    if across and (sides > 0).all():
        ends = _ends(own), _ends(other)
        shared, mine, others = np.intersect1d(ends[0][0], ends[1][0], return_indices=True)
        first = np.unique(own.image_id, return_index=True)[1]
        of_image = sides[first][np.searchsorted(own.image_id[first], shared)]
        ratio = ends[0][1][mine] / np.maximum(ends[1][1][others], 1e-9)
        length = _usual(float(np.median(ratio * of_image)))
        size = f"{length:.0f} x {length:.0f}"
        told = f"They fit {other.name} as coordinates of images resized to {size}."
        yield own.boxes * np.concatenate([sides, sides], axis=1) / length, told
        longest = _usual(float(np.median(ratio * of_image.max(axis=1, keepdims=True))))
        size = f"{longest:.0f} pixels on the longer side"
        told = f"They fit {other.name} as coordinates of images resized to {size}."
        yield own.boxes * sides.max(axis=1, keepdims=True) / longest, told
        yield from _unpadded(own, sides, other.name)


def _unpadded(own: Located, sides: NDArray[np.float64], name: str) -> Iterator[tuple[Boxes, str]]:
    """Boxes of images that were padded to squares of the usual sides."""
    for side in USUAL_SIDES:
        factor = side / sides.max(axis=1, keepdims=True)
        margin = (side - sides * factor) / 2
        start = (own.boxes[:, :2] - margin) / factor
        told = f"They fit {name} as coordinates of images padded to {side} x {side} (letterbox)."
        yield np.concatenate([start, own.boxes[:, 2:] / factor], axis=1), told


def _usual(length: float) -> float:
    """The usual side near a measured one, or else itself."""
    nearest = min(USUAL_SIDES, key=lambda side: abs(side - length))
    return nearest if abs(nearest - length) <= RESIZED * length else length


def _factors(own: Located, other: Located) -> tuple[float, float]:
    """Median factors of x and y between the ends of what both files have in an image; or zeros."""
    (mine, ends), (others, other_ends) = _ends(own), _ends(other)
    _, left, right = np.intersect1d(mine, others, return_indices=True)
    known = (ends[left] > 0).all(axis=1) & (other_ends[right] > 0).all(axis=1)
    if not known.any():
        return 0.0, 0.0
    across, down = np.median(other_ends[right][known] / ends[left][known], axis=0).tolist()
    return across, down


def _ends(records: Located) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Images (I,), ascending, and the largest x and y of each, shape (I, 2)."""
    order = np.argsort(records.image_id, kind="stable")
    images, starts = np.unique(records.image_id[order], return_index=True)
    corner = records.boxes[:, :2] + records.boxes[:, 2:]
    return images, np.maximum.reduceat(corner[order], starts)


def overlap(own: Located, other: Located) -> float:
    """Mean best IoU in the images that both have, over the records of the file with fewer there."""
    order = np.argsort(other.image_id, kind="stable")
    ids = other.image_id[order]
    boxes, others = own.boxes, other.boxes[order]
    total, count = 0.0, 0
    for image in distinct(own.image_id).tolist():
        near = others[slice(*np.searchsorted(ids, [image, image + 1]))][:MOST]
        mine = boxes[own.image_id == image][:MOST]
        if not len(near):
            continue
        best = best_ious(mine, near)
        total += float(best.sum())
        count += len(best)
    return total / max(count, 1)


def misread(
    records: AnyRecords,
    own: Located,
    others: Others,
    *,
    are_boxes: bool,
    good: float = GOOD,
    which: str = "",
) -> Iterator[Finding]:
    """Boxes or polygons that fit the other file only if they are read in another way.

    Args:
        records: records of one file.
        own: where some of them are.
        others: finds the records of the other file.
        are_boxes: whether they give boxes, not corners of polygons.
        good: as in `best_reading`.
        which: which of the records they are, for the message; "" for all.
    """
    hint = other_reading(own, others, are_boxes=are_boxes, good=good) if len(own.rows) else ""
    if hint:
        yield only_otherwise(records, own.rows, "boxes" if are_boxes else "polygons", hint, which)


def only_otherwise(
    records: AnyRecords, rows: NDArray[np.int64], what: str, hint: str, which: str = ""
) -> Finding:
    """The finding about records that fit the other file only in another way, which `hint` names."""
    return records.finding(
        "warn",
        f"{what} and images",
        f"the {what}{which} fit the other file only if they are read in another way",
        code="other-reading",
        rows=rows,
        hint=hint,
        field="bbox" if what == "boxes" else "segmentation",
    )
