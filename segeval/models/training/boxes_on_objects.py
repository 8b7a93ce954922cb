"""Given boxes that lie on an object of their class: training learns from these alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from segeval.errors import FormatError, Note
from segeval.models.given_boxes import GivenBoxes
from segeval.models.ops.matching import same_class_matches
from segeval.words import counted


@dataclass(frozen=True, eq=False)
class BoxesOnObjects:
    """Given boxes of a training set, each with the object of its class that it overlaps most.

    Attributes:
        rows: place of the object among those of all images, int64, shape (N,).
        boxes: x0, y0, x1, y1 in pixels of the image, float64, shape (N, 4).
        others: number of boxes without such an object.
        source: file of the boxes.
        iou: least overlap.
    """

    rows: NDArray[np.int64]
    boxes: NDArray[np.float64]
    others: int
    source: str
    iou: float

    def notes(self, what: str) -> tuple[Note, ...]:
        """A note on what becomes of the other boxes, such as "left out"; none without them."""
        if not self.others:
            return ()
        text = (
            f"{self.source}: {counted(self.others, 'box', 'boxes')} {what}: no object of the "
            f"same class overlaps by {self.iou:g}"
        )
        return (Note("boxes", text, self.others),)


def boxes_on_objects(
    given: GivenBoxes,
    ids: Sequence[int | str],
    offsets: NDArray[np.int64],
    corners: NDArray[np.float64],
    classes: NDArray[np.int64],
    *,
    iou: float,
) -> BoxesOnObjects:
    """The given boxes that overlap an object of their class.

    Args:
        given: boxes of a file.
        ids: of N images.
        offsets: image i has the objects offsets[i] to offsets[i + 1], shape (N + 1,).
        corners: x0, y0, x1, y1 of the objects in pixels, shape (M, 4).
        classes: of the objects, shape (M,).
        iou: least overlap.

    Raises:
        FormatError: if no box overlaps an object that much.
    """
    rows, boxes, number = [np.zeros(0, np.int64)], [np.zeros((0, 4))], 0
    for place, key in enumerate(ids):
        found, first = given.of(key), int(offsets[place])
        own = slice(first, int(offsets[place + 1]))
        matched, is_on_one = same_class_matches(
            torch.from_numpy(found.corners),
            torch.from_numpy(found.classes),
            torch.from_numpy(corners[own]),
            torch.from_numpy(classes[own]),
            iou=iou,
        )
        rows.append(first + matched[is_on_one].numpy())
        boxes.append(found.corners[is_on_one.numpy()].astype(np.float64))
        number += len(found.corners)
    chosen = np.concatenate(rows)
    if not len(chosen):
        raise FormatError(
            f"{given.source}: none of {counted(number, 'box', 'boxes')} overlaps an object of its "
            f"class with an IoU of {iou:g} or more: there is nothing to learn. Are these boxes of "
            "another set?",
            code="boxes",
            path=given.source,
        )
    others = number - len(chosen)
    return BoxesOnObjects(chosen, np.concatenate(boxes), others, given.source, iou)
