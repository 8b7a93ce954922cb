"""One part file from several, in memory that does not grow with the number of predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import index_of
from segeval.data.keys import written
from segeval.data.whole_files import folder_beside
from segeval.errors import InputError, MismatchError, Note
from segeval.metrics.coco import merging
from segeval.metrics.coco.caps import Unjudged
from segeval.metrics.coco.image_part import of_images
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.parts.codes import Bits, joined_tables
from segeval.metrics.coco.parts.layout import (
    Group,
    header_of,
    narrowed,
    read_groups,
    read_rows,
    write_group,
)
from segeval.metrics.coco.parts.one_run import OneRun
from segeval.metrics.coco.parts.rows import Rows, merged_rows
from segeval.metrics.coco.prediction_counts import PredictionCounts
from segeval.metrics.part_files import PartReader, written_part
from segeval.words import counted


@dataclass(frozen=True, eq=False)
class _Source:
    """One part among those that are joined, for some of its kinds of IoU.

    Attributes:
        reader: of the file.
        place: number of the group in the file.
        group: the group.
        frames: of the kinds of IoU, in numbers of ids that all parts share.
        keep: which of its images no other part gives, bool, shape (I,).
        start: number of records before its own.
    """

    reader: PartReader
    place: int
    group: Group
    frames: tuple[Matches, ...]
    keep: NDArray[np.bool_]
    start: int = 0


AT_ONCE = 128
"""Most parts that are open at a time; more are merged in groups first."""


def merge_parts(
    paths: Sequence[str | Path], output: str | Path, *, run: OneRun | None = None
) -> list[Note]:
    """Join part files of disjoint images, in any order and grouping.

    An image that several parts hold with equal content counts once.

    Args:
        paths: of the parts, at least one.
        output: of the file to write, which appears whole or not at all.
        run: the files of all parts as one, where one run has matched them.

    Returns:
        What the user should know, such as how many images were in several parts.

    Raises:
        InputError: for no parts, or one that is given twice.
        FormatError: for a part that is damaged or of another version.
        MismatchError: if parts were matched by different rules or on different categories, or hold
            different content for one image.
    """
    if not paths:
        raise InputError("`parts` is empty, expected at least one", code="parts", option="parts")
    repeats = _merged(list(paths), output, run)
    if not repeats:
        return []
    images = counted(repeats, "image is", "images are")
    return [
        Note("images-in-several-parts", f"{images} in several parts with equal content", repeats)
    ]


def _merged(paths: Sequence[str | Path], output: str | Path, run: OneRun | None) -> int:
    """Merge parts, at most so many at a time; the number of images that are in several."""
    if len(paths) <= AT_ONCE:
        return _merged_at_once(paths, output, run)
    groups = -(-len(paths) // AT_ONCE)
    edges = [len(paths) * place // groups for place in range(groups + 1)]
    repeats = 0
    with folder_beside(Path(output)) as folder:
        merged: list[str | Path] = []
        for start, stop in pairwise(edges):
            merged.append(folder / f"{start}.match")
            own = None if run is None else run.of(start, stop)
            repeats += _merged_at_once(paths[start:stop], merged[-1], own)
        return repeats + _merged(merged, output, None)


def _merged_at_once(paths: Sequence[str | Path], output: str | Path, run: OneRun | None) -> int:
    """Merge parts that are all open; the number of images that are in several."""
    with ExitStack() as stack:
        readers = [stack.enter_context(PartReader(path)) for path in paths]
        parts = [read_groups(reader) for reader in readers]
        _check_headers(readers)
        starts = [0] * len(parts) if run is None else list(run.starts)
        if run is not None:
            parts = run.applied(parts)
        sources, repeats = _sources(readers, parts, starts)
        groups = [_joined(own) for own in sources]
        asked = (readers[0].header[name] for name in ("compat", "score_field"))
        with written_part(output, header_of([group for group, _ in groups], *asked)) as writer:
            first = groups[0][0].frames[0]
            for place, (group, codes) in enumerate(groups):
                rows = merged_rows([
                    _mapped(source, group, own)
                    for source, own in zip(sources[place], codes, strict=True)
                ])  # fmt: skip
                write_group(writer, place, group, rows, first)
    return repeats


def _check_headers(readers: Sequence[PartReader]) -> None:
    """Refuse parts of different kinds of IoU, packages or columns."""
    first = readers[0]
    for reader in readers[1:]:
        own, expected = reader.header.get("version"), first.header.get("version")
        if own != expected:
            raise MismatchError(
                f"{reader.name}: was matched by version {own}, and {first.name} by {expected}. "
                "Parts must be matched by one version.",
                code="parts",
                path=reader.name,
            )
        for key, what in (("order", "iou"), ("compat",) * 2, ("score_field",) * 2):
            own, expected = reader.header.get(key), first.header.get(key)
            if own != expected:
                raise MismatchError(
                    f"{reader.name}: {what} is {own!r}, in {first.name} it is {expected!r}. Parts "
                    "must be matched by the same rules on the same categories.",
                    code="parts",
                    path=reader.name,
                )
        if reader.header.get("errors", False) != first.header.get("errors", False):
            has, lacks = first.name, reader.name
            if reader.header.get("errors", False):
                has, lacks = lacks, has
            raise MismatchError(
                f"{lacks}: was matched without what error kinds need, {has} with it. Match all "
                "parts by `match_part(errors=True)`, or none.",
                code="parts",
                path=lacks,
                option="errors",
            )


def _sources(
    readers: Sequence[PartReader], parts: Sequence[Sequence[Group]], starts: Sequence[int]
) -> tuple[list[list[_Source]], int]:
    """The parts of every group of the result, and the number of images that are in several.

    Kinds of IoU are in one group where all parts have them in one.
    """
    order: list[str] = readers[0].header["order"]
    homes = [
        {kind: place for place, group in enumerate(part) for kind in group.kinds} for part in parts
    ]
    grouped: dict[tuple[int, ...], list[str]] = {}
    for kind in order:
        grouped.setdefault(tuple(home[kind] for home in homes), []).append(kind)
    names = [reader.name for reader in readers]
    found, repeats = [], 0
    for places, kinds in grouped.items():
        groups = [part[place] for part, place in zip(parts, places, strict=True)]
        frames = [_numbered([_frame(group, kind) for group in groups], names) for kind in kinds]
        keep, count = _kept_once(names, groups, frames)
        repeats = max(repeats, count)
        found.append([
            _Source(reader, place, group, tuple(own), kept, start)
            for reader, place, group, own, kept, start in zip(
                readers, places, groups, zip(*frames, strict=True), keep, starts, strict=True
            )
        ])  # fmt: skip
    return found, repeats


def _frame(group: Group, kind: str) -> Matches:
    """The frame of one kind, with the predictions that only use up a cap."""
    frame = next(each for each in group.frames if each.request.iou == kind)
    return replace(frame, unjudged=group.others)


def _numbered(frames: Sequence[Matches], names: Sequence[str]) -> list[Matches]:
    """Frames whose ids have one numbering, once their rules were found equal."""
    numbered = merging.numbered_alike(list(frames))
    alike = [frame.alike() for frame in numbered]
    merging.check_alike(list(zip(names, alike, strict=True)))
    return numbered


def _kept_once(
    names: Sequence[str], groups: Sequence[Group], frames: Sequence[Sequence[Matches]]
) -> tuple[list[NDArray[np.bool_]], int]:
    """Which images each part gives to the whole, and the number of those that are in several.

    Raises:
        MismatchError: if two parts hold different content for one image.
    """
    own = frames[0]
    sizes = [len(frame.image_ids) for frame in own]
    ids = np.concatenate([frame.image_ids for frame in own])
    part = np.repeat(np.arange(len(own)), sizes)
    row = np.concatenate([np.arange(size) for size in sizes])
    # of equal images the one stays whose file has the smaller hash: no order of parts decides
    keys = np.concatenate([
        np.array([origin.key for origin in frame.origins], np.int64)[frame.image_origin]
        for frame in own
    ])  # fmt: skip
    order = np.lexsort((part, keys, ids))
    again = np.flatnonzero(np.diff(ids[order]) == 0) + 1
    keep = [np.ones(size, np.bool_) for size in sizes]
    for place in again.tolist():
        here, before = order[place], order[place - 1]
        for kind in range(len(frames)):
            iou = frames[kind][0].request.iou
            found = [groups[part[at]].digests[iou][row[at]] for at in (here, before)]
            read = [_objects(frames[kind][part[at]], row[at]) for at in (here, before)]
            if found[0] != found[1] or (read[0] != read[1] and None not in read):
                [name] = written(ids[[here]], own[0].image_keys)
                raise MismatchError(
                    f"{names[part[here]]}: image {name!r} is also in {names[part[before]]}, with "
                    "other predictions or ground truth. Each image must be matched once.",
                    code="image-contents",
                    path=names[part[here]],
                )
        keep[part[here]][row[here]] = False
    return keep, len(np.unique(ids[order[again]]))


def _objects(frame: Matches, image: int) -> int | None:
    """The hash of the annotations of an image as they were read; None if nobody knows."""
    known = None if frame.evidence is None else frame.evidence.by_image
    return None if known is None else int(known.objects[image])


def _joined(sources: Sequence[_Source]) -> tuple[Group, list[dict[str, NDArray[np.int64]]]]:
    """The group of the result, and the new codes of each part by kind of IoU."""
    kinds = [frame.request.iou for frame in sources[0].frames]
    frames = [Matches.merge([_kept(own, place) for own in sources]) for place in range(len(kinds))]
    if frames[0].request.protocol.cap_scope == "category":
        frames = [frame.noted(None) for frame in frames]  # the rows decide, which come later
    tables: dict[str, Bits] = {}
    codes: list[dict[str, NDArray[np.int64]]] = [{} for _ in sources]
    for kind in kinds:
        moved, tables[kind] = joined_tables([own.group.tables[kind] for own in sources])
        for own, numbers in zip(codes, moved, strict=True):
            own[kind] = numbers
    digests = {}
    for kind, frame in zip(kinds, frames, strict=True):
        digests[kind] = np.zeros(len(frame.image_ids), np.uint64)
        for source in sources:
            ids = source.frames[kinds.index(kind)].image_ids[source.keep]
            digests[kind][index_of(ids, frame.image_ids)] = source.group.digests[kind][source.keep]
    others = frames[0].unjudged
    bare = tuple(replace(frame, unjudged=Unjudged.none()) for frame in frames)
    has_overlaps = sources[0].group.has_overlaps
    return Group(bare, frames[0].offsets, tables, digests, others, has_overlaps), codes


def _kept(source: _Source, place: int) -> Matches:
    """The frame of the images that a part gives; no copy where these are all.

    Args:
        source: the part.
        place: of the kind of IoU among the frames.
    """
    frame = source.frames[place]
    if source.keep.all():
        return frame
    kept = of_images(frame, source.keep, foreign=True)
    if kept.evidence is None or not source.keep.any():
        return kept
    own = PredictionCounts.none(len(frame.category_ids))
    kinds = (frame.request.iou,)
    table = source.group.tables[kinds[0]]
    for rows in read_rows(source.reader, source.place, source.group, kinds=kinds):
        some = rows.take(source.keep[rows.image])
        bits = table[:, some.codes[kinds[0]]]
        own = own.with_more(some.category, some.score, bits[0], bits[len(frame.buckets)])
    return replace(kept, evidence=replace(kept.evidence, **vars(own)))


def _mapped(source: _Source, group: Group, codes: dict[str, NDArray[np.int64]]) -> Iterator[Rows]:
    """The rows of one part with the numbers of the whole."""
    frame, whole = source.frames[0], group.frames[0]
    place = index_of(frame.image_ids, whole.image_ids)
    types = group.types()
    blocks = read_rows(source.reader, source.place, source.group, kinds=group.kinds, overlaps=True)
    for rows in blocks:
        own = rows if source.keep.all() else rows.take(source.keep[rows.image])
        yield replace(
            own,
            image=place[own.image].astype(types["image"]),
            prediction=(own.prediction.astype(np.int64) + source.start).astype(types["prediction"]),
            rank=own.rank.astype(types["rank"]),
            codes={
                kind: codes[kind][column].astype(types[f"codes_{kind}"])
                for kind, column in own.codes.items()
            },
            overlaps={kind: narrowed(each, kind, types) for kind, each in own.overlaps.items()},
        )
