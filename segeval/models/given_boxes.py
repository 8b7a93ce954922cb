"""Boxes of a file of predictions, for a model that moves them or looks at them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.data import Predictions, load_predictions
from segeval.data.keys import Key, shown_key, written
from segeval.errors import Note
from segeval.findings import refusal
from segeval.models.box_defects import box_defects
from segeval.models.categories import Categories
from segeval.words import counted

Size = tuple[int, int]
"""(H, W) in pixels."""


@dataclass(frozen=True, repr=False)
class ImageBoxes(Brief):
    """The boxes of an image.

    Attributes:
        corners: x0, y0, x1, y1 in pixels of the photograph, float32, (n, 4).
        scores: float32, (n,).
        classes: 0 to K - 1, int64, (n,).
    """

    corners: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class GivenBoxes(Brief):
    """The boxes of a file.

    Attributes:
        by_image: by the id of their image.
        source: the file.
    """

    by_image: Mapping[Key, ImageBoxes]
    source: str = "boxes"

    def of(self, image: Key) -> ImageBoxes:
        """The boxes of an image, in the order of the file; none if the file has none."""
        found = self.by_image.get(image)
        return NO_BOXES if found is None else found

    def notes_on(self, images: Iterable[Key]) -> tuple[Note, ...]:
        """A note on those of the images that have no boxes."""
        bare = [image for image in images if image not in self.by_image]
        if not bare:
            return ()
        have = "has" if len(bare) == 1 else "have"
        text = (
            f"{self.source}: {counted(len(bare), 'image')} {have} no boxes, first image "
            f"{shown_key(bare[0])}"
        )
        return (Note("no-boxes", text, len(bare)),)


NO_BOXES = ImageBoxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


def read_given_boxes(
    source: str | Path | Predictions, categories: Categories, images: Mapping[Key, Size | None]
) -> GivenBoxes:
    """The boxes of predictions.

    Args:
        source: a file of COCO results, or what `load_predictions` made of one.
        categories: of the model.
        images: those that can have boxes, with their sizes where they are known.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is no file of predictions, or a record has no box, an empty box, a box
            outside its image, or an unknown image or category.
    """
    preds = source if isinstance(source, Predictions) else load_predictions(source)
    ids = written(preds.image_id, preds.image_keys)
    labels = written(preds.category_id, preds.category_keys)
    class_of: dict[Key, int] = {number: place for place, (number, _) in enumerate(categories)}
    _check(preds, ids, labels, class_of, images)
    corners = preds.boxes.copy()
    corners[:, 2:] += corners[:, :2]
    rows: dict[Key, list[int]] = {}
    for row, image in enumerate(ids):
        rows.setdefault(image, []).append(row)
    classes = np.array([class_of[each] for each in labels], np.int64)
    found = {
        image: ImageBoxes(
            corners[own].astype(np.float32), preds.score[own].astype(np.float32), classes[own]
        )
        for image, own in rows.items()
    }
    return GivenBoxes(found, preds.source)


def _check(
    preds: Predictions,
    ids: list[Key],
    labels: list[Key],
    classes: Mapping[Key, int],
    images: Mapping[Key, Size | None],
) -> None:
    """Refuse the first kind of record that cannot be used."""
    unknown = [row for row, image in enumerate(ids) if image not in images]
    if unknown:
        text = f"has image_id {shown_key(ids[unknown[0]])}, which is none of the images"
        raise refusal(preds, text, code="unknown-image", rows=unknown, field="image_id")
    other = [row for row, label in enumerate(labels) if label not in classes]
    if other:
        text = f"has category_id {shown_key(labels[other[0]])}, which the model does not have"
        raise refusal(preds, text, code="unknown-category", rows=other, field="category_id")
    missing = np.flatnonzero(~np.isfinite(preds.boxes).all(axis=1))
    if len(missing):
        text = "has no box of finite numbers, expected bbox [x, y, width, height] in pixels"
        raise refusal(preds, text, code="no-box", rows=missing, field="bbox")
    known = np.array([images[image] or (0, 0) for image in ids], np.int64).reshape(-1, 2)
    is_empty, is_outside = box_defects(preds.boxes, known)
    empty = np.flatnonzero(is_empty)
    if len(empty):
        box = preds.boxes[empty[0]].tolist()
        text = f"has the empty box {box}, expected a width and a height above 0"
        raise refusal(preds, text, code="empty-box", rows=empty, field="bbox")
    rows = np.flatnonzero(is_outside & (known[:, 1] > 0))
    if len(rows):
        box, size = preds.boxes[rows[0]].tolist(), tuple(known[rows[0]].tolist())
        text = f"has the box {box} outside of its image of {size[0]} x {size[1]} pixels (H x W)"
        raise refusal(preds, text, code="outside", rows=rows, field="bbox")
