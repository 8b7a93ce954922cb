"""Segments of panoptic files as frozen columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import Categories, Images
from segeval.data.ids import rows_of
from segeval.data.keys import Numbered, shown_id
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.words import counted

LARGEST_ID = (1 << 24) - 1
"""Largest id that three colours of 8 bits hold; 0 is void."""


@frozen(eq=False, repr=False)
class PanopticSegments:
    """S segments of I pictures, in file order; pictures of files stay on the disk.

    Attributes:
        image_id: image of every picture, unique, int64, shape (I,); places in `images.keys` unless
            that is None.
        file_names: names of the I pictures within the folder.
        offsets: segments of picture i are `offsets[i]:offsets[i + 1]`, int64, shape (I + 1,).
        id: ids in the picture, from 1 to 2^24 - 1, unique per picture, int64, shape (S,).
        category_id: int64, shape (S,); places in `categories.keys` unless that is None.
        area: the file's `area` field in pixels, float64, shape (S,); NaN where missing.
        boxes: xywh in pixels, float64, shape (S, 4); NaN rows where missing.
        is_crowd: True for crowd regions, bool, shape (S,).
        categories: the categories of the file, empty if it lists none.
        is_thing: whether each category is countable, bool, shape (K,); None if one lacks `isthing`.
        images: the file's list of images, for their sizes and names.
        folder: folder of the pictures.
        source: name of the JSON file, for messages.
        notes: what segments lack, which matters only in ground truth.
        pictures: the ids of the I pictures, int32, shape (H, W) each, where they are in memory, or
            are read in another way; None for pictures in three colours on the disk.
        has_void: whether pixels without a segment are void, which no prediction is blamed for;
            False where they are background.
    """

    image_id: NDArray[np.int64]
    file_names: tuple[str, ...]
    offsets: NDArray[np.int64]
    id: NDArray[np.int64]
    category_id: NDArray[np.int64]
    area: NDArray[np.float64]
    boxes: NDArray[np.float64]
    is_crowd: NDArray[np.bool_]
    categories: Categories
    is_thing: NDArray[np.bool_] | None
    images: Images
    folder: Path
    source: str = "panoptic"
    notes: tuple[Note, ...] = ()
    pictures: Sequence[NDArray[np.int32]] | None = None
    has_void: bool = True

    def __len__(self) -> int:
        return len(self.image_id)

    def __repr__(self) -> str:
        """One line: the file and its counts."""
        images, segments = counted(len(self), "image"), counted(len(self.id), "segment")
        return f"PanopticSegments({self.source}: {images}, {segments})"

    def of_image(self, index: int) -> slice:
        """Rows of the segments of one picture."""
        return slice(int(self.offsets[index]), int(self.offsets[index + 1]))

    def one(self, index: int) -> PanopticSegments:
        """One picture with its segments; the lists of images and categories stay as they are."""
        rows = self.of_image(index)
        return replace(
            self,
            image_id=self.image_id[index : index + 1],
            file_names=self.file_names[index : index + 1],
            offsets=self.offsets[index : index + 2] - self.offsets[index],
            id=self.id[rows],
            category_id=self.category_id[rows],
            area=self.area[rows],
            boxes=self.boxes[rows],
            is_crowd=self.is_crowd[rows],
            pictures=None if self.pictures is None else self.pictures[index : index + 1],
        )

    def path(self, index: int) -> Path:
        """Path of one picture."""
        return self.folder / self.file_names[index]

    def picture(self, index: int) -> NDArray[np.int32]:
        """The ids of one picture, int32, shape (H, W); 0 is void.

        Raises:
            InputError: if there is no such picture.
            FormatError: if it is not a PNG file with three colours of 8 bits.
        """
        if self.pictures is not None:
            return self.pictures[index]
        from segeval.data.pictures.png import read_ids  # only now: columns need none of it

        try:
            return read_ids(self.path(index))
        except InputError as error:
            if error.code != "no-file":
                raise
            raise InputError(
                f"{self.path(index)}: no such file. {self.source} names it for image_id "
                f"{self.shown_image(index)}.",
                code="no-file",
                path=error.path,
            ) from None

    def photographs(self) -> tuple[str, ...]:
        """File names of the I images: of the photographs, or of the pictures where it has none."""
        rows = rows_of(self.image_id, self.images.id)
        names = np.array([*self.images.file_names, ""], object)[rows]
        return tuple(name or own for name, own in zip(names.tolist(), self.file_names, strict=True))

    def shown_image(self, index: int) -> str:
        """The id of one image in messages."""
        return shown_id(self.image_id[index], self.images.keys)

    def numbered(self) -> dict[str, Numbered]:
        """All columns of ids, with their keys, by what the ids are of."""
        images, categories = self.images, self.categories
        return {
            "image": (images.keys, [images.id, self.image_id]),
            "category": (categories.keys, [categories.id, self.category_id]),
        }

    def renumbered(self, ids: Mapping[str, Numbered]) -> PanopticSegments:
        """The same with other numbers for ids, in the form of `numbered`."""
        image_keys, (images, image_id) = ids["image"]
        category_keys, (categories, category_id) = ids["category"]
        return replace(
            self,
            image_id=image_id,
            category_id=category_id,
            images=replace(self.images, id=images, keys=image_keys),
            categories=replace(self.categories, id=categories, keys=category_keys),
        )

    def describe(self, segment: int) -> str:
        """The name of one segment in messages, with its file."""
        return f"{self.source}: {self.name(segment)}"

    def name(self, segment: int) -> str:
        """The name of one segment in messages, within its file."""
        image = int(np.searchsorted(self.offsets, segment, side="right")) - 1
        return f"segment {self.id[segment]} (image_id {self.shown_image(image)})"
