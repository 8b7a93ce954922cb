"""Kinds of IoU of merged parts that judge the same predictions and objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import index_of
from segeval.frozen import frozen
from segeval.metrics.coco import merging
from segeval.metrics.coco.caps import Unjudged
from segeval.metrics.coco.evidence import Evidence
from segeval.metrics.coco.image_totals import SetTotals
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.parts.layout.codes import Bits, joined_tables
from segeval.metrics.coco.parts.layout.groups import Group, narrowed, objects_of, read_rows
from segeval.metrics.coco.parts.layout.object_blocks import ObjectBlock
from segeval.metrics.coco.parts.layout.rows import Rows, merged_rows
from segeval.metrics.coco.parts.layout.sorted_blocks import ascends, batches
from segeval.metrics.coco.parts.merging.images import JoinedImages
from segeval.metrics.coco.parts.merging.sources import Source
from segeval.metrics.coco.prediction_counts import PredictionCounts
from segeval.metrics.coco.verdicts import notes_of


@frozen(eq=False)
class JoinedGroup:
    """One group of the merged file.

    Attributes:
        sources: the parts.
        images: of all parts.
        places: number of the group in each part that has these kinds.
        kinds: of IoU.
    """

    sources: Sequence[Source]
    images: JoinedImages
    places: Sequence[int]
    kinds: Sequence[str]

    @cached_property
    def group(self) -> Group:
        """The group without its rows, objects and images."""
        counts = self._counts
        frames = tuple(self._frame(kind) for kind in self.kinds)
        own = self._own[0]
        offsets = np.zeros_like(own.offsets)  # counted anew when rows are written
        return Group(
            frames, offsets, self._codes[1], self._others(), self.images.number, counts.objects,
            own.has_overlaps,
        )  # fmt: skip

    @cached_property
    def _own(self) -> list[Group]:
        """The group of each part."""
        return [
            source.groups[place] for source, place in zip(self.sources, self.places, strict=True)
        ]

    @cached_property
    def _codes(self) -> tuple[list[dict[str, NDArray[np.int64]]], dict[str, Bits]]:
        """The new codes of each part by kind of IoU, and the bits behind them."""
        tables: dict[str, Bits] = {}
        codes: list[dict[str, NDArray[np.int64]]] = [{} for _ in self.sources]
        for kind in self.kinds:
            moved, tables[kind] = joined_tables([own.tables[kind] for own in self._own])
            for known, numbers in zip(codes, moved, strict=True):
                known[kind] = numbers
        return codes, tables

    def _frame(self, kind: str) -> Matches:
        """The frame of one kind of IoU."""
        frames = [
            replace(source.frame(kind), evidence=self._evidence(part, kind))
            for part, source in enumerate(self.sources)
        ]
        found = replace(frames[0], **merging.joined_columns(frames))
        if found.evidence is None:
            return found
        is_over_set = found.request.protocol.cap_scope == "category"  # the rows decide, later
        evidence = replace(found.evidence, capped=None if is_over_set else ())
        totals = SetTotals(
            self.images.totals[kind], self._counts.objects, self._counts.by_category[kind]
        )
        keyed = replace(found, image_keys=self.images.keys)
        return replace(found, evidence=evidence, notes=notes_of(keyed, evidence, totals))

    def _evidence(self, part: int, kind: str) -> Evidence | None:
        """What notes are made from, of the images that one part gives."""
        source, keep = self.sources[part], self.images.keep[part]
        frame = source.frame(kind)
        evidence = frame.evidence
        if evidence is None or self._keeps_all[part]:
            return evidence
        if not keep.any():
            return evidence.of_files()
        place, own = self.places[part], self._own[part]
        counts, table = PredictionCounts.none(len(frame.category_ids)), own.tables[kind]
        for rows in read_rows(source.reader, place, own, kinds=(kind,)):
            some = rows.take(keep[rows.image])
            bits = table[:, some.codes[kind]]
            matched, ignored = bits[0], bits[len(frame.buckets)]
            counts = counts.with_more(some.category, some.score, matched, ignored)
        return replace(evidence.without(self.images.dropped[part].get(kind, {})), **vars(counts))

    def _others(self) -> Unjudged:
        """The predictions that only use up a cap over the whole set."""
        if not any(len(own.others) for own in self._own):
            return Unjudged.none()
        others, ids = [], []
        for part, (own, source) in enumerate(zip(self._own, self.sources, strict=True)):
            kept = self.images.ids(part)
            every = np.concatenate([np.zeros(0, np.int64), *(each.id for each in source.blocks())])
            gone = every[~self.images.keep[part]]
            others.append(own.others.take(index_of(own.others.image_id, gone) < 0))
            ids.append(kept)
        files = [source.files for source in self.sources]
        return merging.joined_unjudged(others, files, ids, self.sources[0].origins)

    @cached_property
    def _counts(self) -> _Counts:
        """What is counted before anything is written."""
        categories = len(self._own[0].frames[0].category_ids)
        by_category = {kind: np.zeros(categories, np.int64) for kind in self.kinds}
        by_image = np.zeros(self.images.number if self._own[0].has_overlaps else 0, np.int32)
        objects = 0
        for part in range(len(self.sources)):
            for block in self._objects(part):
                objects += len(block)
                for kind, own in by_category.items():
                    own += np.bincount(block.category[block.counts(kind)], minlength=categories)
                if len(by_image):
                    np.add.at(by_image, block.image, 1)
        return _Counts(objects, by_category, int(by_image.max(initial=0)))

    def objects(self) -> Iterator[ObjectBlock]:
        """The ground truths in order."""
        for ready in batches([self._objects(part) for part in range(len(self.sources))]):
            yield ObjectBlock.joined([block for _, block in ready]).sorted()

    def _objects(self, part: int) -> Iterator[ObjectBlock]:
        """The ground truths that one part gives, with the images and files of the whole."""
        source, images = self.sources[part], self.images
        files, place, keep = images.files[part], images.places[part], images.keep[part]
        last: ObjectBlock | None = None
        read = objects_of(source.reader, self.places[part], source.as_read[self.places[part]])
        for block in read:
            is_one = len(files) == 1
            origin = np.full(len(block), files[0]) if is_one else files[block.image]
            found = replace(block, image=place[block.image], origin=origin)
            both = found if last is None else ObjectBlock.joined([last, found])
            if not ascends(both.columns):
                raise source.reader.damaged(f"objects/{self.places[part]}")
            last = found.take(slice(len(found) - 1, None))
            yield found if self._keeps_all[part] else found.take(keep[block.image])

    def rows(self) -> Iterator[Rows]:
        """The rows in order."""
        yield from merged_rows([self._rows(part) for part in range(len(self.sources))])

    def _rows(self, part: int) -> Iterator[Rows]:
        """The rows that one part gives, with the numbers of the whole."""
        source, own, place = self.sources[part], self._own[part], self.places[part]
        objects = None
        if own.has_overlaps:
            objects = np.zeros(own.images, np.int32)
            for block in objects_of(source.reader, place, source.as_read[place]):
                np.add.at(objects, block.image, 1)
        blocks = read_rows(source.reader, place, own, kinds=self.kinds, objects=objects)
        return map(partial(self._mapped, part), blocks)  # which keeps no block of its own

    def _mapped(self, part: int, rows: Rows) -> Rows:
        """Rows of one part with the numbers of the whole."""
        place, keep = self.images.places[part], self.images.keep[part]
        start, codes = self.sources[part].start, self._codes[0][part]
        own = rows if self._keeps_all[part] else rows.take(keep[rows.image])
        types = self._types
        return replace(
            own,
            image=place[own.image].astype(types["image"]),
            prediction=(own.prediction.astype(np.int64) + start).astype(types["prediction"]),
            rank=own.rank.astype(types["rank"]),
            codes={
                kind: codes[kind][column].astype(types[f"codes_{kind}"])
                for kind, column in own.codes.items()
            },
            overlaps={kind: narrowed(each, kind, types) for kind, each in own.overlaps.items()},
        )

    @cached_property
    def _types(self) -> dict[str, np.dtype[Any]]:
        """The types of the columns of rows."""
        return self.group.types(self._counts.most)

    @cached_property
    def _keeps_all(self) -> list[bool]:
        """Whether each part gives all its images."""
        return [bool(keep.all()) for keep in self.images.keep]


@frozen(eq=False)
class _Counts:
    """What is counted before anything is written.

    Attributes:
        objects: number of ground truths.
        by_category: how many count in the first size bucket, by kind of IoU, int64, shape (K,).
        most: most of them in an image, where rows hold overlaps.
    """

    objects: int
    by_category: dict[str, NDArray[np.int64]]
    most: int
