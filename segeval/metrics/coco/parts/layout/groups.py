"""Groups of a part file: kinds of IoU that judge the same predictions and objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import written
from segeval.errors import FormatError
from segeval.frozen import frozen
from segeval.metrics.coco import matches_layout
from segeval.metrics.coco.caps import NO_LIMIT, Unjudged
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import Overlaps
from segeval.metrics.coco.parts.layout.codes import Bits
from segeval.metrics.coco.parts.layout.frames import KINDS_OF_KEYS, SMALL, bare_arrays
from segeval.metrics.coco.parts.layout.image_blocks import (
    IMAGES,
    ImageBlock,
    read_images,
)
from segeval.metrics.coco.parts.layout.object_blocks import (
    OBJECTS,
    ObjectBlock,
    read_objects,
)
from segeval.metrics.coco.parts.layout.row_overlaps import read_overlaps
from segeval.metrics.coco.parts.layout.rows import BLOCK, PLAIN, Rows
from segeval.metrics.parts.arrays import are_inside, are_places
from segeval.metrics.parts.digests import with_hash
from segeval.metrics.parts.files import PartReader

TASK = "ap"

MOST_IMAGES = 2**31
"""No part holds as many images."""


@frozen(eq=False)
class Group:
    """Kinds of IoU that judge the same predictions and objects.

    Attributes:
        frames: matches without predictions, objects and images, one for each kind.
        offsets: category k has the rows `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        tables: bits behind the codes by kind of IoU: matched and then ignored by bucket, unsigned,
            shape (2 A, C).
        others: predictions that only use up a cap over the whole set.
        images: number of images.
        objects: number of ground truths.
        has_overlaps: whether rows hold their overlaps with objects.
    """

    frames: tuple[Matches, ...]
    offsets: NDArray[np.int64]
    tables: Mapping[str, Bits]
    others: Unjudged
    images: int
    objects: int
    has_overlaps: bool = False

    def __len__(self) -> int:
        return int(self.offsets[-1])

    @property
    def kinds(self) -> tuple[str, ...]:
        """Its kinds of IoU."""
        return tuple(frame.request.iou for frame in self.frames)

    def types(self, objects: int) -> dict[str, np.dtype[Any]]:
        """The narrowest types of the columns of rows, which follow from what is known of all.

        Args:
            objects: most ground truths of an image; only asked for where rows hold overlaps.
        """
        frame = self.frames[0]
        most = {
            "image": self.images,
            "prediction": max(origin.predictions for origin in frame.origins),
            "rank": frame.request.protocol.max_dets[-1] or NO_LIMIT,
            **{f"codes_{kind}": table.shape[1] for kind, table in self.tables.items()},
        }
        if frame.request.protocol.cap_scope == "category":
            most["rank"] = 1  # ranks follow when numbers are computed
        if self.has_overlaps:
            for kind in self.kinds:
                most[f"count_{kind}"] = objects + 1
                most[f"place_{kind}"] = objects
        return {name: np.min_scalar_type(max(end - 1, 0)) for name, end in most.items()}


def hash_of_categories(frame: Matches) -> str:
    """SHA-256 of ids, names and frequencies of the categories."""
    table = {
        "ids": written(frame.category_ids, frame.category_keys),
        "names": frame.category_names,
        "frequencies": frame.frequencies,
    }
    return str(with_hash(table)["sha256"])


def narrowed(overlaps: Overlaps, kind: str, types: Mapping[str, np.dtype[Any]]) -> Overlaps:
    """Overlaps of one kind of IoU in the types of `Group.types`."""
    return replace(
        overlaps,
        count=overlaps.count.astype(types[f"count_{kind}"]),
        place=overlaps.place.astype(types[f"place_{kind}"]),
    )


def read_groups(reader: PartReader) -> list[Group]:
    """The groups of a part file, without their rows, objects and images.

    Raises:
        FormatError: if the file is of another task, or damaged.
    """
    reader.check_task(TASK)
    header = reader.header
    try:
        order, grouped, kinds = header["order"], header["groups"], header["kinds"]
        images, objects = header["images"], header["objects"]
        sound = (
            order
            and sorted(order) == sorted(kinds) == sorted(chain(*grouped))
            and all(isinstance(kind, str) for kind in order)
            and len(objects) == len(grouped)
            and all(grouped)
            and all(type(each) is int and each >= 0 for each in (images, *objects))
            and images < MOST_IMAGES
            and header["image_keys"] in (None, *KINDS_OF_KEYS.values())
            and _has_blocks(reader, "images", images, IMAGES, "id")
            and all(
                _has_blocks(reader, f"objects/{place}", own, OBJECTS, "gt")
                for place, own in enumerate(objects)
            )
        )
    except (KeyError, TypeError):
        raise reader.damaged("header") from None
    if not sound:
        raise reader.damaged("header")
    frames = _frames(reader, kinds, order[0])
    first = frames[order[0]]
    if any(
        frame.origins != first.origins or (frame.evidence is None) != (first.evidence is None)
        for frame in frames.values()
    ):
        raise reader.damaged("header")
    is_whole = isinstance(header.get("score_field"), str) and isinstance(
        header.get("compat", 0), str | None
    )
    if not is_whole or hash_of_categories(first) != header.get("table_of_categories"):
        raise reader.damaged("header")
    return [
        _read_group(reader, place, [frames[kind] for kind in own], objects[place])
        for place, own in enumerate(grouped)
    ]


def _has_blocks(reader: PartReader, where: str, rows: int, length: int, column: str) -> bool:
    """Whether there are blocks for so many rows, and no more."""
    blocks = -(-rows // length)
    last = not blocks or reader.has(f"{where}/{blocks - 1:08}/{column}")
    return last and not reader.has(f"{where}/{blocks:08}/{column}")


def _frames(reader: PartReader, kinds: Mapping[str, Any], first: str) -> dict[str, Matches]:
    """The frames by kind of IoU."""
    frames = {}
    for kind, own in kinds.items():
        try:
            values = {**kinds[first], **own, "file_names": [], "image_keys": None}
            buckets, categories = len(values["buckets"]), len(values["category_names"])
        except (KeyError, TypeError):
            raise reader.damaged("header") from None
        arrays = bare_arrays(buckets, categories)
        for name in SMALL:
            if name in matches_layout.EVIDENCE and "evidence" not in values:
                continue
            if name in matches_layout.LOOKED and not matches_layout.holds_records(values):
                continue
            where = f"{kind}/{name}"
            arrays[name] = reader.array(where if reader.has(where) else f"{first}/{name}")
        try:
            matches_layout.check_arrays(values, arrays)
            found = matches_layout.from_header(values, arrays)
        except FormatError as problem:
            raise FormatError(
                f"{reader.name}: {problem.message}", code="bad-part", path=reader.name
            ) from None
        columns: dict[str, Any] = {name: arrays[name] for name in matches_layout.ARRAYS}
        frames[kind] = Matches(**found, **columns, unjudged=Unjudged.none())
        if frames[kind].request.iou != kind:
            raise reader.damaged("header")
    return frames


def _read_group(reader: PartReader, place: int, frames: list[Matches], objects: int) -> Group:
    """One group, whose arrays were found to fit together."""
    first = frames[0]
    offsets = reader.array(f"rows/{place}/offsets")
    tables = {each.request.iou: reader.array(f"codes/{each.request.iou}") for each in frames}
    others = Unjudged(*(reader.array(f"others/{place}/{name}") for name in matches_layout.UNJUDGED))
    sizes = {len(column) for column in vars(others).values()}
    sound = (
        offsets.dtype == np.int64
        and offsets.shape == (len(first.category_ids) + 1,)
        and offsets[0] == 0
        and bool((offsets[1:] >= offsets[:-1]).all())
        and len(sizes) == 1
        and all(
            column.ndim == 1 and column.dtype.str[1:] == kind
            for column, kind in zip(vars(others).values(), OTHERS, strict=True)
        )
        and are_inside(others.category, len(first.category_ids))
        and are_inside(others.origin, len(first.origins))
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
    images: int = reader.header["images"]
    return Group(tuple(frames), offsets, tables, others, images, objects, has_overlaps)


def images_of(reader: PartReader, groups: Sequence[Group]) -> Iterator[ImageBlock]:
    """The images of a part file, block by block; errors as in `read_images`."""
    frames = {frame.request.iou: frame for group in groups for frame in group.frames}
    kinds = {kind: frames[kind].evidence for kind in reader.header["order"]}
    first = groups[0]
    return read_images(reader, first.images, len(first.frames[0].origins), kinds)


def objects_of(reader: PartReader, place: int, group: Group) -> Iterator[ObjectBlock]:
    """The ground truths of a group, block by block; errors as in `read_objects`."""
    kinds = {frame.request.iou: len(frame.buckets) for frame in group.frames}
    categories = len(group.frames[0].category_ids)
    return read_objects(
        reader, place, group.objects, kinds, images=group.images, categories=categories
    )


OTHERS = ("i4", "f8", "i8", "i8", "i4", "b1")
"""Kinds of the columns of `Unjudged`."""


def read_rows(
    reader: PartReader,
    place: int,
    group: Group,
    *,
    kinds: Sequence[str] | None = None,
    objects: NDArray[np.integer[Any]] | None = None,
) -> Iterator[Rows]:
    """The rows of a group, block by block, whose indices were found right.

    Args:
        reader: of the part file.
        place: number of the group.
        group: the group.
        kinds: kinds of IoU whose codes are read; None for all of the group.
        objects: number of ground truths of each image, shape (I,), to read the overlaps with them
            too, if the part holds any; None to leave them out.

    Raises:
        FormatError: if the file is damaged.
    """
    for number in range(-(-len(group) // BLOCK)):
        yield read_block(reader, place, group, number, kinds=kinds, objects=objects)


def read_block(
    reader: PartReader,
    place: int,
    group: Group,
    number: int,
    *,
    kinds: Sequence[str] | None = None,
    objects: NDArray[np.integer[Any]] | None = None,
) -> Rows:
    """One block of the rows of a group; arguments and errors as in `read_rows`."""
    where = f"rows/{place}/{number:08}"
    start, stop = number * BLOCK, min((number + 1) * BLOCK, len(group))
    kinds = group.kinds if kinds is None else kinds
    columns = _row_columns(reader, where, group, kinds, stop - start)
    score, rows = columns["score"], np.arange(start, stop)
    category = (np.searchsorted(group.offsets, rows, "right") - 1).astype(np.int32)
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
    if objects is None or not group.has_overlaps:
        return found
    thresholds = {frame.request.iou: len(frame.thresholds) for frame in group.frames}
    of_rows = objects[found.image]
    own = {kind: read_overlaps(reader, where, kind, thresholds[kind], of_rows) for kind in kinds}
    return replace(found, overlaps=own)


def _row_columns(
    reader: PartReader, where: str, group: Group, kinds: Sequence[str], rows: int
) -> dict[str, NDArray[Any]]:
    """Scores of a block of rows, and their whole numbers, which were found inside their ranges.

    Raises:
        FormatError: if the file is damaged.
    """
    ends = {"image": group.images, "prediction": matches_layout.MOST, "rank": NO_LIMIT}
    ends |= {f"codes_{kind}": group.tables[kind].shape[1] for kind in kinds}
    score = reader.array(f"{where}/score")
    whole = {name: reader.array(f"{where}/{name}") for name in ends}
    sound = score.dtype == np.float64 and score.shape == (rows,)
    if not sound or not all(are_places(whole[name], rows, end) for name, end in ends.items()):
        raise reader.damaged(where)
    return {"score": score, **whole}
