"""What a part keeps of the files of each image: what notes count, and hashes."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from segeval.data.label_maps.pairs import LabelPair
from segeval.data.label_maps.read import Source, read_labels
from segeval.frozen import frozen
from segeval.metrics.image_columns import ImageStatistics
from segeval.metrics.semantic.notes import FileCounts, is_same_file
from segeval.metrics.semantic.one_image import ImageCounts

WIDTH = 8
"""Bytes of a hash."""


@frozen(eq=False, kw_only=True, repr=False)
class LabelMapFiles(ImageStatistics):
    """The files of I images.

    Attributes:
        keys: of the images, ascending.
        palettes: how many of the two files have a palette, uint8, shape (I,).
        same: 1 where a file is both prediction and ground truth, uint8, shape (I,).
        without_instances: 1 where there is no file of instances, uint8, shape (I,).
        with_void: 1 where the ground truth has pixels that are not evaluated, uint8, shape (I,).
        preds_digest: hash of the predicted label map as it was read, uint64, shape (I,).
        gt_digest: hash of the true one.
    """

    BY_IMAGE: ClassVar = (
        "palettes", "same", "without_instances", "with_void", "preds_digest", "gt_digest",
    )  # fmt: skip
    BY_ROW: ClassVar = {}

    keys: tuple[str, ...]
    palettes: NDArray[np.integer]
    same: NDArray[np.integer]
    without_instances: NDArray[np.integer]
    with_void: NDArray[np.integer]
    preds_digest: NDArray[np.uint64]
    gt_digest: NDArray[np.uint64]

    def counts(self) -> FileCounts:
        """What notes say of them."""
        return FileCounts(
            len(self),
            int(self.palettes.sum()),
            int(self.same.sum()),
            int(self.without_instances.sum()),
            int(self.with_void.sum()),
        )


def files_of(pairs: Sequence[LabelPair], counts: Sequence[ImageCounts]) -> LabelMapFiles:
    """The files of label maps that are counted."""
    in_given_order = LabelMapFiles(
        keys=tuple(pair.key for pair in pairs),
        palettes=np.array([each.palettes for each in counts], np.uint8),
        same=np.array([is_same_file(pair) for pair in pairs], np.uint8),
        without_instances=np.array([pair.instance_file is None for pair in pairs], np.uint8),
        with_void=np.array([each.with_void for each in counts], np.uint8),
        preds_digest=np.array([_digest(p.pred, p.pred_name) for p in pairs], np.uint64),
        gt_digest=np.array([_digest(p.gt, p.gt_name) for p in pairs], np.uint64),
    )
    return LabelMapFiles.merge([in_given_order])


def _digest(source: Source, name: str) -> int:
    """A hash of a file's bytes, or of the labels that are in memory."""
    hashed = blake2b(digest_size=WIDTH)
    if isinstance(source, Path):
        hashed.update(source.read_bytes())
    else:
        labels = read_labels(source, name).labels
        hashed.update(f"{labels.dtype} {labels.shape}".encode())
        hashed.update(labels.tobytes())
    return int.from_bytes(hashed.digest(), "little")
