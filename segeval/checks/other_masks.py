"""Run-length masks that would fit the objects if they were read or made in another way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from segeval.checks.box_geometry import NEAR, Boxes, near
from segeval.checks.mask_and_box import BY_ROWS, boxes_by_rows, masks_of
from segeval.checks.other_readings import (
    GOOD,
    IMAGES,
    Located,
    Others,
    best_reading,
    only_otherwise,
    rescaled,
)
from segeval.checks.records import AnyRecords
from segeval.data.segmentations import Format
from segeval.findings import Finding
from segeval.masks import RunLengths, boxes

MOST = 1024
"""Masks that are read again."""

NEARLY_ALL = 0.9
"""Share of the masks that a cause must explain."""

ALIKE = 0.1
"""Share by which the sides of equal objects may differ."""


def misread_masks(
    records: AnyRecords, own: Located, others: Others, *, good: float = GOOD, which: str = ""
) -> Iterator[Finding]:
    """Run-length masks that fit the other file only in another way, or that are whole images.

    Args:
        records: records of one file.
        own: where some of them are.
        others: finds the records of the other file.
        good: least mean IoU at which the files agree.
        which: which of the records they are, for the message; "" for all.
    """
    form = records.segmentations.format[own.rows]
    own = own.take(np.flatnonzero((form != Format.POLYGON) & (own.boxes[:, 2:] > 0).all(axis=1)))
    images = np.unique(own.image_id)
    images = images[:: max(len(images) // IMAGES, 1)]
    own = own.take(np.flatnonzero(np.isin(own.image_id, images))[:MOST])
    other = others(images) if len(images) else None
    if other is None or not len(other.rows):
        return
    hint = best_reading(own, other, partial(_readings, records), good)
    if not hint and not which and _are_whole(own) and not _are_whole(other):
        yield records.finding(
            "warn",
            "masks and images",
            f"{records.many(own.rows, 'reaches', 'reach')} over the whole image, those of "
            f"{other.name} do not",
            code="whole-image",
            rows=own.rows,
            hint="Is each mask that of one object?",
            field="segmentation",
        )
    if hint:
        yield only_otherwise(records, own.rows, "masks", hint, which)


def _readings(records: AnyRecords, own: Located, other: Located) -> Iterator[tuple[Boxes, str]]:
    """Boxes of the masks as they may be meant, and what to say if they are."""
    sides = own.sizes[:, ::-1].astype(np.float64)
    masks = masks_of(records, own.rows)
    yield boxes_by_rows(masks), BY_ROWS
    inverted = boxes(_inverted(masks))
    if not _whole(inverted, sides):  # as those of any small masks, which tell nothing
        yield inverted, "They fit if 0 and 1 are exchanged: inverted?"
    yield from rescaled(own, other)
    for flipped, text in (
        ([True, False], "mirrored left to right"),
        ([False, True], "turned upside down"),
        ([True, True], "turned by 180 degrees"),
    ):
        start = np.where(flipped, sides - own.boxes[:, :2] - own.boxes[:, 2:], own.boxes[:, :2])
        yield np.concatenate([start, own.boxes[:, 2:]], axis=1), f"They fit {text}."
    yield from _moved(own, other)


def _moved(own: Located, other: Located) -> Iterator[tuple[Boxes, str]]:
    """Boxes moved to the objects of their image that have the same sides."""
    partner = _partners(own, other)
    paired = np.flatnonzero(partner >= 0)
    if not len(paired):
        return
    there = other.boxes[partner[paired], :2]
    way = there - own.boxes[paired, :2]
    if (own.boxes[:, :2] < 1).mean() >= NEARLY_ALL:
        placed = own.boxes.copy()
        placed[paired, :2] = there
        yield (
            placed,
            "They start in the upper left corner: crops that were not put in their place?",
        )
    alike = (np.abs(way[:, None] - way[None]) <= NEAR).all(axis=-1).sum(axis=1)
    around = (np.abs(way - way[np.argmax(alike)]) <= 4 * NEAR).all(axis=1)
    across, down = np.median(way[around], axis=0).tolist()
    moved = own.boxes + np.array([across, down, 0, 0])
    yield moved, f"They fit moved by {across:.0f}, {down:.0f} pixels (x, y)."


def _partners(own: Located, other: Located) -> NDArray[np.int64]:
    """For each record the only one of its image in the other file with the same sides; else -1."""
    partner = np.full(len(own.rows), -1)
    for image in np.unique(own.image_id).tolist():
        mine, others = (np.flatnonzero(each.image_id == image) for each in (own, other))
        left, right = own.boxes[mine, None, 2:], other.boxes[None, others, 2:]
        apart = np.abs(left - right) <= ALIKE * np.maximum(left, right)
        alike = np.asarray(apart.all(axis=-1))
        only = np.flatnonzero(alike.sum(axis=1) == 1)
        if len(only):
            partner[mine[only]] = others[alike[only].argmax(axis=1)]
    return partner


def _inverted(masks: RunLengths) -> RunLengths:
    """The masks with 0 and 1 exchanged: a run of 0 pixels goes before the others."""
    counts = np.insert(masks.counts, masks.offsets[:-1], 0)
    return RunLengths(counts, masks.offsets + np.arange(len(masks.offsets)), masks.sizes)


def _are_whole(records: Located) -> bool:
    """Whether nearly all boxes are those of the images."""
    return _whole(records.boxes, records.sizes[:, ::-1].astype(np.float64))


def _whole(own: Boxes, sides: NDArray[np.float64]) -> bool:
    """Whether nearly all boxes are those of images of these widths and heights."""
    whole = np.concatenate([np.zeros_like(sides), sides], axis=1)
    return bool(near(own, whole).mean() >= NEARLY_ALL)
