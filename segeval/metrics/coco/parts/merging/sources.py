"""The parts that are merged, with ids of images and numbers of files that all of them share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key, Keys, Numbered, one_numbering, only_used, written
from segeval.frozen import frozen
from segeval.metrics.coco import merging
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.merging import Origin
from segeval.metrics.coco.parts.layout.frames import read_image_keys
from segeval.metrics.coco.parts.layout.groups import Group, images_of
from segeval.metrics.coco.parts.layout.image_blocks import ImageBlock
from segeval.metrics.coco.parts.merging.one_run import OneRun
from segeval.metrics.parts.alike import check_one_kind_of_ids
from segeval.metrics.parts.arrays import are_inside
from segeval.metrics.parts.files import PartReader


@frozen(eq=False)
class Source:
    """One part among those that are merged.

    Attributes:
        reader: of the file.
        as_read: the groups of the file.
        groups: the same with what is known of one run, and image ids that all parts share.
        start: number of records before its own.
        keys: ids of images that are no int64, the same for all parts.
        ids: those of its images, where they are not as the file has them, int64, shape (I,).
        origins: the files of all parts.
        files: where its own files are among them, int32, ascending.
        counts: names of what notes count in each image of all parts, by kind of IoU, where all
            parts say it.
    """

    reader: PartReader
    as_read: Sequence[Group]
    groups: Sequence[Group]
    start: int
    keys: Keys | None
    ids: NDArray[np.int64] | None
    origins: tuple[Origin, ...]
    files: NDArray[np.int32]
    counts: Mapping[str, tuple[str, ...]]

    @property
    def images(self) -> int:
        """The number of its images."""
        return self.groups[0].images

    def frame(self, kind: str) -> Matches:
        """The frame of one kind of IoU."""
        frames = (frame for group in self.groups for frame in group.frames)
        return next(frame for frame in frames if frame.request.iou == kind)

    def blocks(self) -> Iterator[ImageBlock]:
        """Its images, block by block.

        Raises:
            FormatError: if the file is damaged.
        """
        start = 0
        for block in images_of(self.reader, self.as_read):
            own, stop = block, start + len(block)
            if self.ids is not None:
                own = replace(own, id=self.ids[start:stop])
            is_one = len(self.files) == 1
            origin = np.full(len(own), self.files[0]) if is_one else self.files[own.origin]
            tallies = {kind: own.tallies[kind].named(names) for kind, names in self.counts.items()}
            yield replace(own, origin=origin, tallies=tallies)
            start = stop


def sources_of(
    readers: Sequence[PartReader], groups: Sequence[Sequence[Group]], run: OneRun | None
) -> list[Source]:
    """Parts that are merged.

    Args:
        readers: of the files.
        groups: of each file.
        run: the files of all parts as one, where one run has matched them.

    Raises:
        FormatError: if a file is damaged.
        MismatchError: if ids of images are text in one part and numbers in another.
    """
    starts = [0] * len(readers) if run is None else list(run.starts)
    applied = [list(own) for own in groups] if run is None else run.applied(groups)
    every = [own[0].frames[0].origins for own in applied]
    origins, files = merging.joined_origins(every)
    for reader, own in zip(readers, files, strict=True):
        if not (own[1:] > own[:-1]).all():
            raise reader.damaged("header")
    numbered = _numbered(readers, groups, applied)
    counts = _counts(readers[0].header["order"], groups)
    return [
        Source(reader, read, own, start, keys, ids, origins, places, counts)
        for reader, read, (own, keys, ids), start, places in zip(
            readers, groups, numbered, starts, files, strict=True
        )
    ]


def _counts(order: Sequence[str], groups: Sequence[Sequence[Group]]) -> dict[str, tuple[str, ...]]:
    """Names of what notes count in each image by kind of IoU, where all parts say it."""
    found = {}
    for kind in order:
        frames = [
            frame for own in groups for group in own for frame in group.frames
            if frame.request.iou == kind
        ]  # fmt: skip
        known = [
            frame.evidence.by_image.kinds
            for frame in frames
            if frame.evidence is not None and frame.evidence.by_image is not None
        ]
        if len(known) == len(frames):
            found[kind] = tuple(sorted({name for own in known for name in own}))
    return found


def _numbered(
    readers: Sequence[PartReader],
    groups: Sequence[Sequence[Group]],
    applied: Sequence[Sequence[Group]],
) -> list[tuple[Sequence[Group], Keys | None, NDArray[np.int64] | None]]:
    """Groups whose image ids have one numbering, its keys, and the ids of images.

    Only ids that are no int64 are numbered, and in memory.
    """
    keys = [read_image_keys(reader) for reader in readers]
    if all(own is None for own in keys):
        return [(own, None, None) for own in applied]
    parts: list[Numbered] = []
    firsts: list[tuple[str, Key]] = []
    for reader, read, own, known in zip(readers, groups, applied, keys, strict=True):
        blocks = [block.id for block in images_of(reader, read)]
        ids = np.concatenate([np.zeros(0, np.int64), *blocks])
        every = [ids, *(group.others.image_id for group in own)]
        if known is not None and not all(are_inside(column, len(known)) for column in every):
            raise reader.damaged("image_keys")
        firsts += [(reader.name, key) for key in written(ids[:1], known)]
        parts.append(only_used((known, every)))
    check_one_kind_of_ids(firsts)
    found: list[tuple[Sequence[Group], Keys | None, NDArray[np.int64] | None]] = []
    for own, (whole, (ids, *others)) in zip(applied, one_numbering(parts), strict=True):
        moved = [
            replace(group, others=replace(group.others, image_id=column))
            for group, column in zip(own, others, strict=True)
        ]
        found.append((moved, whole, ids))
    return found
