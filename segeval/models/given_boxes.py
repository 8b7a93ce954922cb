"""Boxes of a file of predictions, for a model that moves them or looks at them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.checks.box_geometry import corners_of
from segeval.checks.predictions import scores_not_finite
from segeval.checks.records import Records
from segeval.checks.repeats import repeats
from segeval.data import Predictions, load_predictions
from segeval.data.keys import Key, shown_key, written
from segeval.data.wrong_ids import Kind
from segeval.errors import InputError, Note
from segeval.findings import note_of, raise_first, refusal
from segeval.models.box_defects import box_defects
from segeval.models.categories import Categories
from segeval.words import counted, first_few

Size = tuple[int, int]
"""(H, W) in pixels."""

SHOWN = 5
"""Most ids in a message."""

LEAVE_OUT = "Leave such boxes out of the file."

OUTSIDE = "has the box {box} outside of its image of {size[0]} x {size[1]} pixels (H x W)"

DEFECTS = {
    "no-box": "has no box of finite numbers, expected bbox [x, y, width, height] in pixels",
    "empty-box": "has the empty box {box}, expected a width and a height above 0",
    "outside": OUTSIDE,
    "large-box": "has the box {box}, expected bbox [x, y, width, height] in pixels",
    "small-box": "has the box {box}, which is too small to be told from an empty one",
}
"""What is wrong with a box, by code."""


@dataclass(frozen=True, repr=False)
class ImageBoxes(Brief):
    """The boxes of an image, as their file has them.

    Attributes:
        boxes: x, y, width, height in pixels of the photograph, float64, (n, 4).
        scores: float64, (n,).
        classes: 0 to K - 1, int64, (n,).
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    classes: NDArray[np.int64]

    @property
    def corners(self) -> NDArray[np.float32]:
        """x0, y0, x1, y1, as models see them, float32, (n, 4)."""
        return corners_of(self.boxes).astype(np.float32)


@dataclass(frozen=True, eq=False, repr=False)
class GivenBoxes(Brief):
    """The boxes of a file.

    Attributes:
        by_image: by the id of their image.
        source: the file.
        notes: on the file.
    """

    by_image: Mapping[Key, ImageBoxes]
    source: str = "boxes"
    notes: tuple[Note, ...] = ()

    def of(self, image: Key) -> ImageBoxes:
        """The boxes of an image, in the order of the file; none if the file has none."""
        found = self.by_image.get(image)
        return NO_BOXES if found is None else found

    def notes_on(self, images: Iterable[Key]) -> tuple[Note, ...]:
        """Notes on the file, and on those of the images that have no boxes."""
        bare = [image for image in images if image not in self.by_image]
        if not bare:
            return self.notes
        have = "has" if len(bare) == 1 else "have"
        text = (
            f"{self.source}: {counted(len(bare), 'image')} {have} no boxes, first image "
            f"{shown_key(bare[0])}"
        )
        return (*self.notes, Note("no-boxes", text, len(bare)))


NO_BOXES = ImageBoxes(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))


def outside_box(name: str, corners: NDArray[np.float32], size: Size, count: int) -> InputError:
    """The error for given boxes outside of a photograph.

    Args:
        name: of the photograph.
        corners: of the first of the boxes, (4,).
        size: of the photograph.
        count: number of boxes.
    """
    x0, y0, x1, y1 = map(float, corners)
    text = OUTSIDE.format(box=[x0, y0, x1 - x0, y1 - y0], size=size)
    return refusal(name, text, code="outside", count=count, field="bbox", hint=LEAVE_OUT)


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
            outside its image, an unknown image or category, or a score that is not finite.
    """
    preds = source if isinstance(source, Predictions) else load_predictions(source)
    ids = written(preds.image_id, preds.image_keys)
    labels = written(preds.category_id, preds.category_keys)
    class_of: dict[Key, int] = {number: place for place, (number, _) in enumerate(categories)}
    records = Records(preds)
    raise_first(scores_not_finite(records))
    _check_ids(preds, "image", ids, images)
    _check_ids(preds, "category", labels, class_of)
    sizes = np.array([images[each] or (0, 0) for each in ids], np.int64).reshape(-1, 2)
    _check_boxes(preds, sizes)
    _check_scores(preds)
    rows: dict[Key, list[int]] = {}
    for row, image in enumerate(ids):
        rows.setdefault(image, []).append(row)
    classes = np.array([class_of[each] for each in labels], np.int64)
    found = {
        image: ImageBoxes(preds.boxes[own], preds.score[own], classes[own])
        for image, own in rows.items()
    }
    return GivenBoxes(found, preds.source, tuple(note_of(each) for each in repeats(records)))


def _check_ids(preds: Predictions, kind: Kind, ids: Sequence[Key], known: Collection[Key]) -> None:
    """Refuse records of an image that is not among the others, or of a category of no class."""
    unknown = [row for row, key in enumerate(ids) if key not in known]
    if not unknown:
        return
    listed = first_few([shown_key(key) for key in islice(known, SHOWN + 1)], SHOWN)
    what = counted(len(known), "image") if kind == "image" else "the model's categories"
    whose = "images" if kind == "image" else "categories"
    raise refusal(
        preds,
        f"has {kind}_id {shown_key(ids[unknown[0]])}, expected one of {what}: {listed}",
        code=f"unknown-{kind}",
        rows=unknown,
        field=f"{kind}_id",
        hint=f"Are these boxes of other {whose}?" if len(unknown) == len(ids) else LEAVE_OUT,
    )


def _check_scores(preds: Predictions) -> None:
    """Refuse scores beyond float32."""
    with np.errstate(over="ignore"):
        rows = np.flatnonzero(~np.isfinite(preds.score.astype(np.float32)))
    if len(rows):
        text = f"has the score {preds.score[rows[0]]:g}, expected a chance, such as 0.9"
        raise refusal(preds, text, code="score", rows=rows, field="score")


def _check_boxes(preds: Predictions, sizes: NDArray[np.int64]) -> None:
    """Refuse boxes that cannot be used.

    Args:
        preds: the records.
        sizes: (H, W) of the image of each, 0 where it is not known.
    """
    boxes = preds.boxes
    with np.errstate(over="ignore"):
        is_empty, is_outside = box_defects(boxes, sizes)
        corners = corners_of(boxes).astype(np.float32)
    defects = {
        "no-box": ~np.isfinite(boxes).all(axis=1),
        "empty-box": is_empty,
        "outside": is_outside & (sizes[:, 1] > 0),
        "large-box": ~np.isfinite(corners).all(axis=1),
        "small-box": (corners[:, 2:] <= corners[:, :2]).any(axis=1),
    }
    for code, is_wrong in defects.items():
        rows = np.flatnonzero(is_wrong)
        if len(rows):
            box, size = boxes[rows[0]].tolist(), sizes[rows[0]].tolist()
            text = DEFECTS[code].format(box=box, size=size)
            raise refusal(preds, text, code=code, rows=rows, field="bbox", hint=LEAVE_OUT)
