"""One kind of IoU of a part file: what is read block by block, whatever is computed from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.parts.layout.groups import (
    Group,
    images_of,
    objects_of,
    read_block,
    read_groups,
)
from segeval.metrics.coco.parts.layout.image_blocks import ImageBlock
from segeval.metrics.coco.parts.layout.object_blocks import unpacked
from segeval.metrics.coco.parts.layout.rows import BLOCK, Rows
from segeval.metrics.parts.files import PartReader


@frozen(eq=False, repr=False)
class PartSource:
    """Matches of one kind of IoU in a part file.

    Attributes:
        path: of the file.
        place: number of the group in the file.
        group: the group.
        frame: the matches without predictions, objects and images.
    """

    path: Path
    place: int
    group: Group
    frame: Matches

    @cached_property
    def positives(self) -> NDArray[np.int64]:
        """Ground truths that count by bucket and category, int64, shape (A, K)."""
        frame, kind = self.frame, self.frame.request.iou
        found = np.zeros((len(frame.buckets), len(frame.category_ids)), np.int64)
        with PartReader(self.path) as reader:
            for block in objects_of(reader, self.place, self.group):
                every = unpacked(block.counted[kind], len(frame.buckets))
                for own, counted in zip(found, every, strict=True):
                    own += np.bincount(block.category[counted], minlength=len(own))
        return found

    @cached_property
    def placed(self) -> Matches:
        """The frame with ids and files of its images, which caps over the set ask for."""
        with PartReader(self.path) as reader:
            blocks = [(each.id, each.origin) for each in self.images(reader)]
        ids, origins = zip(*blocks, strict=True) if blocks else ([np.zeros(0)], [np.zeros(0)])
        return replace(
            self.frame,
            image_ids=np.concatenate(ids).astype(np.int64, copy=False),
            image_origin=np.concatenate(origins).astype(np.int32),
        )

    def images(self, reader: PartReader) -> Iterator[ImageBlock]:
        """The images, block by block."""
        return images_of(reader, read_groups(reader))

    def rows(self, blocks: Iterable[int]) -> Iterator[Rows]:
        """Blocks of rows, by their numbers."""
        kinds = (self.frame.request.iou,)
        with PartReader(self.path) as reader:
            for number in blocks:
                yield read_block(reader, self.place, self.group, number, kinds=kinds)

    @property
    def numbers(self) -> range:
        """The numbers of all blocks of rows."""
        return range(-(-len(self.group) // BLOCK))
