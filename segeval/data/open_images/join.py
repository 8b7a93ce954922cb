"""Pairing of masks and boxes."""

from __future__ import annotations

from collections import defaultdict, deque

import numpy as np
from numpy.typing import NDArray

from segeval.data.open_images.table import CsvTable
from segeval.errors import MismatchError, Note
from segeval.frozen import frozen
from segeval.limits import check_limit
from segeval.words import counted

Key = tuple[object, ...]


@frozen(eq=False)
class Located:
    """The rows of one file of objects, with their boxes.

    Attributes:
        table: the file.
        boxes_xyxy: boxes as fractions of the image, float64, shape (N, 4).
        is_group_of: bool, shape (N,), or None if the file has no such column.
    """

    table: CsvTable
    boxes_xyxy: NDArray[np.float64]
    is_group_of: NDArray[np.bool_] | None


def paired_rows(
    boxes: Located, masks: Located, notes: list[Note], *, product: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of boxes and masks with equal image, label, coordinates and IsGroupOf.

    Args:
        boxes: B rows.
        masks: M rows; if they lack IsGroupOf, it is not compared.
        notes: receives notes.
        product: pair boxes and masks with the same key each with each (pandas' outer join, as in
            the official tool); otherwise the first with the first, and so on.

    Returns:
        Rows of the boxes and of the masks, -1 for none, both int64, of equal length.

    Raises:
        MismatchError: if no mask has a box.
    """
    with_group = masks.is_group_of is not None
    waiting: defaultdict[Key, deque[int]] = defaultdict(deque)
    for row, key in enumerate(_keys(masks, with_group=with_group)):
        waiting[key].append(row)
    none: deque[int] = deque()
    box_rows: list[int] = []
    mask_rows: list[int] = []
    taken = np.zeros(len(masks.table), bool)
    shared = 0
    for row, key in enumerate(_keys(boxes, with_group=with_group)):
        found = waiting.get(key, none)
        shared += len(found) > (0 if product else 1)
        if product:
            partners = list(found)
            check_limit(
                "pairs",
                len(box_rows) + len(partners),
                "boxes and masks at the same places, each with each, make "
                f"{len(box_rows) + len(partners):,} pairs and more",
                source=masks.table.name,
            )
        else:
            partners = [found.popleft()] if found else []
        taken[partners] = True
        box_rows += [row] * max(len(partners), 1)
        mask_rows += partners or [-1]
    alone = np.flatnonzero(~taken)
    if len(alone) == len(masks.table):
        raise _no_pair(boxes, masks)
    if len(alone):
        found_text = counted(len(alone), "mask has", "masks have")
        notes.append(
            Note(
                "mask-without-box",
                f"{found_text} no box with the same image, label, coordinates and IsGroupOf in "
                f"{boxes.table.name}; they count as separate objects (first: line "
                f"{masks.table.lines[alone[0]]} of {masks.table.name})",
                len(alone),
            )
        )
    if shared and not product:
        notes.append(
            Note(
                "shared-place",
                f"{counted(shared, 'box has', 'boxes have')} more than one mask at the same "
                "coordinates; they are paired in file order, the official tool pairs each with "
                'each (`compat="official"`)',
                shared,
                option="compat",
            )
        )
    return (
        np.array([*box_rows, *[-1] * len(alone)], np.int64),
        np.array([*mask_rows, *alone.tolist()], np.int64),
    )


def _keys(rows: Located, *, with_group: bool) -> list[Key]:
    """What must be equal, for every row."""
    columns: list[list[object]] = [
        list(rows.table.columns["ImageID"]),
        list(rows.table.columns["LabelName"]),
        *(list(side) for side in rows.boxes_xyxy.T.tolist()),
    ]
    if with_group and rows.is_group_of is not None:
        columns.append(rows.is_group_of.tolist())
    return list(zip(*columns, strict=True))


def _no_pair(boxes: Located, masks: Located) -> MismatchError:
    """The error for two files with nothing in common."""
    reasons = []
    for column in ("ImageID", "LabelName"):
        ours, theirs = (set(one.table.columns[column]) for one in (masks, boxes))
        if ours.isdisjoint(theirs):
            reasons.append(f"no {column} is in both (such as {min(ours)!r} and {min(theirs)!r})")
    reason = ", ".join(reasons) or (
        "the coordinates differ; they must be equal, with all their digits"
    )
    return MismatchError(
        f"{masks.table.name}: none of {counted(len(masks.table), 'mask')} has a box in "
        f"{boxes.table.name}: {reason}. Are both files of the same set?",
        code="no-pairs",
        path=masks.table.name,
        count=len(masks.table),
    )
