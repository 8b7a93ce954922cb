"""Ground truth and predictions of Open Images as frozen columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.data.column_shapes import OBJECTS, OPEN_IMAGES, VERIFIED, Layout, prove_columns
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.masks import CompressedMasks
from segeval.words import counted


@frozen(eq=False, repr=False)
class OpenImagesGroundTruth:
    """M objects with a box, some of them with a mask, and L verified labels of images.

    Attributes:
        image_ids: I ids of all images that a file names, ascending.
        labels: K label names that a file uses, ascending.
        image: index of each object in image_ids, int64, shape (M,).
        label: index of each object in labels, int64, shape (M,).
        boxes_xyxy: XMin, YMin, XMax, YMax as fractions of the image, float64, shape (M, 4).
        is_group_of: True where one box holds several objects, bool, shape (M,).
        has_box: True for objects of the file of boxes, or for all without such a file, bool, (M,).
        mask: row in masks, -1 for an object without one, int64, shape (M,).
        masks: the masks, none of them empty.
        verified_image: index in image_ids, int64, shape (L,).
        verified_label: index in labels, int64, shape (L,).
        verified_present: True where the image has the label, False where it verifiably lacks it,
            bool, shape (L,).
        source: name of the file of masks, or else of boxes, for messages.
        files: names of all files.
        has_labels: whether there is a file of verified labels.
        notes: notes from reading.
    """

    image_ids: tuple[str, ...]
    labels: tuple[str, ...]
    image: NDArray[np.int64]
    label: NDArray[np.int64]
    boxes_xyxy: NDArray[np.float64]
    is_group_of: NDArray[np.bool_]
    has_box: NDArray[np.bool_]
    mask: NDArray[np.int64]
    masks: CompressedMasks
    verified_image: NDArray[np.int64]
    verified_label: NDArray[np.int64]
    verified_present: NDArray[np.bool_]
    source: str = "ground truth"
    files: tuple[str, ...] = ()
    has_labels: bool = False
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        prove_columns(self, len(self.image), OBJECTS)
        prove_columns(self, len(self.verified_image), VERIFIED)

    def __len__(self) -> int:
        return len(self.image)

    def __repr__(self) -> str:
        """One line: the files and their counts."""
        return (
            f"OpenImagesGroundTruth({self.source}: {counted(len(self), 'object')}, "
            f"{counted(len(self.masks), 'mask')}, {counted(len(self.image_ids), 'image')}, "
            f"{counted(len(self.labels), 'label')})"
        )


@frozen(eq=False, repr=False)
class OpenImagesPredictions:
    """N predictions in file order.

    Attributes:
        image_ids: I ids of the images that the file names, ascending.
        labels: K label names that the file uses, ascending.
        image: index of each prediction in image_ids, int64, shape (N,).
        label: index of each prediction in labels, int64, shape (N,).
        score: float64, shape (N,).
        boxes_xyxy: XMin, YMin, XMax, YMax as fractions of the image, float64, shape (N, 4); None if
            the file has masks: a prediction's box is then the one around its mask.
        masks: N masks, or None if the file has only boxes.
        source: name of the file, for messages.
        notes: notes from reading.
    """

    image_ids: tuple[str, ...]
    labels: tuple[str, ...]
    image: NDArray[np.int64]
    label: NDArray[np.int64]
    score: NDArray[np.float64]
    boxes_xyxy: NDArray[np.float64] | None
    masks: CompressedMasks | None
    source: str = "predictions"
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        boxes: Layout = {} if self.boxes_xyxy is None else {"boxes_xyxy": ("f", (4,))}
        masks = () if self.masks is None else ("masks",)
        layout = {**OPEN_IMAGES, **boxes, "score": ("f", ())}
        prove_columns(self, len(self.image), layout, *masks)

    def __len__(self) -> int:
        return len(self.image)

    def __repr__(self) -> str:
        """One line: the file and its count."""
        return f"OpenImagesPredictions({self.source}: {counted(len(self), 'prediction')})"

    def images_among(self, image_ids: Sequence[str]) -> NDArray[np.int64]:
        """Place of each of the I images among others, -1 where it is not there, int64, (I,)."""
        places = {name: place for place, name in enumerate(image_ids)}
        return np.array([places.get(name, -1) for name in self.image_ids], np.int64)
