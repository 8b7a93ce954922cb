"""Reading the CSV files of Open Images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.open_images.columns import OpenImagesGroundTruth, OpenImagesPredictions
from segeval.data.open_images.join import Located, joined
from segeval.data.open_images.mask_text import mask_column, read_masks
from segeval.data.open_images.table import FAR, TextTable, read_table
from segeval.data.wording import counted
from segeval.errors import FormatError, InputError, Note
from segeval.masks import CompressedMasks

_IDS = ("ImageID", "LabelName")
_LABELS = (*_IDS, "Confidence")
_SCORED = (*_IDS, "Score")
_MASK = ("ImageWidth", "ImageHeight", "Mask")
_BOX = ("XMin", "XMax", "YMin", "YMax")


def load_open_images_ground_truth(
    masks: str | Path | None = None,
    *,
    boxes: str | Path | None = None,
    labels: str | Path | None = None,
    compat: str | None = None,
    workers: int | None = None,
) -> OpenImagesGroundTruth:
    """Read the ground truth of Open Images.

    Masks and boxes belong together where image, label, coordinates and IsGroupOf are equal. A box
    without a mask stays a box; a mask without a box stands for itself.

    Args:
        masks: CSV file with ImageID, LabelName, XMin, XMax, YMin, YMax (or BoxXMin, ...), and Mask
            or MaskPath. Without these two it is a file of boxes.
        boxes: CSV file with ImageID, LabelName, XMin, XMax, YMin, YMax, IsGroupOf.
        labels: CSV file of verified labels with ImageID, LabelName, Confidence (1 or 0).
        compat: "official": of several boxes and masks at the same place each goes with each, as in
            the official tool; otherwise the first with the first, and so on.
        workers: threads, None for all cores.

    Raises:
        InputError: if there is no such file, or none of boxes and masks is given.
        FormatError: for a file that cannot be used; the message names the line.
        MismatchError: if there are masks and boxes, but none belong together.
    """
    if masks is None and boxes is None:
        raise InputError("neither masks nor boxes are given, expected one of them", code="input")
    located: dict[str, Located] = {}
    if boxes is not None:
        located["boxes"] = _located(boxes, "boxes", needs_mask=False)
    if masks is not None:
        first = _located(masks, "masks" if boxes is not None else "objects", needs_mask=False)
        if mask_column(first.table) is None and boxes is None:
            located["boxes"] = first
        else:
            located["masks"] = _located(masks, "masks", needs_mask=True, found=first)
    notes: list[Note] = []
    mask_row, packed, box_row = _placed(located, notes, compat, workers)
    verified = (
        None
        if labels is None
        else _not_empty(read_table(labels, _LABELS, "verified labels"), "verified labels")
    )
    tables = [one.table for one in located.values()] + ([verified] if verified else [])
    images, names = ([_column(table, column) for table in tables] for column in _IDS)
    image_ids, image_codes = _coded(images)
    label_ids, label_codes = _coded(names)
    offsets = dict(zip(located, np.cumsum([0] + [len(t) for t in tables]).tolist(), strict=False))
    source_row = np.where(
        box_row >= 0, offsets.get("boxes", 0) + box_row, offsets.get("masks", 0) + mask_row[0]
    )
    every_box = np.concatenate([one.boxes_xyxy for one in located.values()])
    groups = np.concatenate(
        [
            np.zeros(len(one.table), bool) if one.is_group_of is None else one.is_group_of
            for one in located.values()
        ]
    )
    verified_start = sum(len(one.table) for one in located.values())
    return OpenImagesGroundTruth(
        image_ids=image_ids,
        labels=label_ids,
        image=image_codes[source_row],
        label=label_codes[source_row],
        boxes_xyxy=every_box[source_row],
        is_group_of=groups[source_row],
        has_box=box_row >= 0 if "boxes" in located else np.ones(len(box_row), bool),
        mask=mask_row[1],
        masks=packed,
        verified_image=image_codes[verified_start:],
        verified_label=label_codes[verified_start:],
        verified_present=verified.flags("Confidence") if verified else np.zeros(0, bool),
        source=str(boxes if masks is None else masks),
        files=tuple(table.name for table in tables),
        has_labels=verified is not None,
        notes=tuple(notes),
    )


def load_open_images_predictions(
    path: str | Path, *, needs_masks: bool = False, workers: int | None = None
) -> OpenImagesPredictions:
    """Read predictions of Open Images.

    Args:
        path: CSV file with ImageID, LabelName, Score, and ImageWidth, ImageHeight, Mask for masks,
            or XMin, XMax, YMin, YMax for boxes. Boxes may leave the image a little.
        needs_masks: refuse a file of boxes.
        workers: threads, None for all cores.

    Raises:
        InputError: if there is no such file.
        FormatError: for a file that cannot be used; the message names the line.
    """
    table = _not_empty(read_table(path, _SCORED, "predictions"), "predictions")
    boxes = masks = None
    if needs_masks or mask_column(table) is not None:
        if mask_column(table) is None:
            _require_columns(table, path, (*_SCORED, *_MASK), "predicted masks")
        rows, masks, _ = read_masks(table, workers)
        absent = np.setdiff1d(np.arange(len(table)), rows)
        if len(absent):
            column = mask_column(table) or "Mask"
            raise table.wrong(absent.tolist(), column, "a mask")
    else:
        _require_columns(table, path, (*_SCORED, *_BOX), "predictions")
        boxes = table.boxes(beyond=FAR)
    image_ids, image = _coded([_column(table, "ImageID")])
    labels, label = _coded([_column(table, "LabelName")])
    return OpenImagesPredictions(
        image_ids=image_ids,
        labels=labels,
        image=image,
        label=label,
        score=table.numbers("Score"),
        boxes_xyxy=boxes,
        masks=masks,
        source=table.name,
    )


def _located(
    path: str | Path, what: str, *, needs_mask: bool, found: Located | None = None
) -> Located:
    """A file of boxes or masks; `found` is what was read of it already."""
    if found is None:
        table = read_table(path, _IDS, what)
        prefix = "Box" if "BoxXMin" in table.columns else ""
        required = [*_IDS, *(prefix + side for side in _BOX)]
        if what == "boxes":
            required.append("IsGroupOf")
        _require_columns(table, path, required, what)
        _not_empty(table, what)
        is_group_of = table.flags("IsGroupOf") if "IsGroupOf" in table.columns else None
        found = Located(table, table.boxes(prefix=prefix), is_group_of)
    if needs_mask and mask_column(found.table) is None:
        _require_columns(found.table, path, [*_IDS, *_BOX, "Mask"], what)
    return found


def _not_empty(table: TextTable, what: str) -> TextTable:
    """The table, refused if it has no rows."""
    if not len(table):
        raise FormatError(
            f"{table.name}: has a header and no {what}.", code="empty", path=table.name
        )
    return table


def _require_columns(
    table: TextTable, path: str | Path, required: Sequence[str], what: str
) -> None:
    """Refuse a table that lacks a column."""
    if not set(required) <= table.columns.keys():
        read_table(path, required, what)


def _placed(
    located: dict[str, Located], notes: list[Note], compat: str | None, workers: int | None
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], CompressedMasks, NDArray[np.int64]]:
    """What belongs to every object: rows of the mask file and of its masks, and of the box file."""
    nothing = CompressedMasks.from_strings([], np.zeros((0, 2), np.int64))
    if "masks" not in located:
        rows = np.arange(len(located["boxes"].table))
        absent = np.full(len(rows), -1)
        return (absent, absent), nothing, rows
    masks = located["masks"]
    rows, packed, areas = read_masks(masks.table, workers)
    empty = areas == 0
    if empty.any():
        found = counted(int(empty.sum()), "mask is", "masks are")
        notes.append(Note("empty-mask", f"{found} empty; only their boxes count", int(empty.sum())))
    place = np.full(len(masks.table) + 1, -1)  # the last one is for "no mask"
    place[rows[~empty]] = np.arange(int((~empty).sum()))
    if "boxes" in located:
        boxes = located["boxes"]
        box_row, mask_row = joined(boxes, masks, notes, product=compat == "official")
    else:
        mask_row = np.arange(len(masks.table))
        box_row = np.full(len(mask_row), -1)
    return (mask_row, place[mask_row]), packed.take(np.flatnonzero(~empty)), box_row


def _column(table: TextTable, column: str) -> NDArray[np.str_]:
    """A column of names, refused where one is missing."""
    values = table.columns[column]
    bad = [row for row, value in enumerate(values) if not value]
    if bad:
        raise table.wrong(bad, column, "a name")
    return np.array(values, np.str_)


def _coded(columns: Sequence[NDArray[np.str_]]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Distinct names, ascending, and the index of each value among them."""
    names, codes = np.unique(np.concatenate([np.zeros(0, "U1"), *columns]), return_inverse=True)
    return tuple(names.tolist()), codes.astype(np.int64)
