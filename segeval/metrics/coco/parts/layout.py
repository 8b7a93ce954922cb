"""What a part file of AP holds, and where.

For every kind of IoU a frame: `Matches` without predictions, as `matches_layout` writes them, under
`KIND/`; what equals the first kind's is written once. Kinds that judge the same predictions form a
group with one list of rows, in blocks: `rows/GROUP/BLOCK/COLUMN`, with the places of the categories
in `rows/GROUP/offsets`, the bits behind the codes in `codes/KIND`, and a hash of every image in
`digest/KIND`. Predictions that only use up a cap over the set are in `others/GROUP/COLUMN`.
Overlaps with objects, for error kinds, are further columns of rows; those of pairs are longer.

What was read is known by hashes: each pair of files has one of names, ids and scores in `origins`,
every image one of its annotations in `KIND/evidence_by_image_objects` and one of what was found in
`digest/KIND`, the categories one in the header. Predictions are not hashed as they were read: what
was found holds all that a number depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import written
from segeval.errors import FormatError
from segeval.metrics.coco import matches_layout
from segeval.metrics.coco.caps import NO_LIMIT, Unjudged
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import Overlaps
from segeval.metrics.coco.parts.codes import Bits
from segeval.metrics.coco.parts.row_overlaps import objects_in_images, read_overlaps
from segeval.metrics.coco.parts.rows import BLOCK, PLAIN, Rows, in_blocks
from segeval.metrics.content import with_hash
from segeval.metrics.part_files import PartReader, PartWriter
from segeval.version import __version__

TASK = "ap"


@dataclass(frozen=True, eq=False)
class Group:
    """Kinds of IoU that judge the same predictions.

    Attributes:
        frames: matches without predictions, one for each kind.
        offsets: category k has the rows `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        tables: bits behind the codes by kind of IoU: matched and then ignored by bucket, unsigned,
            shape (2 A, C).
        digests: hash of each image by kind of IoU, uint64, shape (I,).
        others: predictions that only use up a cap over the whole set.
        has_overlaps: whether rows hold their overlaps with objects.
    """

    frames: tuple[Matches, ...]
    offsets: NDArray[np.int64]
    tables: Mapping[str, Bits]
    digests: Mapping[str, NDArray[np.uint64]]
    others: Unjudged
    has_overlaps: bool = False

    def __len__(self) -> int:
        return int(self.offsets[-1])

    @property
    def kinds(self) -> tuple[str, ...]:
        """Its kinds of IoU."""
        return tuple(frame.request.iou for frame in self.frames)

    def types(self) -> dict[str, np.dtype[Any]]:
        """The narrowest types of the columns of rows, which follow from what is known of all."""
        frame = self.frames[0]
        most = {
            "image": len(frame.image_ids),
            "prediction": max(origin.predictions for origin in frame.origins),
            "rank": frame.request.protocol.max_dets[-1] or NO_LIMIT,
            **{f"codes_{kind}": table.shape[1] for kind, table in self.tables.items()},
        }
        if frame.request.protocol.cap_scope == "category":
            most["rank"] = 1  # ranks follow when numbers are computed
        if self.has_overlaps:
            for own in self.frames:
                objects = int(objects_in_images(own).max(initial=0))
                most[f"count_{own.request.iou}"] = objects + 1
                most[f"place_{own.request.iou}"] = objects
        return {name: np.min_scalar_type(max(end - 1, 0)) for name, end in most.items()}


def narrowed(overlaps: Overlaps, kind: str, types: Mapping[str, np.dtype[Any]]) -> Overlaps:
    """Overlaps of one kind of IoU in the types of `Group.types`."""
    return replace(
        overlaps,
        count=overlaps.count.astype(types[f"count_{kind}"]),
        place=overlaps.place.astype(types[f"place_{kind}"]),
    )


def frame_of(matches: Matches) -> Matches:
    """Matches without their predictions."""
    none = slice(0, 0)
    return replace(
        matches,
        offsets=np.zeros_like(matches.offsets),
        prediction=matches.prediction[none],
        image=matches.image[none],
        score=matches.score[none],
        rank=matches.rank[none],
        matched_bits=matches.matched_bits[:, none],
        ignored_bits=matches.ignored_bits[:, none],
        unjudged=Unjudged.none(),
    )


def filled(group: Group, frame: Matches, rows: Rows) -> Matches:
    """The matches of one kind of IoU: a frame with its predictions."""
    buckets = len(frame.buckets)
    bits = group.tables[frame.request.iou][:, rows.codes[frame.request.iou]]
    return replace(
        frame,
        offsets=group.offsets,
        prediction=rows.prediction.astype(np.int64),
        image=rows.image.astype(np.int32),
        score=rows.score,
        rank=rows.rank.astype(np.int32),
        matched_bits=bits[:buckets],
        ignored_bits=bits[buckets:],
        unjudged=group.others,
    )


def header_of(groups: Sequence[Group], compat: str | None, score_field: str) -> dict[str, Any]:
    """The header of a part file.

    Args:
        groups: what it holds.
        compat: the official package as the caller named it.
        score_field: the field that scores were read from.
    """
    frames = [frame for group in groups for frame in group.frames]
    headers = [matches_layout.to_header(vars(frame)) for frame in frames]
    kinds = [
        {name: value for name, value in own.items() if place == 0 or value != headers[0][name]}
        for place, own in enumerate(headers)
    ]
    return {
        "task": TASK,
        "version": __version__,
        "compat": compat,
        "score_field": score_field,
        "kinds": {frame.request.iou: own for frame, own in zip(frames, kinds, strict=True)},
        "order": [frame.request.iou for frame in frames],
        "groups": [list(group.kinds) for group in groups],
        "errors": groups[0].has_overlaps,
        "table_of_categories": _hash_of_categories(frames[0]),
    }


def _hash_of_categories(frame: Matches) -> str:
    """SHA-256 of ids, names and frequencies of the categories."""
    table = {
        "ids": written(frame.category_ids, frame.category_keys),
        "names": frame.category_names,
        "frequencies": frame.frequencies,
    }
    return str(with_hash(table)["sha256"])


def write_group(
    writer: PartWriter, place: int, group: Group, rows: Iterable[Rows], first: Matches
) -> None:
    """Write a group with its rows.

    Args:
        writer: of the part file.
        place: number of the group.
        group: the group; its offsets are counted anew.
        rows: its rows in order, in blocks of any length.
        first: the frame of the file's first kind, whose arrays are not written again.
    """
    known = {} if group.frames[0] is first else matches_layout.to_arrays(vars(first))
    for frame in group.frames:
        for name, array in matches_layout.to_arrays(vars(frame)).items():
            same = known.get(name)
            if same is None or same.dtype != array.dtype or not np.array_equal(same, array):
                writer.add(f"{frame.request.iou}/{name}", array)
        known = known or matches_layout.to_arrays(vars(frame))
        writer.add(f"codes/{frame.request.iou}", group.tables[frame.request.iou])
        writer.add(f"digest/{frame.request.iou}", group.digests[frame.request.iou])
    for name, column in vars(group.others).items():
        writer.add(f"others/{place}/{name}", column)
    counts = np.zeros(len(group.frames[0].category_ids), np.int64)
    for number, block in enumerate(in_blocks(rows)):
        counts += np.bincount(block.category, minlength=len(counts))
        for name, column in block.columns().items():
            writer.add(f"rows/{place}/{number:08}/{name}", column)
    writer.add(f"rows/{place}/offsets", np.concatenate([[0], np.cumsum(counts)]))


def read_groups(reader: PartReader) -> list[Group]:
    """The groups of a part file, without their rows.

    Raises:
        FormatError: if the file is of another task, or damaged.
    """
    reader.check_task(TASK)
    header = reader.header
    try:
        order, grouped, kinds = header["order"], header["groups"], header["kinds"]
        sound = order and sorted(order) == sorted(kinds) == sorted(chain(*grouped))
        if not sound or not all(isinstance(kind, str) for kind in order):
            raise reader.damaged("header")
    except (KeyError, TypeError):
        raise reader.damaged("header") from None
    frames = _frames(reader, kinds, order[0])
    is_whole = isinstance(header.get("score_field"), str)
    if not is_whole or _hash_of_categories(frames[order[0]]) != header.get("table_of_categories"):
        raise reader.damaged("header")
    return [
        _read_group(reader, place, [frames[kind] for kind in own])
        for place, own in enumerate(grouped)
    ]


def _frames(reader: PartReader, kinds: Mapping[str, Any], first: str) -> dict[str, Matches]:
    """The frames by kind of IoU."""
    frames = {}
    for kind, own in kinds.items():
        try:
            values = {**kinds[first], **own}
        except TypeError:
            raise reader.damaged("header") from None
        arrays = {}
        others = (f"unjudged_{name}" for name in matches_layout.UNJUDGED)
        counted = matches_layout.BY_IMAGE if matches_layout.counts_by_image(values) else ()
        for name in (*matches_layout.ARRAYS, *others, *matches_layout.EVIDENCE, *counted):
            where = f"{kind}/{name}"
            arrays[name] = reader.array(where if where in reader.names else f"{first}/{name}")
        try:
            matches_layout.check_arrays(values, arrays)
            found = matches_layout.from_header(values, arrays)
        except FormatError as problem:
            raise FormatError(
                f"{reader.name}: {problem.message}", code="bad-part", path=reader.name
            ) from None
        columns: dict[str, Any] = {name: arrays[name] for name in matches_layout.ARRAYS}
        frames[kind] = Matches(**found, **columns, unjudged=Unjudged.none())
        if frames[kind].request.iou != kind or len(frames[kind]):
            raise reader.damaged("header")
    return frames


def _read_group(reader: PartReader, place: int, frames: list[Matches]) -> Group:
    """One group, whose arrays were found to fit together."""
    first = frames[0]
    offsets = reader.array(f"rows/{place}/offsets")
    digests = {each.request.iou: reader.array(f"digest/{each.request.iou}") for each in frames}
    tables = {each.request.iou: reader.array(f"codes/{each.request.iou}") for each in frames}
    others = Unjudged(*(reader.array(f"others/{place}/{name}") for name in matches_layout.UNJUDGED))
    sizes = {len(column) for column in vars(others).values()}
    sound = (
        offsets.dtype == np.int64
        and offsets.shape == (len(first.category_ids) + 1,)
        and offsets[0] == 0
        and bool((offsets[1:] >= offsets[:-1]).all())
        and all(each.dtype == np.uint64 for each in digests.values())
        and all(each.shape == first.image_ids.shape for each in digests.values())
        and len(sizes) == 1
        and all(
            column.ndim == 1 and column.dtype.str[1:] == kind
            for column, kind in zip(vars(others).values(), OTHERS, strict=True)
        )
        and _inside(others.category, len(first.category_ids))
        and _inside(others.origin, len(first.origins))
        and all(
            tables[each.request.iou].ndim == 2
            and tables[each.request.iou].dtype == each.matched_bits.dtype
            and len(tables[each.request.iou]) == 2 * len(each.buckets)
            for each in frames
        )
    )
    if not sound:
        raise reader.damaged(f"group {place}")
    has_overlaps = reader.header.get("errors", False) is True
    return Group(tuple(frames), offsets, tables, digests, others, has_overlaps)


OTHERS = ("i4", "f8", "i8", "i8", "i4", "b1")
"""Kinds of the columns of `Unjudged`."""


def _inside(places: NDArray[np.integer[Any]], end: int) -> bool:
    """Whether places are from 0 to end - 1."""
    return not places.size or (int(places.min()) >= 0 and int(places.max()) < end)


def read_rows(
    reader: PartReader,
    place: int,
    group: Group,
    *,
    kinds: Sequence[str] | None = None,
    overlaps: bool = False,
) -> Iterator[Rows]:
    """The rows of a group, block by block, whose indices were found right.

    Args:
        reader: of the part file.
        place: number of the group.
        group: the group.
        kinds: kinds of IoU whose codes are read; None for all of the group.
        overlaps: read the overlaps with objects too, if the part holds them.

    Raises:
        FormatError: if the file is damaged.
    """
    for number in range(-(-len(group) // BLOCK)):
        yield read_block(reader, place, group, number, kinds=kinds, overlaps=overlaps)


def read_block(
    reader: PartReader,
    place: int,
    group: Group,
    number: int,
    *,
    kinds: Sequence[str] | None = None,
    overlaps: bool = False,
) -> Rows:
    """One block of the rows of a group; arguments and errors as in `read_rows`."""
    where = f"rows/{place}/{number:08}"
    start, stop = number * BLOCK, min((number + 1) * BLOCK, len(group))
    kinds = group.kinds if kinds is None else kinds
    columns = {
        name: reader.array(f"{where}/{name}")
        for name in (*PLAIN, *(f"codes_{kind}" for kind in kinds))
    }
    score = columns["score"]
    whole = {name: each for name, each in columns.items() if name != "score"}
    rows = np.arange(start, stop)
    category = (np.searchsorted(group.offsets, rows, "right") - 1).astype(np.int32)
    limits = {"image": len(group.frames[0].image_ids), "prediction": matches_layout.MOST}
    limits |= {"rank": NO_LIMIT}
    limits |= {f"codes_{kind}": group.tables[kind].shape[1] for kind in kinds}
    sound = (
        all(each.shape == (stop - start,) for each in columns.values())
        and score.dtype == np.float64
        and all(each.dtype.kind == "u" for each in whole.values())
        and all(_inside(whole[name], end) for name, end in limits.items())
    )
    if not sound:
        raise reader.damaged(where)
    falls = (score[1:] <= score[:-1]) | (category[1:] > category[:-1])
    if not falls.all() or np.isnan(score).any():
        raise FormatError(
            f"{reader.name}: scores of a category must fall ({where}).",
            code="bad-part",
            path=reader.name,
        )
    codes = {kind: columns[f"codes_{kind}"] for kind in kinds}
    plain: dict[str, Any] = {name: columns[name] for name in PLAIN}
    found = Rows(category=category, codes=codes, **plain)
    if not (overlaps and group.has_overlaps):
        return found
    frames = {frame.request.iou: frame for frame in group.frames}
    own = {
        kind: read_overlaps(reader, where, frames[kind], found.image.astype(np.int64))
        for kind in kinds
    }
    return replace(found, overlaps=own)
