"""Sizes of images, from lists of images and from masks of whole images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.data.coco.image_list import read_image_list
from segeval.data.ids import index_of
from segeval.data.keys import Key, written
from segeval.data.segmentations import Format
from segeval.errors import MismatchError
from segeval.findings import refusal
from segeval.words import size_text

ImageSource = GroundTruth | str | Path
"""Ground truth, or a COCO file that lists images with their sizes, with or without annotations."""


class KnownSizes:
    """(H, W) of images by their ids as files write them.

    Attributes:
        ids_are_text: whether a list of images has ids that are text.
    """

    def __init__(
        self, lists: Iterable[ImageSource] = (), wholes: Sequence[Predictions] = ()
    ) -> None:
        """The sizes that several sources tell; where they contradict, the first one's.

        Args:
            lists: of images.
            wholes: predictions on images as they are, or flipped, whose masks have their size; they
                are looked at if a size is asked for.

        Raises:
            InputError: if there is no such file.
            FormatError: if it does not list images.
        """
        self._size: dict[Key, tuple[int, int]] = {}
        self._wholes = list(wholes)
        self.ids_are_text = False
        for each in lists:
            self._add_list(each)

    def size(self, image: Key) -> tuple[int, int] | None:
        """The size of one image; None if no list has it."""
        return self._size.get(image)

    def add(self, image: Key, size: tuple[int, int]) -> None:
        """Note the size of an image, unless one is known."""
        self._size.setdefault(image, size)

    def of(self, preds: Predictions) -> NDArray[np.int64]:
        """(H, W) of the image of each prediction, int64, shape (N, 2); -1 where unknown.

        Raises:
            MismatchError: if masks of one image have two sizes.
        """
        while self._wholes:
            self._add_masks(self._wholes.pop(0))
        ids = np.unique(preds.image_id)
        return self._sizes(preds, ids)[index_of(preds.image_id, ids)]

    def _sizes(self, preds: Predictions, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """(H, W) of images of predictions, int64, shape (n, 2); -1 where unknown."""
        keys = written(ids, preds.image_keys)
        sizes = [self._size.get(key, (-1, -1)) for key in keys]
        return np.array(sizes, np.int64).reshape(-1, 2)

    def _add_list(self, images: ImageSource) -> None:
        """Note the sizes of a list of images; of images with one id, the last one's."""
        found: dict[Key, tuple[int, int]]
        if isinstance(images, GroundTruth):
            keys = images.images.written_ids
            sizes = map(tuple, images.images.sizes.tolist())
            found = {key: size for key, size in zip(keys, sizes, strict=True) if min(size) > 0}
        else:
            listed = read_image_list(images, needs_names=False).images
            keys = [each.id for each in listed]
            found = {each.id: each.size for each in listed if each.size is not None}
        self.ids_are_text |= any(isinstance(key, str) for key in keys[:1])
        self._size = {**found, **self._size}

    def _add_masks(self, preds: Predictions) -> None:
        """Note the sizes of masks of whole images.

        Raises:
            MismatchError: if one is not that of its image, or of another mask.
        """
        segments = preds.segmentations
        own = (segments.format == Format.STRING) | (segments.format == Format.COUNTS)
        rows = np.flatnonzero(own)
        sizes = segments.strings.sizes
        ids, first = np.unique(preds.image_id[rows], return_index=True)
        keys = written(ids, preds.image_keys)
        for key, (height, width) in zip(keys, sizes[rows[first]].tolist(), strict=True):
            self.add(key, (height, width))
        expected = self._sizes(preds, ids)[index_of(preds.image_id[rows], ids)]
        wrong = np.flatnonzero((expected != sizes[rows]).any(axis=1))
        if len(wrong):
            here, there = sizes[rows[wrong[0]]], expected[wrong[0]]
            raise refusal(
                preds,
                f"the mask is {size_text(here)}, expected {size_text(there)} (height x width) as "
                "other masks of the image, or ground truth, have.",
                rows=rows[wrong],
                code="mask-size",
                field="segmentation",
                error=MismatchError,
            )
