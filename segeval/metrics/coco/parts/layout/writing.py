"""Part files of AP are written; `layout` says what they hold, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Keys
from segeval.frozen import frozen
from segeval.metrics.coco import matches_layout
from segeval.metrics.coco.parts.layout.frames import KINDS_OF_KEYS, SMALL, coded_keys
from segeval.metrics.coco.parts.layout.groups import TASK, Group, hash_of_categories
from segeval.metrics.coco.parts.layout.image_blocks import ImageBlock, write_images
from segeval.metrics.coco.parts.layout.object_blocks import ObjectBlock, write_objects
from segeval.metrics.coco.parts.layout.rows import BLOCK, Rows
from segeval.metrics.coco.parts.layout.sorted_blocks import in_blocks
from segeval.metrics.parts.files import PartWriter, written_part
from segeval.version import __version__


@frozen(eq=False)
class Content:
    """What is written block by block.

    Attributes:
        score_field: the field that scores were read from.
        keys: ids of images that are no int64, as in `Matches`.
        images: in order.
        objects: ground truths of each group, in order.
        rows: of each group, in order.
    """

    score_field: str
    keys: Keys | None
    images: Iterable[ImageBlock]
    objects: Sequence[Iterable[ObjectBlock]]
    rows: Sequence[Iterable[Rows]]


def write_part(
    path: str | Path,
    groups: Sequence[Group],
    compat: str | None,
    content: Content,
    order: Sequence[str],
) -> None:
    """Write a part file, which appears whole or not at all.

    Args:
        path: of the file.
        groups: what it holds; their offsets are counted anew.
        compat: the official package as the caller named it.
        content: their images, ground truths and rows.
        order: the kinds of IoU as the caller named them; the first is that of the first group.

    Raises:
        InputError: if the folder does not exist, or the path is no file.
    """
    with written_part(path, _header(groups, compat, content, order)) as writer:
        known: dict[str, NDArray[Any]] = {}
        for frame in (frame for group in groups for frame in group.frames):
            own = matches_layout.to_arrays(vars(frame))
            small = {name: own[name] for name in SMALL if name in own}
            for name, array in small.items():
                same = known.get(name)
                if same is None or same.dtype != array.dtype or not np.array_equal(same, array):
                    writer.add(f"{frame.request.iou}/{name}", array)
            known = known or small
        if content.keys is not None:
            texts = coded_keys(content.keys)
            writer.add("image_keys_lengths", texts.lengths.astype(np.uint64))
            writer.add("image_keys_text", texts.text)
        write_images(writer, content.images)
        for place, objects in enumerate(content.objects):
            write_objects(writer, place, objects)
        for place, (group, rows) in enumerate(zip(groups, content.rows, strict=True)):
            _write_group(writer, place, group, rows)


def _header(
    groups: Sequence[Group], compat: str | None, content: Content, order: Sequence[str]
) -> dict[str, Any]:
    """The header of a part file."""
    frames = [frame for group in groups for frame in group.frames]
    headers = [matches_layout.to_header(vars(frame)) for frame in frames]
    by_image = ("file_names", "image_keys")
    kinds = [
        {
            name: value
            for name, value in own.items()
            if name not in by_image and (place == 0 or value != headers[0][name])
        }
        for place, own in enumerate(headers)
    ]
    return {
        "task": TASK,
        "version": __version__,
        "compat": compat,
        "score_field": content.score_field,
        "kinds": {frame.request.iou: own for frame, own in zip(frames, kinds, strict=True)},
        "order": list(order),
        "groups": [list(group.kinds) for group in groups],
        "errors": groups[0].has_overlaps,
        "images": groups[0].images,
        "objects": [group.objects for group in groups],
        "table_of_categories": hash_of_categories(frames[0]),
        "image_keys": content.keys and KINDS_OF_KEYS[type(content.keys[0])],
    }


def _write_group(writer: PartWriter, place: int, group: Group, rows: Iterable[Rows]) -> None:
    """Write a group with its rows, in blocks of any length."""
    for kind, table in group.tables.items():
        writer.add(f"codes/{kind}", table)
    for name, column in vars(group.others).items():
        writer.add(f"others/{place}/{name}", column)
    counts = np.zeros(len(group.frames[0].category_ids), np.int64)
    for number, block in enumerate(in_blocks(rows, BLOCK)):
        counts += np.bincount(block.category, minlength=len(counts))
        for name, column in block.columns().items():
            writer.add(f"rows/{place}/{number:08}/{name}", column)
    writer.add(f"rows/{place}/offsets", np.concatenate([[0], np.cumsum(counts)]))
