"""The parts of a file that contradict each other: every check of it, in order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segeval.checks.areas import areas_beside_masks
from segeval.checks.filled_holes import filled_holes
from segeval.checks.mask_and_box import masks_beside_boxes
from segeval.checks.outside import boxes_outside, inside, polygons_outside
from segeval.checks.records import AnyRecords
from segeval.data.columns import GroundTruth
from segeval.findings import Finding

if TYPE_CHECKING:
    from segeval.checks.other_readings import Others

SAMPLE = 256
"""Records that are looked at first where a file is only evaluated."""

KINDS = (
    "polygons and images",
    "boxes and images",
    "masks and images",
    "masks and boxes",
    "area field",
)
"""Kinds of findings."""


def agreement(
    records: AnyRecords,
    rows: NDArray[np.int64],
    others: Others = lambda _: None,
    *,
    masks: bool = True,
    boxes: bool = True,
    sample: int | None = None,
) -> Iterator[Finding]:
    """What contradicts itself in the records of one file.

    Args:
        records: records of one file.
        rows: rows to look at, with sound masks, increasing.
        others: finds where the records of the other file are.
        masks: look at the masks.
        boxes: look at the boxes, and not only beside masks.
        sample: number of records to look at first; all of them follow only if something is found.
            None for all. With it, predicted boxes that leave their image are reported only if the
            cause is known: detectors need not clip their boxes.
    """
    step = max(len(rows) // sample, 1) if sample else 1
    is_gt = isinstance(records.columns, GroundTruth)
    find = partial(
        _findings,
        records,
        others=others,
        masks=masks,
        boxes=boxes,
        only_explained=bool(sample) and not is_gt,
    )
    with np.errstate(all="ignore"):  # coordinates may be of any size
        found = list(find(rows[::step]))
        if found and step > 1:
            found = list(find(rows))
    yield from found


def _findings(
    records: AnyRecords,
    rows: NDArray[np.int64],
    *,
    others: Others,
    masks: bool,
    boxes: bool,
    only_explained: bool,
) -> Iterator[Finding]:
    """All findings about some rows."""
    shapes = records.shapes_of(rows) if masks else None
    found = [] if shapes is None else list(polygons_outside(records, shapes, others))
    if boxes and not found:  # the boxes of polygons leave the image with them
        found += boxes_outside(records, rows, others, only_explained=only_explained)
    yield from found
    if shapes is not None:
        yield from filled_holes(records, shapes)
        yield from masks_beside_boxes(records, shapes)
        if isinstance(records.columns, GroundTruth):
            yield from areas_beside_masks(records, inside(records, shapes))
