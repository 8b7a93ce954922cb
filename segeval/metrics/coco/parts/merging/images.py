"""The images of merged parts as one ascending list, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import distinct
from segeval.data.keys import Key, Keys, written
from segeval.errors import MismatchError
from segeval.frozen import frozen
from segeval.metrics.coco.image_totals import ImageTotals
from segeval.metrics.coco.parts.layout.image_blocks import ImageBlock
from segeval.metrics.coco.parts.layout.sorted_blocks import batches
from segeval.metrics.coco.parts.merging.sources import Source
from segeval.metrics.parts.alike import other_contents


@frozen(eq=False)
class JoinedImages:
    """The images of all parts.

    Attributes:
        sources: the parts.
        number: of images.
        repeated: ids of those that are in several parts, as messages write them.
        places: where the images of each part are among all, int32, shape (I,).
        keep: which of them each part gives to the whole, bool, shape (I,).
        files: index of the files of each, integers, shape (I,), or of all.
        totals: what notes ask of the images by kind of IoU, where all parts have evidence.
        dropped: of each part by kind of IoU, what was counted in images that another part gives:
            the sum, and the number of these images, by name.
    """

    sources: Sequence[Source]
    number: int
    repeated: frozenset[Key]
    places: Sequence[NDArray[np.int32]]
    keep: Sequence[NDArray[np.bool_]]
    files: Sequence[NDArray[np.integer]]
    totals: dict[str, ImageTotals]
    dropped: Sequence[Mapping[str, Mapping[str, tuple[int, int]]]]

    @property
    def keys(self) -> Keys | None:
        """Ids that are no int64."""
        return self.sources[0].keys

    def blocks(self) -> Iterator[ImageBlock]:
        """The images in order."""
        for batch in _in_order(self.sources, known=self.totals):
            kept = np.concatenate([
                self.keep[part][start : start + size] for part, start, size in batch.runs
            ])  # fmt: skip
            yield batch.images.take(batch.order[kept[batch.order]])

    def ids(self, part: int) -> NDArray[np.int64]:
        """Ids of the images that a part gives to the whole, ascending, int64."""
        blocks = [block.id for block in self.sources[part].blocks()]
        return np.concatenate([np.zeros(0, np.int64), *blocks])[self.keep[part]]


@frozen(eq=False)
class _Batch:
    """Images of several parts, before all that follow.

    Attributes:
        images: part by part.
        runs: number of each part, its first image, and how many there are.
        order: ascending by id, int64.
    """

    images: ImageBlock
    runs: Sequence[tuple[int, int, int]]
    order: NDArray[np.int64]


def _in_order(sources: Sequence[Source], known: dict[str, ImageTotals]) -> Iterator[_Batch]:
    """The images of all parts in batches.

    Args:
        sources: the parts.
        known: kinds of IoU whose notes are made from evidence.
    """
    starts = [0] * len(sources)
    for ready in batches([source.blocks() for source in sources]):
        blocks = [
            replace(block, by_kind={
                kind: own if kind in known else {"digest": own["digest"]}
                for kind, own in block.by_kind.items()
            })
            for _, block in ready
        ]  # fmt: skip
        runs = []
        for part, block in ready:
            runs.append((part, starts[part], len(block)))
            starts[part] += len(block)
        whole = ImageBlock.joined(blocks)
        # of equal images the one stays whose file has the smaller hash: no order of parts decides
        yield _Batch(whole, runs, np.lexsort((whole.origin, whole.id)))


def joined_images(sources: Sequence[Source]) -> JoinedImages:
    """The images of all parts, each once.

    Raises:
        FormatError: if a part is damaged.
        MismatchError: if two parts hold different content for one image.
    """
    order = sources[0].reader.header["order"]
    totals = {
        kind: ImageTotals.none()
        for kind in order
        if all(source.frame(kind).evidence is not None for source in sources)
    }
    places = [np.zeros(source.images, np.int32) for source in sources]
    keep = [np.ones(source.images, np.bool_) for source in sources]
    files = [_files(source) for source in sources]
    dropped: list[dict[str, dict[str, tuple[int, int]]]] = [{} for _ in sources]
    number, repeated = 0, set[Key]()
    for batch in _in_order(sources, totals):
        ordered = batch.images.take(batch.order)
        is_first = np.ones(len(ordered), np.bool_)
        is_first[1:] = ordered.id[1:] != ordered.id[:-1]
        again = np.flatnonzero(~is_first)
        if len(again):
            _check_contents(sources, batch, again)
            repeated.update(written(distinct(ordered.id[again]), sources[0].keys))
        place, kept = np.empty(len(ordered), np.int32), np.empty(len(ordered), np.bool_)
        place[batch.order], kept[batch.order] = number + np.cumsum(is_first) - 1, is_first
        first = 0
        for part, start, size in batch.runs:
            own, here = slice(start, start + size), slice(first, first + size)
            places[part][own], keep[part][own] = place[here], kept[here]
            if len(files[part]) > 1:
                files[part][own] = batch.images.origin[here]
            gone = np.flatnonzero(~kept[here]) + first
            if len(gone):
                _add(dropped[part], batch.images, gone)
            first += size
        number += int(is_first.sum())
        new = ordered.take(is_first)
        for kind, known in totals.items():
            totals[kind] = ImageTotals.together([known, new.totals(kind)])
    some = frozenset(repeated)
    return JoinedImages(sources, number, some, places, keep, files, totals, dropped)


def _add(
    known: dict[str, dict[str, tuple[int, int]]], images: ImageBlock, rows: NDArray[np.int64]
) -> None:
    """Add what was counted in some of the images."""
    for kind, tallies in images.tallies.items():
        own = known.setdefault(kind, {})
        for name, (count, number) in tallies.take(rows).totals().items():
            before = own.get(name, (0, 0))
            own[name] = before[0] + count, before[1] + number


def _files(source: Source) -> NDArray[np.integer]:
    """Room for the files of each image; one entry where all are the same."""
    if len(source.files) == 1:
        return source.files
    return np.zeros(source.images, np.min_scalar_type(len(source.origins)))


def _check_contents(sources: Sequence[Source], batch: _Batch, again: NDArray[np.int64]) -> None:
    """Refuse different contents of one image.

    Args:
        sources: the parts.
        batch: images of several parts.
        again: places in their order of images that are there before.

    Raises:
        MismatchError: names the first one.
    """
    here, before = batch.order[again], batch.order[again - 1]
    differs = np.zeros(len(again), np.bool_)
    for own in batch.images.by_kind.values():
        differs |= own["digest"][here] != own["digest"][before]
    for tallies in batch.images.tallies.values():  # annotations as they were read
        differs |= tallies.objects[here] != tallies.objects[before]
    files = [batch.images.names.take(rows).words() for rows in (here, before)]
    renamed = np.array([all(pair) and len(set(pair)) > 1 for pair in zip(*files, strict=True)])
    if not (differs | renamed).any():
        return
    place = int(np.argmax(differs | renamed))
    part = np.repeat([each for each, _, _ in batch.runs], [size for _, _, size in batch.runs])
    (later, file), (earlier, other) = sorted(
        [
            (int(part[rows[place]]), own[place])
            for rows, own in zip((here, before), files, strict=True)
        ],
        reverse=True,
    )
    names = [source.reader.name for source in sources]
    [key] = written(batch.images.id[here[place : place + 1]], sources[0].keys)
    if not renamed[place]:
        raise other_contents(names[later], key, names[earlier])
    raise MismatchError(  # ids that start anew in every set of images
        f"{names[later]}: image {key!r} is {file!r}, in {names[earlier]} it is {other!r}. Ids "
        "must be those of one set of images.",
        code="image-contents",
        path=names[later],
    )
