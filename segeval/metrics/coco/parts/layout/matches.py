"""Part files of AP as matches in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import Overlaps
from segeval.metrics.coco.parts.layout.codes import coded
from segeval.metrics.coco.parts.layout.digests import image_digests
from segeval.metrics.coco.parts.layout.frames import (
    bare,
    counted_objects,
    image_block,
    object_block,
    read_image_keys,
    with_images,
    with_objects,
)
from segeval.metrics.coco.parts.layout.groups import (
    Group,
    images_of,
    narrowed,
    objects_of,
    read_groups,
    read_rows,
)
from segeval.metrics.coco.parts.layout.image_blocks import COUNTED, ImageBlock
from segeval.metrics.coco.parts.layout.object_blocks import ObjectBlock
from segeval.metrics.coco.parts.layout.rows import Rows, no_rows
from segeval.metrics.coco.parts.layout.writing import Content, write_part
from segeval.metrics.parts.arrays import are_places
from segeval.metrics.parts.files import PartReader
from segeval.words import counted

SAME = (
    "offsets", "prediction", "image", "score", "rank", "image_ids", "category_ids", "gt",
    "gt_image", "gt_category",
)  # fmt: skip
"""Columns that kinds of IoU with the same predictions and objects have in common."""


def save_part(
    found: Sequence[Matches],
    path: str | Path,
    *,
    compat: str | None = None,
    score_field: str = "score",
    overlaps: Sequence[Overlaps] | None = None,
) -> None:
    """Write matches as a part file, which appears whole or not at all.

    Args:
        found: matches of the same files, one for each kind of IoU.
        path: of the file.
        compat: the official package as the caller named it.
        score_field: the field that scores were read from.
        overlaps: of each, for error kinds; None to leave them out.

    Raises:
        InputError: if the folder does not exist, or the path is no file.
        FormatError: if scores are no numbers, which a compat mode takes: nothing ranks them among
            those of other parts.

    Example:
        >>> import segeval, tempfile
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> found = segeval.match(scene.better, scene.ground_truth)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_part([found], f"{folder}/all.match")
        ...     [again], _ = read_part(f"{folder}/all.match")
        >>> again.image_ids.tolist() == found.image_ids.tolist()
        True
    """
    check_scores(found[0])
    grouped: list[list[Matches]] = []
    for each in found:
        alike = next((own for own in grouped if _judge_alike(own[0], each)), None)
        if alike is None:
            grouped.append([each])
        else:
            alike.append(each)
    known = (
        {each.request.iou: own for each, own in zip(found, overlaps, strict=True)}
        if overlaps is not None
        else {}
    )
    ready = [_group(own, known) for own in grouped]
    digests = [image_digests(each, known.get(each.request.iou)) for each in found]
    content = Content(
        score_field=score_field,
        keys=found[0].image_keys,
        images=[image_block(found, digests)],
        objects=[[object_block(own)] for own in grouped],
        rows=[[rows] for _, rows in ready],
    )
    order = [each.request.iou for each in found]
    write_part(path, [group for group, _ in ready], compat, content, order)


def read_part(path: str | Path) -> tuple[list[Matches], str | None]:
    """The matches of a part file, one for each kind of IoU, and the official package.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version.

    Example:
        >>> import segeval, tempfile
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=8)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = f"{folder}/all.match"
        ...     save_part([segeval.match(scene.better, scene.ground_truth)], path)
        ...     [found], package = read_part(path)
        >>> found.image_ids, package
        (array([1, 2, 3, 4, 5, 6, 7, 8]), None)
    """
    with PartReader(path) as reader:
        groups = read_groups(reader)
        images, found = read_all_images(reader, groups), {}
        for place, group in enumerate(groups):
            rows = Rows.joined([*read_rows(reader, place, group)] or [no_rows(group.kinds)])
            for frame in read_frames(reader, place, group, images):
                found[frame.request.iou] = filled(group, frame, rows).ranked_anew()
        return [found[kind] for kind in reader.header["order"]], reader.header["compat"]


def read_all_images(reader: PartReader, groups: Sequence[Group]) -> ImageBlock:
    """All images of a part file.

    Raises:
        FormatError: if the file is damaged.
    """
    blocks = [*images_of(reader, groups)]
    if blocks:
        return ImageBlock.joined(blocks)
    frames = [frame for group in groups for frame in group.frames]
    return image_block(frames, [np.zeros(0, np.uint64)] * len(frames))


def read_frames(
    reader: PartReader, place: int, group: Group, images: ImageBlock
) -> tuple[Matches, ...]:
    """The frames of a group with their images and ground truths.

    Args:
        reader: of the part file.
        place: number of the group.
        group: the group.
        images: all of the file.

    Raises:
        FormatError: if the file is damaged.
    """
    keys = read_image_keys(reader)
    blocks = [*objects_of(reader, place, group)]
    objects = ObjectBlock.joined(blocks) if blocks else object_block(group.frames)
    found = tuple(with_objects(with_images(own, images, keys), objects) for own in group.frames)
    ids = np.concatenate([images.id, group.others.image_id])
    are_known = keys is None or are_places(ids.view(np.uint64), len(ids), len(keys))
    sound = are_known and all(
        own.evidence is None
        or np.array_equal(counted_objects(own), images.by_kind[own.request.iou][COUNTED])
        for own in found
    )
    if not sound:
        raise reader.damaged("images")
    return found


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


def check_scores(matches: Matches) -> None:
    """Refuse scores that no order of parts can rank.

    Raises:
        FormatError: if one is NaN.
    """
    wrong = int(np.isnan(matches.score).sum())
    if wrong:
        raise FormatError(
            f"{matches.origins[0].preds}: {counted(wrong, 'score is', 'scores are')} NaN, expected "
            "numbers: a part holds predictions by score. Evaluate the files themselves.",
            code="score",
            path=matches.origins[0].preds,
            field="score",
            count=wrong,
        )


def _judge_alike(one: Matches, other: Matches) -> bool:
    """Whether two kinds of IoU judge the same predictions and objects."""
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in SAME)


def _group(kinds: list[Matches], overlaps: Mapping[str, Overlaps]) -> tuple[Group, Rows]:
    """Kinds of IoU with the same predictions and objects as a group, and their rows.

    Args:
        kinds: their matches.
        overlaps: of all kinds of IoU, or of none.
    """
    first = kinds[0]
    tables, codes = {}, {}
    for own in kinds:
        bits = np.concatenate([own.matched_bits, own.ignored_bits])
        codes[own.request.iou], tables[own.request.iou] = coded(bits)
    group = Group(
        tuple(map(bare, kinds)), first.offsets, tables, first.unjudged, len(first.image_ids),
        len(first.gt), bool(overlaps),
    )  # fmt: skip
    types = group.types(int(np.bincount(first.gt_image).max(initial=0)))
    rows = Rows(
        category=first.category,
        score=first.score,
        image=first.image.astype(types["image"]),
        prediction=first.prediction.astype(types["prediction"]),
        rank=_ranks(first).astype(types["rank"]),
        codes={kind: own.astype(types[f"codes_{kind}"]) for kind, own in codes.items()},
        overlaps={
            kind: narrowed(own, kind, types) for kind, own in overlaps.items() if kind in codes
        },
    )
    return group, rows


def _ranks(matches: Matches) -> NDArray[np.int32]:
    """Ranks as they are kept: those under a cap over the set follow when numbers are computed."""
    if matches.request.protocol.cap_scope == "category":
        return np.zeros_like(matches.rank)
    return matches.rank
